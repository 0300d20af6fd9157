//! Asking a workload over HTTP.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use runner::Runner;

/// A workload that takes longer is not worth waiting for.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 1 << 20;

/// An answer's status and body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

/// Sends one GET to the workload of an attempt; `None` when it does not answer.
pub(super) async fn get(runner: &dyn Runner, attempt: &str, path: &str) -> Option<Answer> {
    tokio::time::timeout(PATIENCE, get_now(runner, attempt, path)).await.ok()?
}

async fn get_now(runner: &dyn Runner, attempt: &str, path: &str) -> Option<Answer> {
    let stream = runner.connect(attempt).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = hyper::Request::get(path).header("host", "localhost").header("connection", "close");
    let exchange = async {
        let answer = sender.send_request(request.body(Empty::<Bytes>::new()).ok()?).await.ok()?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MOST_BYTES).collect().await.ok()?.to_bytes();
        Some(Answer { status, body })
    };
    // The connection is driven only as long as the answer takes.
    let mut exchange = std::pin::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        _ = connection => exchange.await,
    }
}
