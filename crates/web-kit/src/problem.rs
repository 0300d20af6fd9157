//! Errors of the REST API: problem details (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Error, FieldError};
use serde::Serialize;

/// The body of an error answer.
#[derive(Debug, Serialize)]
pub struct Problem<'a> {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'a str,
    pub status: u16,
    /// A stable word for programs.
    pub code: &'a str,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'a str>,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    pub errors: &'a [FieldError],
    pub request_id: &'a str,
}

/// The error as `application/problem+json`.
pub fn response(error: &Error, status: StatusCode, request_id: &str) -> Response {
    let problem = Problem {
        kind: format!("urn:portico:problem:{}", error.code()),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        code: error.code(),
        detail: error.message().to_owned(),
        hint: error.hint(),
        errors: error.fields(),
        request_id,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
    let mut response = (status, content_type, body).into_response();
    if let Some(seconds) = error.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"portico\""));
    }
    response
}
