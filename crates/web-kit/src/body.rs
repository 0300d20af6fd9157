//! What requests carry, with errors that name the field.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::{header, request::Parts};
use base::{Error, Kind};
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// The most bytes of a body. A script of 1 MB must get through, so that its own error can be told.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// How long a body may take. Whoever sends one drop by drop holds a connection, which others may be in want of.
const MAX_BODY_TIME: Duration = Duration::from_secs(60);

/// A JSON body. Unknown fields are refused where the type says so.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

/// A form's fields in their order; a name may come more than once. Forms with files are `multipart/form-data`.
#[derive(Clone, Debug, Default)]
pub struct FormBody {
    fields: Vec<(String, String)>,
    files: Vec<(String, FormFile)>,
}

/// A text file that came with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFile {
    pub name: String,
    pub content: String,
}

impl FormBody {
    /// The field's value; empty where it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
    /// Every value of a field that comes more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }
    /// The file of a field, if somebody chose one.
    pub fn file(&self, name: &str) -> Option<&FormFile> {
        self.files.iter().find(|(field, _)| field == name).map(|(_, file)| file)
    }
    /// Whether a switch is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, value)| field == name && value != "false" && !value.is_empty())
    }
}

/// The query string.
#[derive(Debug)]
pub struct QueryString<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        // Read even where it is refused: a connection with unread bytes can't be used again.
        let bytes = whole(request, state, MAX_BODY_TIME).await?;
        if !is_json {
            let error = Error::invalid("The body is not JSON.")
                .with_hint("Send it with Content-Type: application/json.");
            return Err(error.with_code("not_json").into());
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let text = error.to_string();
            let place = format!("line {}, column {}", error.line(), error.column());
            let what = text.split(" at line").next().unwrap_or(&text).to_owned();
            Error::invalid(format!("The body can't be read: {what} ({place}).")).with_code("bad_body").into()
        })
    }
}

impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = kind.and_then(|kind| multer::parse_boundary(kind).ok());
        let bytes = whole(request, state, MAX_BODY_TIME).await?;
        match boundary {
            Some(boundary) => Ok(multipart(bytes, boundary).await?),
            None => {
                let fields = url::form_urlencoded::parse(&bytes).into_owned().collect();
                Ok(Self { fields, files: Vec::new() })
            }
        }
    }
}

/// The parts of a form with files. A file that nobody chose comes with an empty name.
async fn multipart(bytes: Bytes, boundary: String) -> Result<FormBody, Error> {
    let whole = futures::stream::once(async { Ok::<_, std::convert::Infallible>(bytes) });
    let mut parts = multer::Multipart::new(whole, boundary);
    let broken = |error: multer::Error| {
        Error::invalid(format!("The form can't be read: {error}.")).with_code("bad_form")
    };
    let mut form = FormBody::default();
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let field = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let content = part.bytes().await.map_err(broken)?;
        // What is no text holds characters then that no rule takes, and the rule says so with the form's other errors.
        let content = String::from_utf8_lossy(&content).into_owned();
        match file {
            Some(name) if name.is_empty() => {}
            Some(name) => form.files.push((field, FormFile { name, content })),
            None => form.fields.push((field, content)),
        }
    }
    Ok(form)
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryString<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        match read {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                Err(Error::invalid(format!("The query can't be read: {}.", rejection.body_text()))
                    .with_code("bad_query")
                    .into())
            }
        }
    }
}

/// All of the body, if it arrives in time.
async fn whole<S: Send + Sync>(request: Request, state: &S, most: Duration) -> Result<Bytes, Failure> {
    match tokio::time::timeout(most, Bytes::from_request(request, state)).await {
        Ok(read) => read.map_err(unread),
        Err(_) => {
            let seconds = most.as_secs();
            Err(Error::invalid(format!("The request's body did not arrive within {seconds} seconds."))
                .with_hint("Try again, with a better connection or less to send.")
                .with_code("too_slow")
                .into())
        }
    }
}

fn unread(rejection: BytesRejection) -> Failure {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        let most = base::resources::bytes(MAX_BODY_BYTES as u64);
        return Error::new(Kind::TooLarge, "too_large", format!("The request is larger than {most}."))
            .with_hint("Put what is large into a file.")
            .into();
    }
    Error::invalid("The request ended before its body was complete.").into()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use futures::{StreamExt as _, stream};

    use super::*;

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let begun = stream::once(async { Ok::<_, Infallible>("{") });
        let body = Body::from_stream(begun.chain(stream::pending()));
        let Err(Failure(told)) = whole(Request::new(body), &(), Duration::from_millis(20)).await else {
            panic!("it ended")
        };
        assert_eq!((told.kind(), told.code()), (Kind::Invalid, "too_slow"));
        assert_eq!(&whole(Request::new(Body::from("{}")), &(), MAX_BODY_TIME).await.unwrap()[..], b"{}");
    }
}
