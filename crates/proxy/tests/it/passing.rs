//! What passes through, what is added and what is held back.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use base::TokenScope;
use futures::StreamExt as _;
use http_body_util::BodyExt as _;
use test_kit::sqlite;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::content::{Content, text};

/// Sends bytes as they are, and reads what comes back until the connection ends.
async fn raw(content: &Content, bytes: &str) -> String {
    let mut stream = TcpStream::connect(content.address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), read).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_workload_gets_what_was_sent_and_nothing_of_ours() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = format!("theirs=1; {}; portico-session=x", content.mia().await);
    let address = content.address.to_string();
    let mut request = content.request(
        &Method::PUT,
        "/w/nb-1/echo?a=%20&b",
        &[
            ("cookie", &cookie),
            ("sec-fetch-site", "same-origin"),
            ("authorization", "Basic theirs"),
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "for=6.6.6.6"),
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("proxy-connection", "keep-alive"),
            ("x-kept", "1"),
        ],
    );
    *request.body_mut() = Body::from("the body");
    let seen = text(content.send(request).await).await;
    assert!(seen.starts_with("PUT /w/nb-1/echo?a=%20&b\n"), "{seen}");
    assert!(seen.ends_with("\n\nthe body"), "{seen}");
    for line in [
        format!("host: {address}"),
        format!("x-forwarded-host: {address}"),
        "x-forwarded-for: 127.0.0.1".to_owned(),
        "x-forwarded-proto: http".to_owned(),
        "cookie: theirs=1".to_owned(),
        "authorization: Basic theirs".to_owned(),
        "x-kept: 1".to_owned(),
    ] {
        assert!(seen.contains(&format!("\n{line}\n")), "{line} is missing in {seen}");
    }
    for word in ["portico", "6.6.6.6", "evil", "x-hop", "proxy-connection", "forwarded: "] {
        assert!(!seen.contains(word), "{word} in {seen}");
    }

    let token = content.token("mia", TokenScope::Write).await;
    for scheme in ["Bearer", "token"] {
        let seen =
            text(content.get("/w/nb-1/echo", &[("authorization", &format!("{scheme} {token}"))]).await).await;
        assert!(!seen.contains("authorization") && !seen.contains("ptk_"), "{seen}");
    }
}

#[tokio::test]
async fn a_browser_gets_an_answer_that_stays_in_its_place() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let response = content.get("/w/nb-1/naughty", &[("cookie", &cookie)]).await;
    let headers = response.headers();
    let all = |name: &str| headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(all("set-cookie"), ["mine=1; Path=/w/nb-1/"]);
    assert_eq!(
        all("content-security-policy"),
        ["frame-ancestors *; script-src 'self'", "frame-ancestors 'self'"]
    );
    assert_eq!(all("x-content-type-options"), ["nosniff"]);
    assert_eq!(all("cross-origin-opener-policy"), ["same-origin"]);
    assert_eq!(all("cross-origin-resource-policy"), ["same-origin"]);
    assert_eq!(all("referrer-policy"), ["same-origin"]);
    assert_eq!(all("x-mine"), ["kept"]);
    for name in ["service-worker-allowed", "clear-site-data", "strict-transport-security", "x-hop"] {
        assert!(!headers.contains_key(name), "{name}");
    }
    let head = content.send(content.request(&Method::HEAD, "/w/nb-1/sized", &[("cookie", &cookie)])).await;
    assert_eq!(head.headers()["content-length"], "1000000");
    let unasked = content.get("/w/nb-1/unasked", &[("cookie", &cookie)]).await;
    assert_eq!(unasked.status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let chunk = Bytes::from(vec![7; 65_536]);
    let chunks = futures::stream::repeat(chunk).take(640).map(Ok::<_, std::io::Error>);
    let request = Request::post("/w/nb-1/upload")
        .header(header::HOST, "h")
        .header(header::AUTHORIZATION, &token)
        .body(Body::from_stream(chunks))
        .unwrap();
    assert_eq!(text(content.send(request).await).await, (640 * 65_536).to_string());

    let mut drip = content.get("/w/nb-1/drip", &[("authorization", &token)]).await.into_body();
    for n in 0..3 {
        let line = drip.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(line, format!("line {n}\n"), "each line comes by itself, while the answer goes on");
    }
}

#[tokio::test]
async fn connections_to_the_workload_are_used_again_and_replaced_when_they_break() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let own = [("authorization", token.as_str())];
    for _ in 0..20 {
        assert_eq!(text(content.get("/w/nb-1/", &own).await).await, "workload\n");
    }
    assert_eq!(content.runner.connections(), 1, "one warm connection served them all");
    // The next attempt is another server: nothing goes to the old one.
    let old = content.workloads.get("nb-1").attempt;
    let new = content.start("nb-1", "mia").await;
    assert_ne!(old, Some(new));
    until_answered(&content, &own).await;
    assert_eq!(content.runner.connections(), 2);
}

async fn until_answered(content: &Content, own: &[(&str, &str)]) {
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(content.get("/w/nb-1/", own).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_message_whose_end_is_unclear_is_refused() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = content.token("mia", TokenScope::Write).await;
    let start = format!("POST /w/nb-1/echo HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n");
    let smuggled = "GET /w/nb-1/smuggled HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let mut taken = Vec::new();
    for framing in [
        format!("Content-Length: 5\r\nContent-Length: 0\r\n\r\n{smuggled}"),
        format!("Content-Length: 5, 5\r\n\r\nhello{smuggled}"),
        format!("Content-Length: +5\r\n\r\nhello{smuggled}"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5;\nhello\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n0\r\n\r\n{smuggled}"),
    ] {
        let answer = raw(&content, &format!("{start}{framing}")).await;
        if !answer.starts_with("HTTP/1.1 4") || answer.matches("HTTP/1.1 ").count() != 1 {
            taken.push((framing, answer));
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
}

#[tokio::test]
async fn with_two_lengths_the_workload_gets_one_and_nothing_follows() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = content.token("mia", TokenScope::Write).await;
    let start = format!("POST /w/nb-1/echo HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n");
    let next = "GET /w/nb-1/next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    for order in [
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 5"],
    ] {
        let framing = format!("{}\r\n{}\r\n\r\n2\r\nhi\r\n0\r\n\r\n{next}", order[0], order[1]);
        let answer = raw(&content, &format!("{start}{framing}")).await;
        // The chunks count; the connection ends, so that nobody can take what follows for a request.
        assert!(answer.contains("transfer-encoding: chunked\n") && answer.contains("\n\nhi"), "{answer}");
        assert!(!answer.contains("content-length: 5\n"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn one_person_can_not_take_everything() {
    let database = sqlite().await;
    let content = Content::with(&database, |settings| settings.requests_per_person = 3).await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let own = [("authorization", token.as_str())];
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(content.get("/w/nb-1/drip", &own).await);
    }
    let refused = content.get("/w/nb-1/drip", &own).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert!(text(refused).await.contains("3 requests to your workloads under way, which is the most"));
    drop(open);
    for _ in 0..100 {
        if content.get("/w/nb-1/", &own).await.status() == StatusCode::OK {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("places are not given back");
}

#[tokio::test]
async fn an_open_tab_is_no_activity() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let own = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    for path in ["/w/nb-1/api/status", "/w/nb-1/api/kernels"] {
        content.get(path, &own).await;
    }
    assert_eq!(content.proxy.activity("nb-1").last_at, None);
    content.world.clock.advance_seconds(5);
    let page = [own[0], own[1], ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    content.get("/w/nb-1/lab", &page).await;
    assert_eq!(content.proxy.activity("nb-1").last_at, Some(base::Clock::now(&*content.world.clock)));
    content.world.clock.advance_seconds(5);
    content.send(content.request(&Method::POST, "/w/nb-1/echo", &own)).await;
    assert_eq!(content.proxy.activity("nb-1").last_at, Some(base::Clock::now(&*content.world.clock)));
}

#[tokio::test]
async fn what_does_not_listen_and_what_breaks_is_said() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let attempt = content.start("nb-1", "mia").await;
    content.runner.serve(&attempt.to_string(), content.folder.path().join("nobody"));
    let silent = content.get("/w/nb-1/", &[("authorization", &token)]).await;
    assert_eq!(silent.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(silent).await.contains("workload_silent"));

    let socket = content.folder.path().join("rude");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    content.runner.serve(&attempt.to_string(), socket);
    let broken = content.get("/w/nb-1/", &[("authorization", &token)]).await;
    assert_eq!(broken.status(), StatusCode::BAD_GATEWAY);
    assert!(text(broken).await.contains("workload_broken"));
}
