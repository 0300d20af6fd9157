//! What the controller reads and writes while it schedules, starts and observes workloads.
//!
//! Every write names the generation it acts for; a writer that was overtaken changes nothing and is told so.

mod claim;
mod enqueue;
mod leases;
mod observe;
mod queue;
mod removals;
mod retention;
mod stop;

pub use claim::{Claim, Claimed};
pub use observe::{ActiveAttempt, AttemptEnd, LaunchSpec, NotebookLaunch};
pub use queue::{GroupQueue, QueueSnapshot, Queued};
pub use removals::{FILES_STAY_DAYS, Removal, Removed};
pub use retention::Retention;

pub(crate) use claim::gpus_of;
pub(crate) use enqueue::{Admitted, NewRows, NewWorkload, enqueue};
pub(crate) use stop::{ask_to_restart, ask_to_stop};

use base::Result;
use db::{ResultExt as _, Topic};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

use crate::jobs::entity::{Column, Entity, Model};
use crate::jobs::phase::Phase;

/// The section in which claims are made, on databases with several writers.
pub(crate) const CLAIMS_LOCK: i64 = 0x706f_7274_6963_6f01;

/// The kind of workload that a run of a notebook is.
pub const NOTEBOOK: &str = "notebook";

/// An attempt's life in the column `state`.
pub(crate) const CLAIMED: &str = "claimed";
pub(crate) const RUNNING: &str = "running";
pub(crate) const ENDED: &str = "ended";

/// Whether a workload that waits or runs needs the environment.
pub(crate) async fn needs_environment<C: ConnectionTrait>(connection: &C, digest: &str) -> Result<bool> {
    let row = Entity::find()
        .filter(Column::Digest.eq(digest))
        .filter(Column::Phase.is_in([Phase::Waiting, Phase::Preparing, Phase::Running].map(Phase::as_str)))
        .one(connection)
        .await
        .doing("look for workloads that need an environment")?;
    Ok(row.is_some())
}

/// As what a change of the workload is told: its topic and what pages know it by.
pub(crate) fn told(row: &Model) -> (Topic, String) {
    if row.kind == NOTEBOOK {
        // Every run of a notebook has a number behind the notebook's own name.
        let slug = row.slug.rsplit_once('.').map_or(row.slug.as_str(), |(notebook, _)| notebook);
        return (Topic::Notebooks, slug.to_owned());
    }
    (Topic::Jobs, row.slug.clone())
}
