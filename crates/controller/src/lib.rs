//! What happens without anybody asking: scheduling, starting and observing attempts, building environments,
//! cleaning up.
//!
//! Every task takes no input, can be run again at any time and survives any crash: what there is to do is always
//! read from the database and the runner. Tasks are woken by events and by a timer.

mod attempts;
mod builds;
mod janitor;
mod launch;
mod leases;
mod notebook;
mod notebook_job;
pub mod scheduler;
mod serving;
#[cfg(test)]
mod set_up;

use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use base::{Clock, OpContext, Timestamp};
use db::{Database, Topic};
use folders::Layout;
use runner::Runner;
use runner::environments::EnvironmentStore;
use tokio::sync::{Notify, broadcast, watch};
use workloads::Workloads;
use workloads::engine::Retention;

/// A task that nobody woke looks for itself this often.
const TIMER: Duration = Duration::from_secs(5);

/// Everything that the background tasks work with.
#[derive(Clone)]
pub struct Controller {
    pub(crate) parts: Arc<Parts>,
    /// What this server's attempts are known by: its runner and its node.
    pub(crate) runner: Arc<str>,
}

/// See [`Controller`].
pub struct Parts {
    pub clock: Arc<dyn Clock>,
    pub db: Database,
    pub accounts: Accounts,
    pub workloads: Workloads,
    pub runner: Arc<dyn Runner>,
    /// Names this server's data directory: what its runner started is known there and nowhere else.
    pub node: String,
    pub environments: Arc<EnvironmentStore>,
    /// Whether this process builds environments.
    pub build_environments: bool,
    pub layout: Layout,
    pub retention: Retention,
    pub network: runner::Network,
    /// Who knows what passes through to workloads.
    pub traffic: Arc<dyn Traffic>,
    /// What workloads are told as `PORTICO_URL` and `PRIMEHUB_DOMAIN`.
    pub public_url: String,
    pub time_zone: String,
}

/// Bells that wake the tasks.
#[derive(Default)]
pub(crate) struct Bells {
    pub(crate) schedule: Notify,
    pub(crate) stop: Notify,
    pub(crate) build: Notify,
    /// Rings for all builders at once: any of their builds may be meant.
    pub(crate) cancel_build: Notify,
}

/// Knows when something that a person does last passed through to a workload that serves HTTP.
pub trait Traffic: Send + Sync + 'static {
    /// When that was, for the workload that the content origin names so; `None` when it is not known.
    fn last_used(&self, slug: &str) -> Option<Timestamp>;
}

impl Controller {
    pub fn new(parts: Parts) -> Self {
        let runner = format!("{}/{}", parts.runner.name(), parts.node).into();
        Self { parts: Arc::new(parts), runner }
    }

    pub(crate) fn ctx(&self, task: &'static str) -> OpContext {
        OpContext::system(task, self.parts.clock.clone())
    }

    /// Runs all tasks until `stop` says so. Attempts go on without them.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let bells = Arc::new(Bells::default());
        let supervisor = attempts::Supervisor::new(self.clone(), bells.clone());
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(ring(self.parts.db.subscribe(), bells.clone()));
        tasks.spawn(self.parts.db.clone().read_outbox());
        tasks.spawn(scheduler::pass::run(self.clone(), bells.clone(), supervisor.clone()));
        tasks.spawn(attempts::run(self.clone(), bells.clone(), supervisor));
        tasks.spawn(leases::run(self.clone()));
        if self.parts.build_environments {
            tasks.spawn(builds::run(self.clone(), bells));
        }
        tasks.spawn(serving::run(self.clone()));
        tasks.spawn(janitor::run(self));
        let mut stop = stop;
        let _ = stop.wait_for(|stop| *stop).await;
        tasks.shutdown().await;
    }
}

/// Wakes the tasks that an event concerns.
async fn ring(mut events: broadcast::Receiver<db::Event>, bells: Arc<Bells>) {
    loop {
        match events.recv().await {
            Ok(event) => match event.topic {
                Topic::Jobs | Topic::Notebooks => {
                    bells.schedule.notify_one();
                    bells.stop.notify_one();
                }
                Topic::Images => {
                    bells.build.notify_one();
                    bells.cancel_build.notify_waiters();
                    bells.schedule.notify_one();
                }
                Topic::Groups | Topic::InstanceTypes => bells.schedule.notify_one(),
                Topic::Users | Topic::Access | Topic::Notifications => {}
            },
            Err(broadcast::error::RecvError::Lagged(_)) => {
                bells.schedule.notify_one();
                bells.stop.notify_one();
                bells.build.notify_one();
                bells.cancel_build.notify_waiters();
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Waits for a bell, or for the timer.
pub(crate) async fn woken(bell: &Notify) {
    let _ = tokio::time::timeout(TIMER, bell.notified()).await;
}
