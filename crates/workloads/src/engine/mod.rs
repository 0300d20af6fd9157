//! What all workloads share: their tables, phases, attempts and events, what was asked of them and what they run.
//!
//! [`Kind`] is the one table of the rules in which kinds differ, [`Runs`] says what a workload runs. The rooms above
//! (notebooks, jobs) put workloads into the queue and read them; from there on the controller schedules, starts and
//! observes them through this module. Every write names the generation it acts for; a writer that was overtaken changes
//! nothing and is told so.

mod admit;
mod claim;
mod enqueue;
pub mod entity;
mod idempotency;
mod image_users;
mod kind;
mod launch;
mod leases;
mod model;
mod observe;
pub mod phase;
mod queue;
mod removals;
mod retention;
mod runs;
mod secret_variables;
mod stop;
pub(crate) mod store;
mod usage;
mod variables;
mod wish;

pub use claim::{Claim, Claimed};
pub use image_users::{ImageUse, ImageUses};
pub use kind::{End, Identity, Keep, Kind, KindRules, Opens, Outcome, Restart};
pub use launch::LaunchSpec;
pub use model::{Attempt, WorkloadEvent};
pub use observe::{ActiveAttempt, AttemptEnd};
pub use phase::{Cause, Phase};
pub use queue::{GroupQueue, QueueSnapshot, Queued};
pub use removals::{FILES_STAY_DAYS, Removal, Removed};
pub use retention::Retention;
pub use runs::{JupyterLab, NotebookFile, Runs, Spec};
pub use usage::{Holder, Usage};

pub(crate) use admit::Admitted;
pub(crate) use enqueue::{NewRows, NewWorkload};
pub(crate) use idempotency::IdempotencyKey;
pub(crate) use image_users::OfWorkloads;
pub(crate) use observe::OnRequeue;
pub(crate) use secret_variables::{hide, may_see};
pub(crate) use stop::{ask_to_restart, ask_to_stop};
pub(crate) use variables::check_variables;
pub(crate) use wish::Wish;

/// The longest name that people give to a workload.
pub(crate) const MAX_NAME: usize = 100;

/// An attempt's life in the column `state`.
const CLAIMED: &str = "claimed";
const RUNNING: &str = "running";
const ENDED: &str = "ended";
