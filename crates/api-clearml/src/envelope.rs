//! The form of every answer: what was called and how it went (`meta`), and what it gave (`data`).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Error, ErrorKind};
use serde::Serialize;
use serde_json::{Map, Value, json};
use web_kit::Scene;

use crate::API_VERSION;
use crate::transport::{Requested, action_of};

/// Services of ClearML's API, open and enterprise. An action of theirs that has no row is one that is not built.
const SERVICES: [&str; 28] = [
    "apps",
    "async",
    "auth",
    "billing",
    "datasets",
    "dataviews",
    "debug",
    "events",
    "frames",
    "login",
    "models",
    "organization",
    "permissions",
    "pipelines",
    "projects",
    "queues",
    "reports",
    "resources",
    "routers",
    "server",
    "serving",
    "sso",
    "storage",
    "system",
    "tasks",
    "tenants",
    "users",
    "workers",
];

/// What clients take a missing answer of for granted, and another error of amiss.
const ABSENT: [&str; 2] = ["workers.get_runtime_properties", "workers.set_runtime_properties"];

/// The actions that a row answers.
pub(crate) static ACTIONS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| crate::routes().rows().map(|row| action_of(row.path)).collect());

/// An action's answer.
pub(crate) struct Reply<T> {
    requested: Requested,
    data: T,
}

impl<T: Serialize> Reply<T> {
    pub(crate) const fn new(requested: Requested, data: T) -> Self {
        Self { requested, data }
    }
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let meta = meta(&self.requested, 200, 0, "OK");
        Json(json!({ "meta": meta, "data": self.data })).into_response()
    }
}

/// All fields that the older parser of the agent insists on.
fn meta(requested: &Requested, code: u16, subcode: u16, message: &str) -> Value {
    json!({
        "id": requested.id,
        "trx": requested.transaction,
        "endpoint": {
            "name": requested.action,
            "requested_version": requested.version,
            "actual_version": API_VERSION,
        },
        "result_code": code,
        "result_subcode": subcode,
        "result_msg": message,
        "error_stack": null,
        "error_data": {},
    })
}

/// An error in ClearML's words: the status is the code.
pub(crate) fn render(scene: &Scene<'_>) -> Response {
    let action = action_of(scene.path);
    let (status, subcode, mut message) = told(scene.error, scene.status, action);
    if let Some(hint) = scene.error.hint() {
        message = format!("{message} {hint}");
    }
    let id = scene.ctx.request_id.clone();
    let requested =
        Requested { transaction: id.clone(), id, action: action.to_owned(), version: API_VERSION.to_owned() };
    let mut body = json!({ "meta": meta(&requested, status.as_u16(), subcode, &message), "data": {} });
    let fields: Map<String, Value> =
        scene.error.fields().iter().map(|field| (field.field.clone(), json!(field.message))).collect();
    if !fields.is_empty() {
        body["meta"]["error_data"] = Value::Object(fields);
    }
    let mut response = (status, Json(body)).into_response();
    if let Some(seconds) = scene.error.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Status, subcode and text of an error, by the public contract of ClearML's server.
fn told(error: &Error, status: StatusCode, action: &str) -> (StatusCode, u16, String) {
    let bad = StatusCode::BAD_REQUEST;
    let text = || error.message().to_owned();
    match (error.kind(), error.code()) {
        (ErrorKind::NotFound, _) if is_not_built(action) => {
            let text = format!("Portico does not have the action {action} of ClearML's API yet.");
            (StatusCode::INTERNAL_SERVER_ERROR, 9999, text)
        }
        (ErrorKind::NotFound, _) if !ACTIONS.contains(action) => {
            (StatusCode::NOT_FOUND, 0, format!("Unable to find endpoint for name {action}."))
        }
        (_, "invalid_id") => (bad, 10, text()),
        (ErrorKind::NotFound, "invalid_access_key") => (bad, 75, text()),
        (ErrorKind::NotFound, _) => (bad, 10, text()),
        (ErrorKind::Unauthenticated, "bad_access_key") => (StatusCode::UNAUTHORIZED, 22, text()),
        (ErrorKind::Unauthenticated, "bad_client_token") => (StatusCode::UNAUTHORIZED, 30, text()),
        (ErrorKind::Unauthenticated, "bad_authorization") => (StatusCode::UNAUTHORIZED, 10, text()),
        (ErrorKind::Unauthenticated, _) => (StatusCode::UNAUTHORIZED, 20, text()),
        (ErrorKind::Forbidden, _) => (StatusCode::FORBIDDEN, 20, text()),
        (ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::QuotaExceeded, _) => (bad, 12, text()),
        (ErrorKind::TooLarge, "content_encoding") => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 0, text()),
        (ErrorKind::TooLarge, _) => (bad, 12, text()),
        // What a client waits for and tries again.
        (ErrorKind::TooManyRequests, _) => (StatusCode::TOO_MANY_REQUESTS, 0, text()),
        (ErrorKind::Unavailable | ErrorKind::StorageFull, _) => (StatusCode::SERVICE_UNAVAILABLE, 0, text()),
        (ErrorKind::Internal, _) => (status, 0, text()),
    }
}

/// Whether it is an action of ClearML's that no row answers.
fn is_not_built(action: &str) -> bool {
    let service = action.split_once('.').map_or("", |(service, _)| service);
    !ACTIONS.contains(action) && !ABSENT.contains(&action) && SERVICES.contains(&service)
}
