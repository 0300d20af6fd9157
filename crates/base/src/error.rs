//! One error for every use case, free of any transport.
//!
//! It has a public half (kind, code, message, hint, field errors: shown to whoever asked) and a private half
//! (context and source: written to the log once, at the boundary). Each delivery crate maps [`ErrorKind`] to its own
//! wire form. A message is a sentence that says what was wrong and where; the hint says what to do next.

use std::error::Error as StdError;
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of refusal or failure this is; decides the status code at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input breaks a rule (422).
    Invalid,
    /// Nobody is signed in, or the credential is no longer good (401).
    Unauthenticated,
    /// Signed in, may see the thing, but may not do this (403).
    Forbidden,
    /// It does not exist, or the caller may not know that it does (404).
    NotFound,
    /// It clashes with what is there (409).
    Conflict,
    /// It is larger than a quota allows, now and for ever (422 with its own code).
    QuotaExceeded,
    /// Too many tries; wait (429).
    TooManyRequests,
    /// The input is larger than the limit (413).
    TooLarge,
    /// The disk is full (507).
    StorageFull,
    /// Something that this needs is not there just now (503).
    Unavailable,
    /// Our fault (500); the public never learns why.
    Internal,
}

/// A rule that one field of a form or request body broke.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// The field's name in the API; forms use the same names.
    pub field: String,
    pub message: String,
}

/// See the module's text. Boxed inside, so that `Result` stays one word wide.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    code: &'static str,
    message: String,
    hint: Option<String>,
    fields: Vec<FieldError>,
    retry_after_seconds: Option<u64>,
    context: Vec<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            code,
            message: message.into(),
            hint: None,
            fields: Vec::new(),
            retry_after_seconds: None,
            context: Vec::new(),
            source: None,
        }))
    }
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, "invalid", message)
    }
    /// One field is wrong.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut errors = FieldErrors::default();
        errors.add(field, message);
        errors.into_error()
    }
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthenticated, "unauthenticated", message)
    }
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, "forbidden", message)
    }
    /// `what` in the form "a job named “x”".
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::NotFound,
            "not_found",
            format!("There is no {what} here, or you may not see it."),
        )
    }
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, code, message)
    }
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, "unavailable", message)
    }
    /// A failure of ours; the text goes to the log only.
    pub fn internal(context: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Internal, "internal", "Something went wrong on the server.");
        error.0.hint = Some("Try again; if it stays, give the request id to your administrator.".to_owned());
        error.0.context.push(context.into());
        error
    }
    /// A failure of ours with its cause.
    pub fn internal_from(
        context: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let mut error = Self::internal(context);
        error.0.source = Some(source.into());
        error
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.0.code = code;
        self
    }
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }
    /// Adds private context for the log.
    #[must_use]
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.0.context.push(context.into());
        self
    }
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// A stable word for programs, such as `exceed_quota`.
    pub fn code(&self) -> &'static str {
        self.0.code
    }
    pub fn message(&self) -> &str {
        &self.0.message
    }
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.0.retry_after_seconds
    }
    /// Private context and causes in one line, for the log.
    pub fn private_text(&self) -> String {
        let mut parts: Vec<String> = self.0.context.iter().rev().cloned().collect();
        let mut source: Option<&(dyn StdError + 'static)> = self.0.source.as_deref().map(|s| s as _);
        while let Some(cause) = source {
            parts.push(cause.to_string());
            source = cause.source();
        }
        parts.join(": ")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        // Of a single field the message tells already.
        if self.0.fields.len() > 1 {
            for wrong in &self.0.fields {
                write!(f, " {}: {}", wrong.field, wrong.message)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{}: {self}", self.0.kind, self.0.code)?;
        let private = self.private_text();
        if private.is_empty() { Ok(()) } else { write!(f, " [{private}]") }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|s| s as _)
    }
}

/// Collects what is wrong with a form, so that one answer names every field.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }
    /// Keeps the value, or notes why there is none.
    pub fn check<T>(&mut self, field: &str, result: std::result::Result<T, String>) -> Option<T> {
        result.map_err(|message| self.add(field, message)).ok()
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Ok when nothing was noted.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }
    pub fn into_error(self) -> Error {
        let message = match self.0.as_slice() {
            [one] => format!("{}: {}", one.field, one.message),
            many => {
                let names: Vec<&str> = many.iter().map(|wrong| wrong.field.as_str()).collect();
                format!("{} fields need another look: {}.", many.len(), names.join(", "))
            }
        };
        let mut error = Error::new(ErrorKind::Invalid, "invalid", message);
        error.0.fields = self.0;
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_fields() {
        let one = Error::field("name", "Give it a name.");
        assert_eq!(
            (one.message(), one.to_string().as_str()),
            ("name: Give it a name.", "name: Give it a name.")
        );
        let mut errors = FieldErrors::default();
        errors.add("name", "Give it a name.");
        errors.add("time_limit", "Use 0 (no limit) to 365 days.");
        let both = errors.into_error();
        assert_eq!(both.message(), "2 fields need another look: name, time_limit.");
        assert!(
            both.to_string().ends_with(" name: Give it a name. time_limit: Use 0 (no limit) to 365 days.")
        );
    }
}
