//! How actions are called.
//!
//! The SDK sends `GET` with a JSON body, the agent `GET` and `POST`; both may put any version in front of the action.
//! Arguments come in the body, in the query, or in both; what nobody knows is ignored, as the SDK sends a stray
//! `"method": "get"` with most calls.

use axum::Router;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{Method, Uri, header, uri::PathAndQuery};
use base::secret::random_text;
use base::{Error, ErrorKind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tower::Layer as _;
use tower::util::MapRequestLayer;
use web_kit::body::WholeBody;
use web_kit::{Ctx, Failure, Portal};

use crate::API_VERSION;

/// How deep the names of the query may be nested; each dot costs stack.
const MAX_DOTS: usize = 16;

/// The version that a client put in front of the action.
#[derive(Clone, Debug)]
struct Version(String);

/// The router, with ClearML's many forms of a call made one before it looks for a row: `POST` without a version.
pub fn normalised(router: Router) -> Router {
    let one_form = MapRequestLayer::new(|mut request: Request| {
        let Some(rest) = request.uri().path().strip_prefix(paths::clearml::ROOT) else { return request };
        let version = rest
            .split_once('/')
            .and_then(|(version, action)| Some((version_of(version)?.to_owned(), action)));
        if let Some((version, action)) = version {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            let path = PathAndQuery::try_from(format!("{}{action}{query}", paths::clearml::ROOT));
            let mut parts = request.uri().clone().into_parts();
            parts.path_and_query = path.ok().or(parts.path_and_query);
            if let Ok(uri) = Uri::from_parts(parts) {
                request.extensions_mut().insert(Version(version));
                *request.uri_mut() = uri;
            }
        }
        if matches!(*request.method(), Method::GET | Method::PUT) {
            *request.method_mut() = Method::POST;
        }
        request
    });
    Router::new().fallback_service(one_form.layer(router))
}

/// `2.23` of `v2.23`.
fn version_of(part: &str) -> Option<&str> {
    let version = part.strip_prefix('v')?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit())
        && version.len() <= 10
        && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_version.then_some(version)
}

/// The action that an address names.
pub(crate) fn action_of(path: &str) -> &str {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    path.strip_prefix(paths::clearml::ROOT).unwrap_or_default()
}

/// What was called, for the answer.
pub(crate) struct Requested {
    pub(crate) id: String,
    /// The caller's name for this call, or else ours.
    pub(crate) transaction: String,
    pub(crate) action: String,
    pub(crate) version: String,
}

/// A call with its arguments.
pub(crate) struct Call<T> {
    pub(crate) requested: Requested,
    pub(crate) arguments: T,
}

impl<T: DeserializeOwned> FromRequest<Portal> for Call<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, portal: &Portal) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let Ctx(ctx) = Ctx::from_request_parts(&mut parts, portal).await?;
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let transaction = text("x-clearml-trx").or(text("x-trains-trx")).unwrap_or(&ctx.request_id);
        let requested = Requested {
            id: random_text(&*ctx.clock, 32).to_ascii_lowercase(),
            transaction: base::names::cut(transaction, 64),
            action: action_of(parts.uri.path()).to_owned(),
            version: parts
                .extensions
                .get()
                .map_or_else(|| API_VERSION.to_owned(), |Version(version)| version.clone()),
        };
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            let text = "Bodies with a Content-Encoding are not taken.";
            return Err(Error::new(ErrorKind::TooLarge, "content_encoding", text).into());
        }
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let WholeBody(bytes) = WholeBody::from_request(Request::from_parts(parts, body), portal).await?;
        let mut arguments = body_arguments(&bytes)?;
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if name.matches('.').count() > MAX_DOTS {
                let text = format!("A name in the query has more than {MAX_DOTS} dots.");
                return Err(Error::invalid(text).into());
            }
            add(&mut arguments, &name, scalar(&value));
        }
        let arguments = serde_json::from_value(Value::Object(arguments)).map_err(|error| {
            Error::invalid(format!("The arguments of {} can't be read: {error}.", requested.action))
        })?;
        Ok(Self { requested, arguments })
    }
}

fn body_arguments(bytes: &[u8]) -> Result<Map<String, Value>, Error> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(Error::invalid("The body is no JSON object.")),
        Err(error) => Err(Error::invalid(format!("The body is no JSON: {error}."))),
    }
}

/// A word of the query as the reference server reads it.
fn scalar(text: &str) -> Value {
    match text {
        "true" | "True" => Value::Bool(true),
        "false" | "False" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
    }
}

/// Adds an argument of the query: `a.b` is `b` inside of `a`, and what comes twice, or as `a[]`, is a list.
fn add(arguments: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some((outer, inner)) = name.split_once('.')
        && !outer.is_empty()
    {
        let nested = arguments.entry(outer).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(nested) = nested {
            add(nested, inner, value);
        }
        return;
    }
    let (name, is_list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
    match arguments.get_mut(name) {
        Some(Value::Array(list)) => list.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
        None if is_list => drop(arguments.insert(name.to_owned(), Value::Array(vec![value]))),
        None => drop(arguments.insert(name.to_owned(), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_read_as_the_reference_server_does() {
        let mut arguments = Map::new();
        for (name, value) in [
            ("enabled", "true"),
            ("types", "config"),
            ("types", "ssh"),
            ("page", "2"),
            ("a.b", "x"),
            ("list[]", "1"),
        ] {
            add(&mut arguments, name, scalar(value));
        }
        let expected = serde_json::json!({
            "enabled": true, "types": ["config", "ssh"], "page": 2, "a": {"b": "x"}, "list": [1],
        });
        assert_eq!(Value::Object(arguments), expected);
    }

    #[test]
    fn versions_are_told_from_actions() {
        assert_eq!(version_of("v2.23"), Some("2.23"));
        assert_eq!(version_of("v999"), Some("999"));
        for other in ["", "v", "2.23", "vault", "v2.x", "v12345678901"] {
            assert_eq!(version_of(other), None, "{other}");
        }
    }
}
