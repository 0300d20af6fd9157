//! Errors on their way out.
//!
//! A handler answers `Result<T, Failure>`. A failure carries the error in the response's extensions to the guard,
//! which logs it once and lets the delivery crate render it: as a page, or as problem+json.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Error, ErrorKind};

/// An error that a handler gives up with.
#[derive(Debug)]
pub struct Failure(pub Error);

/// What handlers return.
pub type Answer<T = Response> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status_of(self.0.kind()).into_response();
        response.extensions_mut().insert(Arc::new(self.0));
        response
    }
}

/// What is known when an error is rendered.
pub struct Scene<'a> {
    pub portal: &'a crate::Portal,
    pub ctx: &'a base::OpContext,
    pub error: &'a Error,
    pub status: StatusCode,
    /// What the row answers with, whose form the error takes.
    pub answer: crate::AnswerKind,
    /// The path and query that were asked for.
    pub path: &'a str,
    pub is_get: bool,
    /// The page that it was asked from, as the browser says.
    pub referer: Option<&'a HeaderValue>,
    /// The group of the URL, where the actor may see it.
    pub group: Option<&'a accounts::groups::Group>,
    /// Who is to see a page of the error, where the database could still tell.
    pub reader: Option<&'a Reader>,
}

/// The person who sees a page, for what surrounds it.
pub struct Reader {
    pub user: accounts::users::User,
    pub memberships: Arc<Vec<accounts::groups::Membership>>,
    pub last_group: crate::LastGroup,
}

/// The one table from kinds to status codes (see CONTRIBUTING.md): what one may not see is 404, what one may see but
/// not do is 403, a broken rule is 422.
pub const fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid | ErrorKind::QuotaExceeded => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
