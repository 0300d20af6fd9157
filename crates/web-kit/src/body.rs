//! What requests carry, with errors that name the field.

use std::time::Duration;

use axum::body::{BodyDataStream, Bytes};
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Query, Request};
use axum::http::{Extensions, header, request::Parts};
use base::{Error, ErrorKind};
use futures::{Stream, StreamExt as _, stream};
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// How much a request may carry, and how slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub bytes: u64,
    /// In which all of a body must arrive; of one that is streamed, each part.
    pub time: Duration,
}

impl Limits {
    /// Those of a row that says nothing else. A script of 1 MB must get through, so that its own error can be told.
    /// Whoever sends a body drop by drop holds a connection, which others may be in want of.
    pub const USUAL: Self = Self { bytes: 4 * 1024 * 1024, time: Duration::from_secs(60) };

    /// What the guard found in the row.
    fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self::USUAL)
    }
}

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

/// A body whose form its handler knows, whole.
#[derive(Debug)]
pub struct WholeBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for WholeBody {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        whole(request, state).await.map(Self)
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
        let bytes = whole(request, state).await?;
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
        let bytes = whole(request, state).await?;
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
    let whole = stream::once(async { Ok::<_, std::convert::Infallible>(bytes) });
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

/// All of the body, if it arrives in time and is not too large.
async fn whole<S: Send + Sync>(mut request: Request, state: &S) -> Result<Bytes, Failure> {
    let limits = Limits::of(request.extensions());
    DefaultBodyLimit::max(usize::try_from(limits.bytes).unwrap_or(usize::MAX)).apply(&mut request);
    match tokio::time::timeout(limits.time, Bytes::from_request(request, state)).await {
        Ok(read) => read.map_err(|rejection| unread(&rejection, limits).into()),
        Err(_) => Err(too_slow(limits).into()),
    }
}

/// A body as it arrives, within the limits of its row; nothing of it is kept here.
pub struct StreamedBody {
    rest: BodyDataStream,
    limits: Limits,
    read: u64,
}

impl<S: Send + Sync> FromRequest<S> for StreamedBody {
    type Rejection = Failure;
    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        let limits = Limits::of(request.extensions());
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        // Whoever says so much before is not made to send it.
        if length.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length > limits.bytes) {
            return Err(too_large(limits).into());
        }
        Ok(Self { rest: request.into_body().into_data_stream(), limits, read: 0 })
    }
}

impl StreamedBody {
    /// What arrives next; `None` when it was all.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let Ok(next) = tokio::time::timeout(self.limits.time, self.rest.next()).await else {
            return Err(too_slow(self.limits));
        };
        let Some(bytes) = next.transpose().map_err(|_| cut_off())? else { return Ok(None) };
        self.read += bytes.len() as u64;
        if self.read > self.limits.bytes { Err(too_large(self.limits)) } else { Ok(Some(bytes)) }
    }

    /// The same as a stream, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send {
        stream::try_unfold(self, |mut body| async move { Ok(body.next().await?.map(|bytes| (bytes, body))) })
    }
}

fn unread(rejection: &BytesRejection, limits: Limits) -> Error {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        too_large(limits)
    } else {
        cut_off()
    }
}

fn too_large(limits: Limits) -> Error {
    let most = base::resources::bytes(limits.bytes);
    Error::new(ErrorKind::TooLarge, "too_large", format!("The request is larger than {most}."))
        .with_hint("Put what is large into a file.")
}

fn too_slow(limits: Limits) -> Error {
    let seconds = limits.time.as_secs();
    Error::invalid(format!("The request's body did not arrive within {seconds} seconds."))
        .with_hint("Try again, with a better connection or less to send.")
        .with_code("too_slow")
}

fn cut_off() -> Error {
    Error::invalid("The request ended before its body was complete.")
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;

    use super::*;

    fn limited(body: Body, bytes: u64) -> Request {
        let mut request = Request::new(body);
        request.extensions_mut().insert(Limits { bytes, time: Duration::from_millis(20) });
        request
    }

    fn endless() -> Body {
        let begun = stream::once(async { Ok::<_, Infallible>("{") });
        Body::from_stream(begun.chain(stream::pending()))
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let Err(Failure(told)) = whole(limited(endless(), 10), &()).await else { panic!("it ended") };
        assert_eq!((told.kind(), told.code()), (ErrorKind::Invalid, "too_slow"));
        let mut body = StreamedBody::from_request(limited(endless(), 10), &()).await.unwrap();
        assert_eq!(body.next().await.unwrap().unwrap(), "{");
        assert_eq!(body.next().await.unwrap_err().code(), "too_slow");
        assert_eq!(&whole(Request::new(Body::from("{}")), &()).await.unwrap()[..], b"{}");
    }

    #[tokio::test]
    async fn a_body_is_as_large_as_its_row_lets_it() {
        let Err(Failure(told)) = whole(limited(Body::from("abc"), 2), &()).await else {
            panic!("it was read")
        };
        assert_eq!((told.kind(), told.message()), (ErrorKind::TooLarge, "The request is larger than 2 B."));
        let parts = || stream::iter(["ab", "cd", "ef"].map(Ok::<_, Infallible>));
        let body = StreamedBody::from_request(limited(Body::from_stream(parts()), 4), &()).await.unwrap();
        let read: Vec<_> = body.into_stream().map(|read| read.map_err(|error| error.kind())).collect().await;
        assert_eq!(read, [Ok(Bytes::from("ab")), Ok(Bytes::from("cd")), Err(ErrorKind::TooLarge)]);
        let mut said = limited(Body::from_stream(parts()), 4);
        said.headers_mut().insert(header::CONTENT_LENGTH, 6.into());
        assert!(StreamedBody::from_request(said, &()).await.is_err());
    }
}
