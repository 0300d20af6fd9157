//! Says that this server is there, and gives up what servers hold that are not.

use std::time::Duration;

use base::Timestamp;
use runner::{Stop, StopReason};

use crate::Controller;

/// A server that is not heard of for so long has lost its attempts.
pub(crate) const LEASE_SECONDS: i64 = 45;
/// A lease outlives two renewals that fail.
const EVERY: Duration = Duration::from_secs(15);
/// What was given up longer ago has ended by now, or its files are gone.
const LOOK_BACK_SECONDS: i64 = 7 * 86_400;

pub(crate) async fn run(controller: Controller) {
    let mut renewed = None;
    loop {
        if let Err(error) = renew_and_lose(&controller, &mut renewed).await {
            tracing::error!(error = ?error, "leases could not be looked after; trying again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Once; `renewed` is when the last one renewed this server's leases.
async fn renew_and_lose(controller: &Controller, renewed: &mut Option<Timestamp>) -> base::Result<()> {
    let (ctx, parts, me) = (controller.ctx("leases"), &controller.parts, &controller.runner);
    let now = ctx.now();
    parts.workloads.renew_leases(&ctx, me, LEASE_SECONDS).await?;
    // At the start, and after a time in which nobody heard of us, others may run what still runs here.
    if renewed.is_none_or(|renewed| now.seconds_since(renewed) >= LEASE_SECONDS) {
        for attempt in parts.workloads.lost_attempts(&ctx, me, now.plus_seconds(-LOOK_BACK_SECONDS)).await? {
            let stop = Stop { reason: StopReason::Maintenance, grace: None };
            if let Err(error) = parts.runner.stop(&attempt.to_string(), stop).await {
                tracing::warn!(%attempt, error = %error, "an attempt that was given up could not be ended");
            }
        }
    }
    *renewed = Some(now);
    for attempt in parts.workloads.lose_expired(&ctx, me).await? {
        tracing::warn!(%attempt, "the server that ran an attempt is silent; its workload waits again");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use runner::Observation;
    use test_kit::{World, on_both_databases};
    use workloads::engine::Phase;

    use super::*;
    use crate::scheduler::pass::pass;
    use crate::set_up::{server, until};

    on_both_databases! {
        async fn of_two_servers_one_takes_over_what_the_other_left(database) {
            let world = World::new(&database.db).await;
            let (group, system) = (world.group("vision").await, world.system());
            let job = world.workloads.submit_job(&world.person("mia").await, &group, world.job("a")).await.unwrap();
            let phase = async || world.workloads.get_job(&system, &group, &job.slug).await.unwrap().summary.phase;
            let (one, two) = (server(&world, &database.db, "one"), server(&world, &database.db, "two"));
            let (mut of_one, mut of_two) = (None, None);
            pass(&one.controller, &one.supervisor).await.unwrap();
            until("the first server starts it", || one.runner.running().len() == 1).await;
            let attempt = one.runner.running()[0].clone();

            // While the first is heard of, the second neither starts nor stops anything.
            renew_and_lose(&one.controller, &mut of_one).await.unwrap();
            world.clock.advance_seconds(40);
            renew_and_lose(&one.controller, &mut of_one).await.unwrap();
            world.clock.advance_seconds(40);
            renew_and_lose(&two.controller, &mut of_two).await.unwrap();
            two.supervisor.stop_asked().await.unwrap();
            pass(&two.controller, &two.supervisor).await.unwrap();
            assert!(two.runner.running().is_empty() && two.runner.stopped().is_empty());

            // The first falls silent.
            world.clock.advance_seconds(10);
            renew_and_lose(&two.controller, &mut of_two).await.unwrap();
            assert_eq!(phase().await, Phase::Waiting);
            pass(&two.controller, &two.supervisor).await.unwrap();
            until("the second server starts it", || two.runner.running().len() == 1).await;
            assert_ne!(two.runner.running()[0], attempt, "as another attempt");

            // It is back: it ends what is left, and says nothing that counts.
            renew_and_lose(&one.controller, &mut of_one).await.unwrap();
            assert_eq!(one.runner.stopped(), std::slice::from_ref(&attempt));
            one.runner.end(&attempt, Observation::Lost { why: "stopped".to_owned() });
            renew_and_lose(&one.controller, &mut of_one).await.unwrap();
            assert_eq!(one.runner.stopped().len(), 1, "once");
            assert!(matches!(phase().await, Phase::Preparing | Phase::Running));
        }
    }
}
