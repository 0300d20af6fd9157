//! Rows of the engine, as rules read them, and what people see of any workload.

use base::{AttemptId, GroupId, OpContext, Resources, Result, Timestamp, UserId, WorkloadId};
use db::Tx;

use super::entity::{Model, attempt, event};
use super::phase::{Cause, Phase};
use super::{Kind, Wish};

impl Model {
    pub(crate) fn workload(&self) -> WorkloadId {
        WorkloadId(self.id)
    }

    pub(crate) fn group(&self) -> GroupId {
        GroupId(self.group_id)
    }

    pub(crate) fn user(&self) -> Option<UserId> {
        self.user_id.map(UserId)
    }

    pub(crate) fn kind(&self) -> Result<Kind> {
        Kind::parse(&self.kind)
    }

    pub(crate) fn phase(&self) -> Result<Phase> {
        Phase::parse(&self.phase).map_err(base::Error::internal)
    }

    pub(crate) fn wish(&self) -> Result<Wish> {
        Wish::parse(&self.wish)
    }

    pub(crate) fn resources(&self) -> Resources {
        Resources::new(self.cpu_milli, self.memory_mib, self.gpu)
    }

    /// Says that the workload changed, to those who listen for its kind.
    pub(crate) async fn emit_change(&self, tx: &Tx, ctx: &OpContext) -> Result<()> {
        let kind = self.kind()?;
        tx.emit(ctx.now(), Some(self.group()), kind.rules().topic, kind.page_slug(&self.slug)).await
    }
}

impl attempt::Model {
    pub(crate) fn resources(&self) -> Resources {
        Resources::new(self.cpu_milli, self.memory_mib, self.gpu)
    }

    /// The GPUs that it holds, by their numbers on its runner's machine.
    pub(crate) fn gpus(&self) -> Vec<u32> {
        self.gpu_indices.split(',').filter_map(|index| index.parse().ok()).collect()
    }
}

/// One execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub id: AttemptId,
    pub number: i64,
    pub claimed_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub cause: Option<Cause>,
    pub message: String,
    pub max_memory_bytes: Option<u64>,
    pub cpu_time_us: Option<u64>,
}

/// Something that happened to a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadEvent {
    pub at: Timestamp,
    pub kind: String,
    pub message: String,
}

impl From<attempt::Model> for Attempt {
    fn from(row: attempt::Model) -> Self {
        Self {
            id: AttemptId(row.id),
            number: row.number,
            claimed_at: Timestamp(row.claimed_at),
            started_at: row.started_at.map(Timestamp),
            finished_at: row.finished_at.map(Timestamp),
            cause: row.cause.as_deref().and_then(Cause::parse),
            message: row.message,
            max_memory_bytes: row.max_memory_bytes.and_then(|n| u64::try_from(n).ok()),
            cpu_time_us: row.cpu_time_us.and_then(|n| u64::try_from(n).ok()),
        }
    }
}

impl From<event::Model> for WorkloadEvent {
    fn from(row: event::Model) -> Self {
        Self { at: Timestamp(row.at), kind: row.kind, message: row.message }
    }
}
