//! Workloads that serve HTTP.

use std::collections::BTreeSet;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{AT_ONCE, PATIENCE, RunnerFixture, finished, log_shows, output, run, start_until_ready};
use crate::{AttemptSpec, HTTP_SOCKET, Network, Runner, RunnerError, Serves, Stream};

const PORT: u16 = 8888;
/// Refusing takes no time; this is for a busy machine.
const PROMPTLY: Duration = Duration::from_secs(10);

pub async fn serves_on_the_socket(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let spec = echo("a", Serves::Socket, Network::None);
    start_until_ready(&*runner, &spec).await;
    assert_eq!(echoed(&*runner, "a", b"hello").await, b"hello");
    stop(&*runner, "a").await;
}

pub async fn serves_on_a_port(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    for (nth, (address, network)) in
        [("127.0.0.1", Network::None), ("0.0.0.0", Network::Outbound), ("127.0.0.1", Network::Outbound)]
            .into_iter()
            .enumerate()
    {
        let attempt = format!("a{nth}");
        let script =
            format!("echo found > /tmp/page; exec python3 -m http.server -d /tmp -b {address} {PORT}");
        let spec =
            AttemptSpec { serves: Some(Serves::Port(PORT)), network, ..AttemptSpec::new(&attempt, script) };
        runner.start(&spec).await.unwrap();
        log_shows(&*runner.log(&attempt), |text| text.contains("Serving HTTP")).await;
        let mut stream = runner.connect(&attempt).await.unwrap();
        stream.write_all(b"GET /page HTTP/1.0\r\n\r\n").await.unwrap();
        let answer = rest(&mut stream).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\nfound\n"), "{answer}");
        stop(&*runner, &attempt).await;
    }
}

pub async fn nothing_that_listens_is_told(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    assert_not_listening(&*runner, "unknown").await;
    for (attempt, serves) in
        [("socket", Some(Serves::Socket)), ("port", Some(Serves::Port(PORT))), ("neither", None)]
    {
        // What was listened on and is not any more is no different.
        let script = format!(
            "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('{HTTP_SOCKET}')\" 2> /dev/null; \
             echo ready; sleep 600"
        );
        let spec = AttemptSpec { serves, ..AttemptSpec::new(attempt, script) };
        start_until_ready(&*runner, &spec).await;
        for _ in 0..20 {
            assert_not_listening(&*runner, attempt).await;
        }
        stop(&*runner, attempt).await;
        assert_not_listening(&*runner, attempt).await;
    }
    for name in ["../a", ""] {
        assert!(matches!(runner.connect(name).await, Err(RunnerError::Invalid(_))), "{name}");
    }
    let spec = AttemptSpec { serves: Some(Serves::Port(0)), ..AttemptSpec::new("zero", "true") };
    assert!(matches!(runner.start(&spec).await, Err(RunnerError::Invalid(_))));
}

/// The socket lies where the workload can put anything. Whatever it puts there, the server goes nowhere else.
pub async fn no_planted_link_is_followed(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let victim = fixture.folder("victim").join("s");
    let listener = UnixListener::bind(&victim).unwrap();
    listener.set_nonblocking(true).unwrap();
    let plants = [
        format!("ln -s {} {HTTP_SOCKET}", victim.display()),
        format!(
            "ln -s own {HTTP_SOCKET}; python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('/run/portico/own')\""
        ),
        format!("ln -s / {HTTP_SOCKET}"),
        format!("mkfifo {HTTP_SOCKET}"),
        format!("mkdir {HTTP_SOCKET}"),
        format!("echo text > {HTTP_SOCKET}"),
    ];
    for (nth, plant) in plants.iter().enumerate() {
        let attempt = format!("a{nth}");
        let script = format!("{plant}; echo ready; sleep 600");
        let spec = AttemptSpec { serves: Some(Serves::Socket), ..AttemptSpec::new(&attempt, script) };
        start_until_ready(&*runner, &spec).await;
        match tokio::time::timeout(PROMPTLY, runner.connect(&attempt)).await.unwrap() {
            Err(RunnerError::Failed { source, .. }) => {
                assert!(source.to_string().contains("not a socket"), "{source}");
            }
            Err(error) => panic!("{plant}: {error}"),
            Ok(_) => panic!("{plant}: connected"),
        }
        stop(&*runner, &attempt).await;
    }
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

pub async fn no_other_attempt_reaches_what_is_served(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    for (nth, serves) in KINDS.into_iter().enumerate() {
        let (served, other) = (format!("a{nth}"), format!("b{nth}"));
        start_until_ready(&*runner, &echo(&served, serves, Network::Outbound)).await;
        let look = format!(
            "ls -A /run/portico; for host in 127.0.0.1 10.0.2.2 10.0.2.100; do \
             timeout 2 bash -c \"< /dev/tcp/$host/{PORT}\" 2> /dev/null && echo reached; done; grep -c portico /proc/net/unix"
        );
        let spec = AttemptSpec {
            network: Network::Outbound,
            serves: Some(Serves::Socket),
            ..AttemptSpec::new(&other, look)
        };
        run(&*runner, &spec).await;
        assert_eq!(output(&*runner.log(&other)).await, "script\n0");
        assert_eq!(echoed(&*runner, &served, b"still there").await, b"still there");
        stop(&*runner, &served).await;
    }
}

/// One direction is closed and the other goes on; nothing is lost or changed on the way.
pub async fn much_goes_both_ways(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let sent: Arc<Vec<u8>> =
        Arc::new((0..50_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect());
    for (nth, serves) in KINDS.into_iter().enumerate() {
        let attempt = format!("a{nth}");
        start_until_ready(&*runner, &echo(&attempt, serves, Network::None)).await;
        let stream = runner.connect(&attempt).await.unwrap();
        let (mut reads, mut writes) = tokio::io::split(stream);
        let writing = tokio::spawn({
            let sent = Arc::clone(&sent);
            async move {
                writes.write_all(&sent).await.unwrap();
                writes.shutdown().await.unwrap();
            }
        });
        let received = rest(&mut reads).await;
        writing.await.unwrap();
        assert!(received == *sent, "{serves:?}: {} bytes of {} came back", received.len(), sent.len());
        stop(&*runner, &attempt).await;
    }
}

pub async fn many_connect_at_once(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    for (nth, serves) in KINDS.into_iter().enumerate() {
        let attempt = format!("a{nth}");
        start_until_ready(&*runner, &echo(&attempt, serves, Network::None)).await;
        let connections: Vec<_> = (0..100_u32)
            .map(|number| {
                let (runner, attempt) = (Arc::clone(&runner), attempt.clone());
                tokio::spawn(async move { echoed(&*runner, &attempt, &number.to_ne_bytes()).await })
            })
            .collect();
        let mut seen = BTreeSet::new();
        for connection in connections {
            seen.insert(connection.await.unwrap());
        }
        assert_eq!(seen.len(), 100, "{serves:?}");
        stop(&*runner, &attempt).await;
    }
}

pub async fn what_is_served_outlives_the_server(fixture: &impl RunnerFixture) {
    for (nth, serves) in KINDS.into_iter().enumerate() {
        let attempt = format!("a{nth}");
        let first = fixture.runner();
        start_until_ready(&*first, &echo(&attempt, serves, Network::Outbound)).await;
        assert_eq!(echoed(&*first, &attempt, b"before").await, b"before");
        drop(first);
        let second = fixture.restarted();
        assert_eq!(echoed(&*second, &attempt, b"after").await, b"after");
        stop(&*second, &attempt).await;
    }
}

pub async fn connections_end_with_the_attempt(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    for (nth, serves) in KINDS.into_iter().enumerate() {
        let attempt = format!("a{nth}");
        start_until_ready(&*runner, &echo(&attempt, serves, Network::None)).await;
        let mut stream = runner.connect(&attempt).await.unwrap();
        stream.write_all(b"x").await.unwrap();
        stream.read_exact(&mut [0]).await.unwrap();
        stop(&*runner, &attempt).await;
        // Reset or closed: both are ends.
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut [0])).await.unwrap();
        assert!(matches!(read, Ok(0) | Err(_)), "{serves:?}: {read:?}");
        assert_not_listening(&*runner, &attempt).await;
    }
}

const KINDS: [Serves; 2] = [Serves::Socket, Serves::Port(PORT)];

/// A server that sends back whatever it is sent.
fn echo(attempt: &str, serves: Serves, network: Network) -> AttemptSpec {
    let socket = match serves {
        Serves::Socket => format!("s = socket.socket(socket.AF_UNIX); s.bind('{HTTP_SOCKET}')"),
        Serves::Port(port) => format!("s = socket.socket(); s.bind(('127.0.0.1', {port}))"),
    };
    let script = format!(
        "exec python3 -c \"
import socket, threading
{socket}
s.listen(128)
print('ready')
def echo(c):
    while data := c.recv(1 << 16): c.sendall(data)
    c.close()
while True: threading.Thread(target=echo, args=(s.accept()[0],), daemon=True).start()\""
    );
    AttemptSpec { serves: Some(serves), network, ..AttemptSpec::new(attempt, script) }
}

/// What comes back on a connection of its own.
async fn echoed(runner: &dyn Runner, attempt: &str, sent: &[u8]) -> Vec<u8> {
    let mut stream: Box<dyn Stream> = runner.connect(attempt).await.unwrap();
    stream.write_all(sent).await.unwrap();
    stream.shutdown().await.unwrap();
    rest(&mut stream).await
}

async fn rest(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it does not end").unwrap();
    bytes
}

async fn assert_not_listening(runner: &dyn Runner, attempt: &str) {
    match tokio::time::timeout(PROMPTLY, runner.connect(attempt)).await.unwrap() {
        Err(RunnerError::NotListening) => {}
        Err(error) => panic!("{attempt}: {error}"),
        Ok(_) => panic!("{attempt}: somebody listens"),
    }
}

async fn stop(runner: &dyn Runner, attempt: &str) {
    runner.stop(attempt, AT_ONCE).await.unwrap();
    finished(runner, attempt).await;
}
