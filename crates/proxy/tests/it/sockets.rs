//! WebSockets through the proxy.

use std::time::Duration;

use accounts::users::UserChange;
use axum::http::StatusCode;
use base::{Clock as _, TokenScope};
use futures::{SinkExt as _, StreamExt as _};
use test_kit::sqlite;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::content::{Content, until};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) async fn connect(
    content: &Content,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<(Socket, Response), StatusCode> {
    let mut request = format!("ws://{}{path}", content.address).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok(connected) => Ok(connected),
        Err(Error::Http(response)) => Err(response.status()),
        Err(error) => panic!("{error}"),
    }
}

/// Sends a text and gives the answer.
async fn ask(socket: &mut Socket, text: &str) -> String {
    socket.send(Message::text(text)).await.unwrap();
    socket.next().await.unwrap().unwrap().into_text().unwrap().to_string()
}

/// Waits until the socket ends.
async fn ended_after(mut socket: Socket) -> Duration {
    let begin = tokio::time::Instant::now();
    let end = async { while let Some(Ok(_)) = socket.next().await {} };
    tokio::time::timeout(Duration::from_secs(5), end).await.unwrap();
    begin.elapsed()
}

#[tokio::test]
async fn messages_pass_both_ways_and_the_request_is_cleaned() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = format!("theirs=1; {}", content.mia().await);
    let own = [
        ("cookie", cookie.as_str()),
        ("origin", content.origin.as_str()),
        ("sec-websocket-protocol", "v1.kernel"),
    ];
    let (mut socket, response) = connect(&content, "/w/nb-1/ws?session_id=1", &own)
        .await
        .map_err(|s| s.to_string())
        .unwrap_or_else(|status| panic!("{status}"));
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(ask(&mut socket, "hello").await, "hello");
    let large = "x".repeat(3_000_000);
    assert_eq!(ask(&mut socket, &large).await, large);
    let headers = ask(&mut socket, "headers").await;
    assert!(headers.contains("\"cookie\": \"theirs=1\"") && headers.contains("v1.kernel"), "{headers}");
    assert!(!headers.contains("portico"), "{headers}");
    assert_eq!(content.proxy.activity("nb-1").open_sockets, 1);
    drop(socket);
    until(|| content.proxy.activity("nb-1").open_sockets == 0).await;
}

#[tokio::test]
async fn sockets_are_authorized_like_requests_and_need_the_origin() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let foreign = format!("Bearer {}", content.token("root", TokenScope::Write).await);
    let (cookie, origin) = (("cookie", cookie.as_str()), ("origin", content.origin.as_str()));
    let status = async |headers: &[(&'static str, &str)]| {
        connect(&content, "/w/nb-1/ws", headers)
            .await
            .map_or_else(|status| status, |_| StatusCode::SWITCHING_PROTOCOLS)
    };
    assert_eq!(status(&[cookie, origin]).await, StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(status(&[("authorization", &token)]).await, StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(status(&[cookie]).await, StatusCode::FORBIDDEN);
    assert_eq!(status(&[cookie, ("origin", "http://localhost:1")]).await, StatusCode::FORBIDDEN);
    assert_eq!(
        status(&[cookie, ("origin", "null"), ("sec-fetch-site", "same-origin")]).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(status(&[origin]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&[("authorization", &foreign)]).await, StatusCode::NOT_FOUND);
    // What is no WebSocket there is answered as the workload answers it.
    let plain = connect(&content, "/w/nb-1/", &[cookie, origin]).await.map(|_| ());
    assert_eq!(plain, Err(StatusCode::OK));
}

#[tokio::test]
async fn sockets_end_with_the_right_to_them_and_not_before() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let own = [("cookie", cookie.as_str()), ("origin", content.origin.as_str())];
    let (mut socket, _) = connect(&content, "/w/nb-1/ws", &own).await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(ask(&mut socket, "still there").await, "still there");
    }
    let off = UserChange { enabled: Some(false), ..UserChange::default() };
    content.world.accounts.update_user(&content.world.system(), "mia", off).await.unwrap();
    assert!(ended_after(socket).await < Duration::from_millis(1200));
}

#[tokio::test]
async fn sockets_end_with_the_server() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let (socket, _) = connect(&content, "/w/nb-1/ws", &[("authorization", &token)]).await.unwrap();
    content.stop.send(true).unwrap();
    assert!(ended_after(socket).await < Duration::from_millis(300));
}

#[tokio::test]
async fn one_person_has_so_many_sockets() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(connect(&content, "/w/nb-1/ws", &[("authorization", &token)]).await.unwrap().0);
    }
    let refused = connect(&content, "/w/nb-1/ws", &[("authorization", &token)]).await.map(|_| ());
    assert_eq!(refused, Err(StatusCode::TOO_MANY_REQUESTS));
    drop(open);
    until(|| content.proxy.activity("nb-1").open_sockets == 0).await;
    assert!(connect(&content, "/w/nb-1/ws", &[("authorization", &token)]).await.is_ok());
}

#[tokio::test]
async fn data_from_the_client_is_activity_and_pings_are_not() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let own = [("cookie", cookie.as_str()), ("origin", content.origin.as_str())];
    let (mut socket, _) = connect(&content, "/w/nb-1/ws", &own).await.unwrap();
    socket.send(Message::Ping("x".into())).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_pong());
    assert_eq!(content.proxy.activity("nb-1").last_at, None);
    content.world.clock.advance_seconds(9);
    ask(&mut socket, "run this").await;
    assert_eq!(content.proxy.activity("nb-1").last_at, Some(content.world.clock.now()));
}

#[tokio::test]
async fn working_in_a_workload_keeps_the_session() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let own = [("cookie", cookie.as_str()), ("origin", content.origin.as_str())];
    let (mut socket, _) = connect(&content, "/w/nb-1/ws", &own).await.unwrap();
    for _ in 0..3 {
        content.world.clock.advance_seconds(accounts::sessions::IDLE_SECONDS / 2);
        ask(&mut socket, "work").await;
        // The watcher hears of it within a second.
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    assert_eq!(ask(&mut socket, "more").await, "more");
    content.world.clock.advance_seconds(accounts::sessions::IDLE_SECONDS + 1);
    assert!(ended_after(socket).await < Duration::from_millis(1200), "an open tab alone does not");
}
