//! A pool of keep-alive connections to a workload's HTTP server.

mod connection;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use base::AttemptId;
use connection::{Io, SendError};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use runner::RunnerError;
use tokio::time::Instant;
use workloads::running::Connections;

use crate::{Proxy, lock};

pub(crate) use connection::PooledConnection;

/// How long the workload may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it may take to agree to another protocol.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// Servers close idle connections after some seconds (the shortest known default is two). Ours are dropped before.
const IDLE_TIMEOUT: Duration = Duration::from_millis(1500);
/// More idle connections than this are not kept.
const MAX_IDLE: usize = 256;
/// The HTTP server of one attempt.
pub(crate) struct Upstream {
    attempt: String,
    idle: Mutex<Vec<(PooledConnection, Instant)>>,
}

/// Why a workload gave no response.
#[derive(Debug)]
pub(crate) enum UpstreamError {
    /// Nothing listens.
    NotListening,
    /// It did not accept a connection, or another protocol, in time.
    ConnectTimeout,
    /// It did not begin a response in time.
    ResponseTimeout,
    /// The client did not send its whole request.
    RequestIncomplete,
    /// The connection broke before there was a response.
    ConnectionBroken(String),
}

impl From<hyper::Error> for UpstreamError {
    fn from(error: hyper::Error) -> Self {
        // What hyper calls the user is the body that it was given to send.
        if error.is_user() { Self::RequestIncomplete } else { Self::ConnectionBroken(error.to_string()) }
    }
}

impl Upstream {
    /// Sends the request on an idle connection, or on a new one. It goes [back](Upstream::put_back) into the pool when
    /// the response has been read.
    pub(crate) async fn send(
        &self,
        connections: &Connections,
        mut request: Request<Body>,
    ) -> Result<(Response<Incoming>, PooledConnection), UpstreamError> {
        let streams = !request.body().is_end_stream();
        while let Some(mut connection) = self.take_idle().await {
            match connection.exchange(request, streams).await {
                Ok(response) => return Ok((response, connection)),
                // The server closed it before any of the request was sent, so a retry is safe.
                Err(SendError { unsent: Some(unsent), .. }) => request = unsent,
                Err(SendError { error, .. }) => return Err(error),
            }
        }
        let mut connection = PooledConnection::new(self.connect(connections).await?).await?;
        match connection.exchange(request, streams).await {
            Ok(response) => Ok((response, connection)),
            Err(SendError { error, .. }) => Err(error),
        }
    }

    /// Sends a request that may switch protocols, on a connection of its own.
    pub(crate) async fn send_upgrade(
        &self,
        connections: &Connections,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, UpstreamError> {
        let (mut sender, connection) = http1::handshake(self.connect(connections).await?).await?;
        // It ends when the protocol was switched, or the answer was read.
        tokio::spawn(async move { drop(connection.with_upgrades().await) });
        match tokio::time::timeout(UPGRADE_TIMEOUT, sender.send_request(request)).await {
            Ok(answered) => Ok(answered?),
            Err(_) => Err(UpstreamError::ConnectTimeout),
        }
    }

    /// A new connection.
    async fn connect(&self, connections: &Connections) -> Result<Io, UpstreamError> {
        match tokio::time::timeout(CONNECT_TIMEOUT, connections.connect(&self.attempt)).await {
            Ok(Ok(stream)) => Ok(TokioIo::new(stream)),
            Ok(Err(RunnerError::NotListening)) => Err(UpstreamError::NotListening),
            Ok(Err(error)) => Err(UpstreamError::ConnectionBroken(error.to_string())),
            Err(_) => Err(UpstreamError::ConnectTimeout),
        }
    }

    async fn take_idle(&self) -> Option<PooledConnection> {
        loop {
            // The newest first: they are warmest, and those before them are older still.
            let (mut connection, since) = {
                let mut idle = lock(&self.idle);
                match idle.iter().rposition(|(connection, _)| connection.is_ready()) {
                    Some(index) => idle.swap_remove(index),
                    None => idle.pop()?,
                }
            };
            if since.elapsed() < IDLE_TIMEOUT && connection.settle().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection alive whose response has been read.
    pub(crate) fn put_back(&self, mut connection: PooledConnection) {
        if connection.rest() {
            let mut idle = lock(&self.idle);
            if idle.len() < MAX_IDLE {
                idle.push((connection, Instant::now()));
            }
        }
    }

    /// Drops what has been idle for long.
    pub(crate) fn prune(&self) {
        lock(&self.idle)
            .retain(|(connection, since)| !connection.is_closed() && since.elapsed() < IDLE_TIMEOUT);
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
