//! A workload: an HTTP server on a unix socket.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::{any, get};
use futures::{SinkExt as _, StreamExt as _};
use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Serves below `/w/<slug>` on the socket until the runtime ends.
pub(crate) fn serve(socket: &Path, slug: &str) -> tokio::task::JoinHandle<()> {
    let at = |path: &str| format!("/w/{slug}/{path}");
    let router = Router::new()
        .route(&at("echo"), any(echo))
        .route(&at("upload"), any(upload))
        .route(&at("drip"), get(drip))
        .route(&at("naughty"), get(naughty))
        .route(&at("ws"), get(websocket))
        .route(&at("unasked"), get(|| async { StatusCode::SWITCHING_PROTOCOLS }))
        .route(&at("sized"), get(|| async { "x".repeat(1_000_000) }))
        .fallback(|| async { "workload\n" });
    let listener = UnixListener::bind(socket).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() })
}

/// Says what arrived: the request line and headers, then the body.
async fn echo(request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let mut text = format!("{} {}\n", parts.method, parts.uri);
    for (name, value) in &parts.headers {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    text.push_str(&format!("\n{}", String::from_utf8_lossy(&body)));
    text.into_response()
}

/// Counts the bytes of a body.
async fn upload(body: Body) -> String {
    let mut stream = body.into_data_stream();
    let mut count = 0;
    while let Some(chunk) = stream.next().await {
        count += chunk.unwrap().len();
    }
    count.to_string()
}

/// A line now, and one each tenth of a second for ever.
async fn drip() -> Response<Body> {
    let lines = futures::stream::unfold(0, |n| async move {
        if n > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Some((Ok::<_, std::io::Error>(Bytes::from(format!("line {n}\n"))), n + 1))
    });
    Body::from_stream(lines).into_response()
}

/// Everything that a workload may not do to a browser.
async fn naughty() -> Response<Body> {
    let mut response = "naughty".into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        ("set-cookie", "mine=1; Path=/; Domain=portal.test"),
        ("set-cookie", "portico-session=stolen; Path=/"),
        ("set-cookie", "portico-content=stolen"),
        ("set-cookie", "=portico-session=stolen"),
        ("service-worker-allowed", "/"),
        ("clear-site-data", "\"*\""),
        ("strict-transport-security", "max-age=999"),
        ("content-security-policy", "frame-ancestors *; script-src 'self'"),
        ("cross-origin-opener-policy", "unsafe-none"),
        ("referrer-policy", "unsafe-url"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("x-mine", "kept"),
    ] {
        headers.append(header::HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Echoes messages; says what it was asked with to the message `headers`.
async fn websocket(mut request: Request) -> Response<Body> {
    let headers: HeaderMap = request.headers().clone();
    let Some(key) = headers.get("sec-websocket-key") else { return StatusCode::BAD_REQUEST.into_response() };
    let accept = derive_accept_key(key.as_bytes());
    let protocol = headers.get("sec-websocket-protocol").cloned();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let io = TokioIo::new(upgrade.await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                break;
            }
            let answer = match message.to_text() {
                Ok("headers") => format!("{headers:?}").into(),
                _ if message.is_ping() || message.is_pong() => continue,
                _ => message,
            };
            if socket.send(answer).await.is_err() {
                break;
            }
        }
    });
    let headers =
        [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-accept", accept.as_str())];
    let mut response = (StatusCode::SWITCHING_PROTOCOLS, headers).into_response();
    if let Some(protocol) = protocol {
        response.headers_mut().insert("sec-websocket-protocol", protocol);
    }
    response
}
