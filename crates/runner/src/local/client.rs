//! The server's end of a shim's socket.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::protocol::{Answer, Request};
use crate::records::{AttemptDir, SOCKET, ShortPath};

/// How long to wait before a socket with a full queue is tried again.
const QUEUE_FULL: Duration = Duration::from_millis(5);

/// A connection to a shim.
pub(super) struct Connection(BufReader<UnixStream>);

/// Whether a shim lives. That its socket takes connections is all the proof needed: the kernel closes it with the
/// process.
pub(super) enum Reached {
    Shim(Connection),
    Nobody,
}

impl Connection {
    pub(super) async fn open(dir: &AttemptDir) -> io::Result<Reached> {
        let short = match ShortPath::to(dir.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Reached::Nobody),
            short => short?,
        };
        match connect(&short.join(SOCKET)).await {
            Ok(stream) => Ok(Reached::Shim(Connection(BufReader::new(stream)))),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionReset => Ok(Reached::Nobody),
                _ => Err(error),
            },
        }
    }

    /// One question, one answer. `None` when the shim ended instead of answering.
    pub(super) async fn ask(&mut self, request: &Request) -> io::Result<Option<Answer>> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        let mut answer = String::new();
        let asked = async {
            self.0.get_mut().write_all(&line).await?;
            self.0.read_line(&mut answer).await
        };
        match asked.await {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(serde_json::from_str(&answer)?)),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Connects to a socket, and waits as long as its queue is full.
pub(super) async fn connect(path: &Path) -> io::Result<UnixStream> {
    loop {
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => tokio::time::sleep(QUEUE_FULL).await,
            connected => return connected,
        }
    }
}

pub(super) fn unexpected(answer: &Answer) -> io::Error {
    io::Error::other(format!("the shim gave an answer that does not fit: {answer:?}"))
}
