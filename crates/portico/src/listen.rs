//! Serving a router on a listener: what `axum::serve` does, with a limit on how long a request's head may take.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response, StatusCode, Uri, Version, header};
use axum::response::IntoResponse as _;
use futures::future::{BoxFuture, Either};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper_util::rt::{TokioIo, TokioTimer};
use proxy::ContentOrigin;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;
use tower::util::Oneshot;

/// A connection on which no whole request head arrives within this time is closed: one that sends its head drop by
/// drop, and one that is kept alive and says nothing more.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// After a failure to accept that has to do with us (too many open files, say) rather than with a client.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stopping` turns true and the requests that are then open have ended.
///
/// Handlers find the peer's address as `ConnectInfo<SocketAddr>`, and may upgrade connections.
/// `name` is what the open connections are counted under. Of more than `most` connections, the others wait until one
/// ends.
pub async fn serve<S: Answering>(
    listener: TcpListener,
    service: S,
    stopping: watch::Receiver<bool>,
    name: &'static str,
    most: usize,
) {
    serve_with(listener, service, stopping, name, Limits { most, head_timeout: HEAD_TIMEOUT }).await;
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    most: usize,
    head_timeout: Duration,
}

async fn serve_with<S: Answering>(
    listener: TcpListener,
    service: S,
    mut stopping: watch::Receiver<bool>,
    name: &'static str,
    limits: Limits,
) {
    let connections = metrics::gauge!("portico_open_connections", "listener" => name);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout);
    // Each connection holds a receiver; when the last one is gone, all have ended.
    let (open, _) = watch::channel(());
    let room = Arc::new(Semaphore::new(limits.most));
    loop {
        let place = tokio::select! {
            Ok(place) = room.clone().acquire_owned() => place,
            () = until(&mut stopping) => break,
        };
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
        web_kit::connection::prepare(&stream);
        let connection = builder
            .serve_connection(TokioIo::new(stream), answer_with(service.clone(), peer))
            .with_upgrades();
        let open = Open { _held: open.subscribe(), _place: place, connections: connections.clone() };
        open.connections.increment(1);
        tokio::spawn(until_it_ends(connection, stopping.clone(), open));
    }
    drop(listener);
    open.closed().await;
}

/// What answers requests.
pub trait Answering: Clone + Send + Sync + 'static {
    type Answer: Future<Output = Result<Response<Body>, Infallible>> + Send;

    fn answer(&self, request: Request<Body>) -> Self::Answer;
}

impl Answering for Router {
    type Answer = Oneshot<Self, Request<Body>>;

    fn answer(&self, request: Request<Body>) -> Self::Answer {
        self.clone().oneshot(request)
    }
}

impl Answering for ContentOrigin {
    type Answer = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn answer(&self, request: Request<Body>) -> Self::Answer {
        self.answer(request)
    }
}

/// Counts a connection while it is open.
struct Open {
    _held: watch::Receiver<()>,
    _place: OwnedSemaphorePermit,
    connections: metrics::Gauge,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connections.decrement(1);
    }
}

async fn until_it_ends<S>(
    connection: http1::UpgradeableConnection<TokioIo<TcpStream>, S>,
    mut stopping: watch::Receiver<bool>,
    open: Open,
) where
    S: HttpService<Incoming, ResBody = Body, Error = Infallible> + Send,
    S::Future: Send,
{
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        biased;
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

fn answer_with<S: Answering>(
    service: S,
    peer: SocketAddr,
) -> impl HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send> {
    hyper::service::service_fn(move |request: Request<Incoming>| {
        if !has_one_host(request.version(), request.headers(), request.uri()) {
            return Either::Left(std::future::ready(Ok(bad_host())));
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        Either::Right(service.answer(request))
    })
}

/// A request names the host it is for exactly once (RFC 9112, 3.2): where it does not, whoever passes it on and whoever
/// answers it may take it for different ones. Older versions need not name one.
fn has_one_host(version: Version, headers: &HeaderMap, uri: &Uri) -> bool {
    let mut named = headers.get_all(header::HOST).iter();
    match (named.next(), named.next()) {
        (Some(host), None) => {
            let host = host.to_str().unwrap_or("/");
            host.is_empty()
                || host.parse::<axum::http::uri::Authority>().is_ok_and(|of| !of.as_str().contains('@'))
        }
        (None, _) => version < Version::HTTP_11 || uri.authority().is_some(),
        (Some(_), Some(_)) => false,
    }
}

fn bad_host() -> Response<Body> {
    (StatusCode::BAD_REQUEST, "The request must have one Host header that names a host.\n").into_response()
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
        served_at_most(router, Limits { most: 100, head_timeout }).await
    }

    async fn served_at_most(router: Router, limits: Limits) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(serve_with(listener, router, stopping, "test", limits));
        Served { address, stop, task }
    }

    async fn read_all(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text).await;
        text
    }

    #[tokio::test]
    async fn more_connections_than_there_is_room_for_wait() {
        let router = Router::new().route("/", get(|| async { "here" }));
        let served = served_at_most(router, Limits { most: 2, head_timeout: HEAD_TIMEOUT }).await;
        let ask = async |stream: &mut TcpStream| {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        };
        let mut idle = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            stream.read_exact(&mut [0; 15]).await.unwrap();
            idle.push(stream);
        }
        let mut third = TcpStream::connect(served.address).await.unwrap();
        ask(&mut third).await;
        let early = tokio::time::timeout(Duration::from_millis(200), third.read_u8()).await;
        assert!(early.is_err(), "it was let in");
        idle.pop();
        assert!(read_all(&mut third).await.ends_with("here"));
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

    /// What comes back for these bytes until the connection ends, when two requests are told apart by their lines.
    async fn answer_to(served: &Served, bytes: &str) -> String {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut text = String::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut text)).await;
        assert!(read.is_ok(), "the connection stays open after {bytes:?}: {text}");
        text
    }

    fn telling() -> Router {
        Router::new().fallback(|request: axum::extract::Request| async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1000).await.unwrap();
            let has_length = parts.headers.contains_key(header::CONTENT_LENGTH);
            format!("{} {} length:{has_length} {}", parts.method, parts.uri, String::from_utf8_lossy(&body))
        })
    }

    #[tokio::test]
    async fn what_two_servers_could_read_differently_is_refused() {
        let served = served(telling(), Duration::from_secs(30)).await;
        for bad in [
            "Host: a\r\nHost: b\r\n",
            "Host: a\r\nhost: a\r\n",
            "Host: a b\r\n",
            "Host: a/b\r\n",
            "Host: user@a\r\n",
            "Host: \u{fc}\r\n",
            "X-No: host\r\n",
            "Host: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n",
            "Host: a\r\nContent-Length: 3, 4\r\n",
            "Host: a\r\nContent-Length: +3\r\n",
            "Host: a\r\nContent-Length: -1\r\n",
            "Host: a\r\nTransfer-Encoding: gzip\r\n",
            "Host: a\r\nTransfer-Encoding: chunked, identity\r\n",
            "Host: a\r\nTransfer-Encoding : chunked\r\n",
            "Host: a\r\nX-Folded: a\r\n b\r\n",
            "Host: a\r\nX-Folded: a\r\n\tTransfer-Encoding: chunked\r\n",
            "Host: a\r\nX-Null: a\0b\r\n",
        ] {
            let answer =
                answer_to(&served, &format!("POST / HTTP/1.1\r\n{bad}Connection: close\r\n\r\nabcd")).await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{bad:?}: {answer}");
            assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{bad:?}: {answer}");
        }
        for fine in ["Host: a", "Host: a:80", "Host: [::1]:80", "Host:"] {
            let answer =
                answer_to(&served, &format!("GET / HTTP/1.1\r\n{fine}\r\nConnection: close\r\n\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{fine}: {answer}");
        }
    }

    /// Of two lengths the chunks are the one that counts, the other is told to nobody, and the connection ends, as RFC
    /// 9112, 6.3 wants it: whatever somebody hid behind the request is not read.
    #[tokio::test]
    async fn nothing_hides_behind_a_request_with_two_lengths() {
        let served = served(telling(), Duration::from_secs(30)).await;
        let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
        for lengths in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 100\r\nTransfer-Encoding: chunked",
        ] {
            let head = format!("POST /seen HTTP/1.1\r\nHost: a\r\n{lengths}\r\n\r\n");
            let answer = answer_to(&served, &format!("{head}3\r\nabc\r\n0\r\n\r\n{hidden}")).await;
            assert!(answer.ends_with("POST /seen length:false abc"), "{lengths}: {answer}");
            assert!(answer.to_ascii_lowercase().contains("connection: close"), "{lengths}: {answer}");
        }
    }

    #[tokio::test]
    async fn open_requests_end_before_the_server_does() {
        let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
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
