//! Waiting until a workload that serves HTTP answers.

use std::time::Duration;

use base::AttemptId;
use tokio::time::Instant;

use super::http;
use crate::Controller;

/// A look costs next to nothing while nothing listens, and people wait for this.
const FIRST_WAIT: Duration = Duration::from_millis(5);
const MOST_WAIT: Duration = Duration::from_millis(250);
/// The wait grows with the time that went by, so the answer is noticed at most so small a share of it late.
const SHARE: u32 = 64;
/// Below a workload's path, something small that every Jupyter server answers; others answer that there is no such
/// thing, which is an answer too.
const PROBE: &str = "api";

/// Resolves when the attempt has answered and that is written down, at once when it serves nothing.
pub(crate) async fn announce(controller: &Controller, attempt: AttemptId) -> base::Result<()> {
    let (ctx, parts) = (controller.ctx("serving"), &controller.parts);
    let Some(path) = parts.workloads.awaited_path(&ctx, attempt).await? else { return Ok(()) };
    let (name, path) = (attempt.to_string(), format!("{path}{PROBE}"));
    let began = Instant::now();
    loop {
        let answer = http::get(&*parts.runner, &name, &path).await;
        if answer.is_some_and(|answer| answer.status < 500) {
            return parts.workloads.attempt_ready(&ctx, attempt, ctx.now()).await;
        }
        tokio::time::sleep((began.elapsed() / SHARE).clamp(FIRST_WAIT, MOST_WAIT)).await;
    }
}
