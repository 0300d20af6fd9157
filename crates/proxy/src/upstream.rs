//! Connections to a workload's HTTP server, used again while they are warm.

mod link;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use base::AttemptId;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use link::{Io, Unanswered};
use runner::RunnerError;
use tokio::time::Instant;
use workloads::running::Connections;

use crate::{Proxy, lock};

pub(crate) use link::Link;

/// How long the workload may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long it may take to agree to another protocol.
const UPGRADE: Duration = Duration::from_secs(10);
/// Servers close idle connections after some seconds (the shortest known default is two). Ours are dropped before.
const IDLE: Duration = Duration::from_millis(1500);
/// More idle connections than this are not kept.
const MOST_IDLE: usize = 256;
/// The HTTP server of one attempt.
pub(crate) struct Upstream {
    attempt: String,
    idle: Mutex<Vec<(Link, Instant)>>,
}

/// Why a workload gave no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Nothing listens.
    NotListening,
    /// It did not accept a connection in time.
    Timeout,
    /// It did not begin an answer in time.
    Late,
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
    /// Sends the request on a warm connection, or on a new one. The link goes [back](Upstream::put_back) when the
    /// answer has been read.
    pub(crate) async fn send(
        &self,
        connections: &Connections,
        mut request: Request<Body>,
    ) -> Result<(Response<Incoming>, Link), Trouble> {
        let streams = !request.body().is_end_stream();
        while let Some(mut link) = self.warm().await {
            match link.exchange(request, streams).await {
                Ok(response) => return Ok((response, link)),
                // The server closed it before any of the request was sent.
                Err(Unanswered { unsent: Some(unsent), .. }) => request = unsent,
                Err(Unanswered { trouble, .. }) => return Err(trouble),
            }
        }
        let mut link = Link::new(self.connect(connections).await?).await?;
        match link.exchange(request, streams).await {
            Ok(response) => Ok((response, link)),
            Err(Unanswered { trouble, .. }) => Err(trouble),
        }
    }

    /// Sends a request that may switch protocols, on a connection of its own.
    pub(crate) async fn send_upgrade(
        &self,
        connections: &Connections,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, Trouble> {
        let (mut sender, connection) = http1::handshake(self.connect(connections).await?).await?;
        // It ends when the protocol was switched, or the answer was read.
        tokio::spawn(async move { drop(connection.with_upgrades().await) });
        match tokio::time::timeout(UPGRADE, sender.send_request(request)).await {
            Ok(answered) => Ok(answered?),
            Err(_) => Err(Trouble::Timeout),
        }
    }

    /// A new connection.
    async fn connect(&self, connections: &Connections) -> Result<Io, Trouble> {
        match tokio::time::timeout(CONNECT, connections.connect(&self.attempt)).await {
            Ok(Ok(stream)) => Ok(TokioIo::new(stream)),
            Ok(Err(RunnerError::NotListening)) => Err(Trouble::NotListening),
            Ok(Err(error)) => Err(Trouble::Broken(error.to_string())),
            Err(_) => Err(Trouble::Timeout),
        }
    }

    async fn warm(&self) -> Option<Link> {
        loop {
            // The newest first: they are warmest, and those before them are older still.
            let (mut link, since) = {
                let mut idle = lock(&self.idle);
                match idle.iter().rposition(|(link, _)| link.is_ready()) {
                    Some(index) => idle.swap_remove(index),
                    None => idle.pop()?,
                }
            };
            if since.elapsed() < IDLE && link.settle().await {
                return Some(link);
            }
        }
    }

    /// Keeps a connection whose answer has been read.
    pub(crate) fn put_back(&self, mut link: Link) {
        if link.rest() {
            let mut idle = lock(&self.idle);
            if idle.len() < MOST_IDLE {
                idle.push((link, Instant::now()));
            }
        }
    }

    /// Drops what has been idle for long.
    pub(crate) fn prune(&self) {
        lock(&self.idle).retain(|(link, since)| !link.is_closed() && since.elapsed() < IDLE);
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
