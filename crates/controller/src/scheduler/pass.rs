//! One pass after another: read, decide, write.

use std::sync::Arc;
use std::time::Duration;

use super::plan::{Policy, plan};
use crate::attempts::Supervisor;
use crate::leases::LEASE_SECONDS;
use crate::{Bells, Controller, woken};

/// Passes over a long queue are not repeated faster than this share of their own cost allows.
const MOST_SHARE_OF_TIME: u32 = 2;

pub(crate) async fn run(controller: Controller, bells: Arc<Bells>, supervisor: Supervisor) {
    loop {
        let before = tokio::time::Instant::now();
        match pass(&controller, &supervisor).await {
            // Claims that were refused because something changed meanwhile are decided again.
            Ok(Outcome { refused: true }) => continue,
            Ok(Outcome { refused: false }) => {}
            Err(error) => {
                tracing::error!(error = ?error, "a scheduling pass failed; the next one tries again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        let cost = before.elapsed();
        if cost > Duration::from_millis(20) {
            tokio::time::sleep(cost / MOST_SHARE_OF_TIME).await;
        }
        woken(&bells.schedule).await;
    }
}

pub(crate) struct Outcome {
    refused: bool,
}

/// One pass.
pub(crate) async fn pass(controller: &Controller, supervisor: &Supervisor) -> base::Result<Outcome> {
    let ctx = controller.ctx("scheduler");
    let workloads = &controller.parts.workloads;
    let snapshot = workloads.queue_snapshot(&ctx).await?;
    let made = plan(&snapshot, Policy::default());
    metrics::gauge!("portico_queue_length")
        .set(snapshot.groups.iter().map(|group| group.queued.len()).sum::<usize>() as f64);
    metrics::counter!("portico_scheduler_decisions_total").increment(made.decided as u64);
    let asked = made.starts.len();
    let runner = &controller.runner;
    let claimed = workloads.apply_decisions(&ctx, made.starts, made.reasons, runner, LEASE_SECONDS).await?;
    let refused = claimed.len() < asked;
    for claim in claimed {
        supervisor.supervise(claim.attempt);
    }
    Ok(Outcome { refused })
}
