//! Connections to a workload's HTTP server, used again while they are warm.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use base::AttemptId;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use runner::{Runner, RunnerError};
use tokio::time::Instant;

use crate::{Proxy, lock};

/// How long the workload may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Servers close idle connections after some seconds (the shortest known default is two). Ours are dropped before.
const IDLE: Duration = Duration::from_millis(1500);
/// More idle connections than this are not kept.
const MOST_IDLE: usize = 256;
/// How long to wait for a connection whose last answer has just been read.
const SETTLE: Duration = Duration::from_millis(20);

pub(crate) type Sender = SendRequest<Body>;

/// The HTTP server of one attempt.
pub(crate) struct Upstream {
    attempt: String,
    idle: Mutex<Vec<(Sender, Instant)>>,
}

/// Why a workload gave no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Nothing listens.
    NotListening,
    /// It did not accept a connection in time.
    Timeout,
    /// The client did not send its whole request.
    Unsent,
    /// The connection broke before there was an answer.
    Broken(String),
}

impl From<hyper::Error> for Trouble {
    fn from(error: hyper::Error) -> Self {
        // What hyper calls the user is the body that it was given to send.
        if error.is_user() { Self::Unsent } else { Self::Broken(error.to_string()) }
    }
}

impl Upstream {
    /// Sends the request on a warm connection, or on a new one. The sender goes [back](Upstream::put_back) when the
    /// answer has been read.
    pub(crate) async fn send(
        &self,
        runner: &dyn Runner,
        mut request: Request<Body>,
    ) -> Result<(Response<Incoming>, Sender), Trouble> {
        while let Some(mut sender) = self.warm().await {
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, sender)),
                Err(mut error) => match error.take_message() {
                    // The server closed it before any of the request was sent.
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let mut sender = self.connect(runner).await?;
        let response = sender.send_request(request).await?;
        Ok((response, sender))
    }

    /// A new connection.
    pub(crate) async fn connect(&self, runner: &dyn Runner) -> Result<Sender, Trouble> {
        let stream = match tokio::time::timeout(CONNECT, runner.connect(&self.attempt)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(RunnerError::NotListening)) => return Err(Trouble::NotListening),
            Ok(Err(error)) => return Err(Trouble::Broken(error.to_string())),
            Err(_) => return Err(Trouble::Timeout),
        };
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped or the workload closes it; what breaks is told to whoever waits.
        tokio::spawn(async move { drop(connection.with_upgrades().await) });
        Ok(sender)
    }

    async fn warm(&self) -> Option<Sender> {
        loop {
            // The newest first: they are warmest, and those before them are older still.
            let (mut sender, since) = {
                let mut idle = lock(&self.idle);
                let ready = idle.iter().rposition(|(sender, _)| sender.is_ready());
                match ready {
                    Some(index) => idle.swap_remove(index),
                    None => idle.pop()?,
                }
            };
            if since.elapsed() > IDLE || sender.is_closed() {
                continue;
            }
            if sender.is_ready() {
                return Some(sender);
            }
            if let Ok(Ok(())) = tokio::time::timeout(SETTLE, sender.ready()).await {
                return Some(sender);
            }
        }
    }

    /// Keeps a connection whose answer has been read.
    pub(crate) fn put_back(&self, sender: Sender) {
        let mut idle = lock(&self.idle);
        if idle.len() < MOST_IDLE && !sender.is_closed() {
            idle.push((sender, Instant::now()));
        }
    }

    /// Drops what has been idle for long.
    pub(crate) fn prune(&self) {
        lock(&self.idle).retain(|(sender, since)| !sender.is_closed() && since.elapsed() < IDLE);
    }
}

impl Proxy {
    /// The connections of an attempt. They close when nobody holds an access to it any more.
    pub(crate) fn upstream(&self, attempt: AttemptId) -> Arc<Upstream> {
        let mut upstreams = lock(&self.upstreams);
        if let Some(upstream) = upstreams.get(&attempt).and_then(std::sync::Weak::upgrade) {
            return upstream;
        }
        let upstream = Arc::new(Upstream { attempt: attempt.to_string(), idle: Mutex::default() });
        upstreams.insert(attempt, Arc::downgrade(&upstream));
        upstream
    }
}
