//! What requests carry, with errors that name the field.

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::{header, request::Parts};
use base::{Error, Kind};
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// The most bytes of a body. A script of 1 MB must get through, so that its own error can be told.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// A JSON body. Unknown fields are refused where the type says so.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

/// A form's fields in their order; a name may come more than once.
#[derive(Clone, Debug, Default)]
pub struct FormBody(Vec<(String, String)>);

impl FormBody {
    /// The field's value; empty where it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
    /// Every value of a field that comes more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }
    /// Whether a switch is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.0.iter().any(|(field, value)| field == name && value != "false" && !value.is_empty())
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
        if !is_json {
            let error = Error::invalid("The body is not JSON.")
                .with_hint("Send it with Content-Type: application/json.");
            return Err(error.with_code("not_json").into());
        }
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(unread)?;
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
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(unread)?;
        Ok(Self(url::form_urlencoded::parse(&bytes).into_owned().collect()))
    }
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

fn unread(rejection: BytesRejection) -> Failure {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        let most = base::resources::bytes(MAX_BODY_BYTES as u64);
        return Error::new(Kind::TooLarge, "too_large", format!("The request is larger than {most}."))
            .with_hint("Put what is large into a file.")
            .into();
    }
    Error::invalid("The request ended before its body was complete.").into()
}
