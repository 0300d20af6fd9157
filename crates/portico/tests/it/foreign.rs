//! The table has room for the APIs of other products: their own way to say who calls, which group is meant, how errors
//! look, and bodies that are handed on as they arrive.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::{Json, Router};
use base::{OpContext, TokenScope};
use futures::future::BoxFuture;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use test_kit::sqlite;
use tokio::sync::mpsc;
use tower::ServiceExt as _;
use web_kit::routes::{Caller, ForeignAuthentication, assemble};
use web_kit::{
    Answer, AnswerKind, Authentication, Ctx, Dialect, GroupFrom, InGroup, Limits, Policy, Portal, RouteTable,
    Scene, StreamedBody,
};

use crate::portal::{TestPortal, text};

/// A key in `Basic`, which is for the group `vision` alone.
#[derive(Debug)]
struct Keys;

impl ForeignAuthentication for Keys {
    fn authenticate<'a>(
        &'a self,
        portal: &'a Portal,
        ctx: &'a OpContext,
        request: &'a Parts,
    ) -> BoxFuture<'a, base::Result<Option<Caller>>> {
        Box::pin(async move {
            let key = request.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let Some(key) = key.and_then(|key| key.strip_prefix("Basic ")) else { return Ok(None) };
            let (person, credential) = portal.accounts.authenticate_token(ctx, key).await?;
            Ok(Some(Caller { person, credential, group: Some("vision".to_owned()) }))
        })
    }
}

fn render(scene: &Scene<'_>) -> Response<Body> {
    (scene.status, Json(json!({ "error_code": scene.error.code() }))).into_response()
}

const FOREIGN: Dialect = Dialect {
    root: "/foreign/",
    authentication: Authentication::Foreign(&Keys),
    group: GroupFrom::Nowhere,
    body: web_kit::Body::Json(Limits::USUAL),
    render,
};

macro_rules! path {
    ($name:ident = $pattern:literal) => {
        #[derive(Clone, Copy)]
        struct $name;
        impl paths::Path for $name {
            const PATTERN: &'static str = $pattern;
        }
    };
}
path!(OfKey = "/foreign/of-key");
path!(OfHeader = "/foreign/of-header");
path!(OfPath = "/foreign/{group}/of-path");
path!(Upload = "/foreign/upload");

async fn group(Ctx(ctx): Ctx, InGroup(group): InGroup) -> Json<Value> {
    Json(json!({ "group": group.name, "actor": ctx.actor_name() }))
}

/// The portal's rows and some of another product, and what its upload hears.
async fn app(portal: &TestPortal) -> (Router, mpsc::UnboundedReceiver<Bytes>) {
    let (heard, hearing) = mpsc::unbounded_channel();
    let upload = move |State(_): State<Portal>, mut body: StreamedBody| {
        let heard = heard.clone();
        async move {
            let mut length = 0;
            while let Some(bytes) = body.next().await? {
                length += bytes.len();
                heard.send(bytes).unwrap();
            }
            Answer::Ok(Json(json!({ "length": length })).into_response())
        }
    };
    let streamed = web_kit::Body::Streamed(Limits { bytes: 10, time: Duration::from_secs(10) });
    let table = RouteTable::new(FOREIGN)
        .get(OfKey, Policy::Member, AnswerKind::Data, "foreign.key", group)
        .with_group(GroupFrom::Credential)
        .get(OfHeader, Policy::Member, AnswerKind::Data, "foreign.header", group)
        .with_group(GroupFrom::Header("x-workspace"))
        .get(OfPath, Policy::Member, AnswerKind::Data, "foreign.path", group)
        .put(Upload, Policy::SignedIn, AnswerKind::Data, "foreign.upload", upload)
        .with_body(streamed);
    let (_, router) = assemble(&portal.portal, vec![ui_routes::routes(api_rest::openapi_json), table]);
    (router.with_state(portal.portal.clone()), hearing)
}

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "portal.test");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(body).unwrap()
}

#[tokio::test]
async fn keys_headers_and_paths_name_the_group() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let (app, _hearing) = app(&portal).await;
    let mia = format!("Basic {}", portal.token("mia", TokenScope::Write).await);
    let otto = format!("Basic {}", portal.token("otto", TokenScope::Write).await);
    let ask = async |path: &str, who: &str, workspace: &str| {
        let mut headers = vec![("authorization", who), ("x-workspace", workspace)];
        headers.retain(|(_, value)| !value.is_empty());
        let response =
            app.clone().oneshot(request(Method::GET, path, &headers, Body::empty())).await.unwrap();
        let status = response.status();
        (status, serde_json::from_str::<Value>(&text(response).await).unwrap())
    };
    let (found, in_vision) = (StatusCode::OK, json!({ "group": "vision", "actor": "mia" }));
    assert_eq!(ask("/foreign/of-key", &mia, "").await, (found, in_vision.clone()));
    assert_eq!(ask("/foreign/of-header", &mia, "").await, (found, in_vision.clone()));
    assert_eq!(ask("/foreign/of-header", &mia, "vision").await, (found, in_vision.clone()));
    assert_eq!(ask("/foreign/vision/of-path", &mia, "").await, (found, in_vision));
    let in_speech = json!({ "group": "speech", "actor": "otto" });
    assert_eq!(ask("/foreign/of-header", &otto, "speech").await, (found, in_speech));
    // What one may not see is not there, and all of it is said as that product says it.
    let missing = (StatusCode::NOT_FOUND, json!({ "error_code": "not_found" }));
    assert_eq!(ask("/foreign/of-key", &otto, "").await, missing);
    assert_eq!(ask("/foreign/of-header", &mia, "speech").await, missing);
    assert_eq!(ask("/foreign/no-such-call", &mia, "").await, missing);
    let unknown = (StatusCode::UNAUTHORIZED, json!({ "error_code": "unauthenticated" }));
    assert_eq!(ask("/foreign/of-key", "", "").await, unknown);
    assert_eq!(ask("/foreign/of-key", "Basic nonsense", "").await, unknown);
    // A browser's session is none of its business.
    let cookie = portal.cookie("mia").await;
    let by_cookie = request(Method::GET, "/foreign/of-key", &[("cookie", &cookie)], Body::empty());
    assert_eq!(app.clone().oneshot(by_cookie).await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_streamed_body_is_heard_as_it_arrives_and_no_longer_than_it_may() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let (app, mut hearing) = app(&portal).await;
    let mia = format!("Basic {}", portal.token("mia", TokenScope::Write).await);
    let (send, sent) = mpsc::unbounded_channel::<&str>();
    let body = stream::unfold(sent, |mut sent| async move { Some((sent.recv().await?, sent)) });
    let body = Body::from_stream(body.map(Ok::<_, std::convert::Infallible>));
    let headers = [("authorization", mia.as_str())];
    let answer = tokio::spawn(app.clone().oneshot(request(Method::PUT, "/foreign/upload", &headers, body)));
    for part in ["abc", "defg"] {
        send.send(part).unwrap();
        // The rest of it is not even written yet.
        assert_eq!(hearing.recv().await.unwrap(), part);
    }
    drop(send);
    let response = answer.await.unwrap().unwrap();
    assert_eq!((response.status(), text(response).await), (StatusCode::OK, "{\"length\":7}".to_owned()));
    let endless = Body::from_stream(stream::repeat("abcd").map(Ok::<_, std::convert::Infallible>));
    let response = app.oneshot(request(Method::PUT, "/foreign/upload", &headers, endless)).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(text(response).await, "{\"error_code\":\"too_large\"}");
}
