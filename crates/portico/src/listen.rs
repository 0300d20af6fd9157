//! Serving a router on a listener: what `axum::serve` does, with a limit on how long a request's head may take.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// A connection on which no whole request head arrives within this time is closed: one that sends its head drop by
/// drop, and one that is kept alive and says nothing more.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// After a failure to accept that has to do with us (too many open files, say) rather than with a client.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stopping` turns true and the requests that are then open have ended.
///
/// Handlers find the peer's address as `ConnectInfo<SocketAddr>`, and may upgrade connections.
pub async fn serve(listener: TcpListener, router: Router, stopping: watch::Receiver<bool>) {
    serve_with(listener, router, stopping, HEAD_TIMEOUT).await;
}

async fn serve_with(
    listener: TcpListener,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    head_timeout: Duration,
) {
    let router: Router = router.with_state(());
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_timeout);
    // Each connection holds a receiver; when the last one is gone, all have ended.
    let (open, _) = watch::channel(());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = until(&mut stopping) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_the_client_s(error.kind()) {
                    tracing::error!(%error, "a connection can't be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
                continue;
            }
        };
        prepare(&stream);
        let connection =
            builder.serve_connection(TokioIo::new(stream), answer_with(router.clone(), peer)).with_upgrades();
        tokio::spawn(until_it_ends(connection, stopping.clone(), open.subscribe()));
    }
    drop(listener);
    open.closed().await;
}

/// Sends small answers at once, and notices clients that are gone without a word: sockets stay open for days.
fn prepare(stream: &TcpStream) {
    use rustix::net::sockopt;
    let _ = stream.set_nodelay(true);
    let _ = sockopt::set_socket_keepalive(stream, true)
        .and_then(|()| sockopt::set_tcp_keepidle(stream, Duration::from_secs(60)))
        .and_then(|()| sockopt::set_tcp_keepintvl(stream, Duration::from_secs(15)))
        .and_then(|()| sockopt::set_tcp_keepcnt(stream, 4));
}

async fn until_it_ends<S>(
    connection: http1::UpgradeableConnection<TokioIo<TcpStream>, S>,
    mut stopping: watch::Receiver<bool>,
    open: watch::Receiver<()>,
) where
    S: HttpService<Incoming, ResBody = Body, Error = Infallible> + Send,
    S::Future: Send,
{
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = until(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection broke off");
    }
    drop(open);
}

async fn until(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn answer_with(
    router: Router,
    peer: SocketAddr,
) -> impl HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send> {
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    })
}

fn is_the_client_s(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Notify;

    use super::*;

    struct Served {
        address: SocketAddr,
        stop: watch::Sender<bool>,
        task: tokio::task::JoinHandle<()>,
    }

    async fn served(router: Router, head_timeout: Duration) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(serve_with(listener, router, stopping, head_timeout));
        Served { address, stop, task }
    }

    async fn read_all(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text).await;
        text
    }

    #[tokio::test]
    async fn half_a_head_does_not_hold_a_connection() {
        let router = Router::new()
            .route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }));
        let served = served(router, Duration::from_millis(300)).await;
        let mut slow = TcpStream::connect(served.address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        // Meanwhile, others are served.
        let mut other = TcpStream::connect(served.address).await.unwrap();
        other.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let answer = read_all(&mut other).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.ends_with(&other.local_addr().unwrap().to_string()), "{answer}");
        // A drop now and then buys no time.
        let begin = Instant::now();
        let (mut reader, mut writer) = slow.into_split();
        let dripping = tokio::spawn(async move {
            while writer.write_all(b"a").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(10), reader.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "the connection is still open after {:?}", begin.elapsed());
        dripping.abort();
        assert!(!String::from_utf8_lossy(&rest).starts_with("HTTP/1.1 200"));
        served.stop.send(true).unwrap();
        served.task.await.unwrap();
    }

    #[tokio::test]
    async fn open_requests_end_before_the_server_does() {
        let (entered, go_on) = (std::sync::Arc::new(Notify::new()), std::sync::Arc::new(Notify::new()));
        let (inside, gate) = (entered.clone(), go_on.clone());
        let router = Router::new().route(
            "/",
            get(move || async move {
                inside.notify_one();
                gate.notified().await;
                "whole"
            }),
        );
        let served = served(router, Duration::from_secs(30)).await;
        let mut idle = TcpStream::connect(served.address).await.unwrap();
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        entered.notified().await;
        served.stop.send(true).unwrap();
        assert_eq!(read_all(&mut idle).await, "", "who asked for nothing is not waited for");
        assert!(!served.task.is_finished());
        go_on.notify_one();
        let answer = read_all(&mut stream).await;
        assert!(answer.ends_with("whole"), "{answer}");
        served.task.await.unwrap();
        assert!(TcpStream::connect(served.address).await.is_err());
    }
}
