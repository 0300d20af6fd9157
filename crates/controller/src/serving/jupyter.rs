//! What a Jupyter server says about its use.
//!
//! Source: jupyter_server's REST API, `/api/status` (`last_activity` of requests, kernels and terminals) and
//! `/api/kernels` (`execution_state`). `no_track_activity` keeps the question itself from counting.

use base::Timestamp;
use runner::Runner;
use serde::Deserialize;

use super::http;

#[derive(Deserialize)]
struct Status {
    last_activity: String,
}

#[derive(Deserialize)]
struct Kernel {
    execution_state: String,
}

/// When a Jupyter server was last used; `now` when a kernel is busy, `None` when it is no Jupyter server.
pub(super) async fn active_at(
    runner: &dyn Runner,
    attempt: &str,
    base_path: &str,
    now: Timestamp,
) -> Option<Timestamp> {
    let ask = async |what: &str| {
        let path = format!("{base_path}api/{what}?no_track_activity=1");
        http::get(runner, attempt, &path).await.filter(|answer| answer.status == 200)
    };
    let kernels: Vec<Kernel> = serde_json::from_slice(&ask("kernels").await?.body).ok()?;
    if kernels.iter().any(|kernel| kernel.execution_state == "busy") {
        return Some(now);
    }
    let status: Status = serde_json::from_slice(&ask("status").await?.body).ok()?;
    Timestamp::parse_rfc3339(&status.last_activity)
}
