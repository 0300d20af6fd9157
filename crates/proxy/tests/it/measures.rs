//! What operators see of the content origin.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use base::TokenScope;
use futures::{SinkExt as _, StreamExt as _};
use test_kit::sqlite;
use tokio_tungstenite::tungstenite::Message;

use crate::content::{Content, text, until};
use crate::sockets;

fn shown(content: &Content, row: &str) -> f64 {
    let metrics = content.metrics.render();
    let line = metrics.lines().find_map(|line| line.strip_prefix(row)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {row} in {metrics}")).parse().unwrap()
}

#[tokio::test]
async fn requests_and_bytes_are_counted() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let authorized = [("authorization", token.as_str())];
    let (up, down) =
        ("portico_content_bytes_total{direction=\"up\"}", "portico_content_bytes_total{direction=\"down\"}");
    assert_eq!(text(content.get("/w/nb-1/sized", &authorized).await).await.len(), 1_000_000);
    assert_eq!((shown(&content, up), shown(&content, down)), (0.0, 1e6));
    let mut request = content.request(&Method::POST, "/w/nb-1/upload", &authorized);
    *request.body_mut() = Body::from(vec![0; 300_000]);
    assert_eq!(text(content.send(request).await).await, "300000");
    assert_eq!((shown(&content, up), shown(&content, down)), (3e5, 1e6 + 6.0));
    assert_eq!(content.get("/w/nb-1/", &[]).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(content.get("/nowhere", &authorized).await.status(), StatusCode::NOT_FOUND);
    for (class, count) in [("2xx", 2.0), ("4xx", 2.0), ("5xx", 0.0)] {
        let row = format!("portico_content_requests_total{{status=\"{class}\"}}");
        assert_eq!(shown(&content, &row), count, "{class}");
    }
}

#[tokio::test]
async fn open_sockets_are_counted_while_they_are_open() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let (mut socket, _) =
        sockets::connect(&content, "/w/nb-1/ws", &[("authorization", &token)]).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    socket.next().await.unwrap().unwrap();
    assert_eq!(shown(&content, "portico_content_upgrades_total"), 1.0);
    assert_eq!(shown(&content, "portico_content_open_sockets"), 1.0);
    // A header of two bytes, the mask that clients use, and the text.
    assert_eq!(shown(&content, "portico_content_bytes_total{direction=\"up\"}"), 11.0);
    assert_eq!(shown(&content, "portico_content_bytes_total{direction=\"down\"}"), 7.0);
    assert_eq!(shown(&content, "portico_content_requests_total{status=\"1xx\"}"), 1.0);
    drop(socket);
    until(|| shown(&content, "portico_content_open_sockets") == 0.0).await;
}

#[tokio::test]
async fn workloads_that_give_no_answer_are_counted_by_cause() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let switched = content.get("/w/nb-1/unasked", &[("authorization", &token)]).await;
    assert_eq!(switched.status(), StatusCode::BAD_GATEWAY);
    let errors =
        |cause: &str| shown(&content, &format!("portico_content_upstream_errors_total{{cause=\"{cause}\"}}"));
    assert_eq!((errors("broken"), errors("not_listening")), (1.0, 0.0));
}
