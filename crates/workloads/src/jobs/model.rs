//! A job as pages and the API show it.

use base::{GroupId, Resources, Result, Timestamp, UserId, WorkloadId};

use crate::engine::entity::Model;
use crate::engine::{Attempt, Cause, Phase, Spec, Wish};

/// What a list shows of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSummary {
    pub id: WorkloadId,
    /// What URLs and the API name it by.
    pub slug: String,
    pub group: GroupId,
    pub user: Option<UserId>,
    pub user_name: String,
    pub name: String,
    pub instance_type: String,
    pub resources: Resources,
    pub image: String,
    pub digest: String,
    /// Seconds; 0 is none.
    pub time_limit_s: i64,
    pub phase: Phase,
    /// Somebody asked it to stop and it has not ended yet.
    pub is_stopping: bool,
    pub cause: Option<Cause>,
    /// A sentence: what it waits for, or why it ended.
    pub reason: String,
    pub exit_code: Option<i64>,
    pub signal: Option<i64>,
    pub generation: i64,
    pub attempts: i64,
    pub queued_at: Timestamp,
    pub submitted_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub copied_from: Option<String>,
}

/// Everything about one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub summary: JobSummary,
    pub spec: Spec,
    /// Newest first.
    pub attempts: Vec<Attempt>,
    /// How many jobs of the group wait in front of it, while it waits.
    pub ahead: Option<u64>,
}

impl JobSummary {
    pub(super) fn from_row(row: Model) -> Result<Self> {
        let phase = row.phase()?;
        Ok(Self {
            id: row.workload(),
            group: row.group(),
            user: row.user(),
            resources: row.resources(),
            is_stopping: row.wish()? == Wish::Stop && !phase.is_final(),
            phase,
            slug: row.slug,
            user_name: row.user_name,
            name: row.name,
            instance_type: row.instance_type,
            image: row.image,
            digest: row.digest,
            time_limit_s: row.time_limit_s,
            cause: row.cause.as_deref().and_then(Cause::parse),
            reason: row.reason,
            exit_code: row.exit_code,
            signal: row.signal,
            generation: row.generation,
            attempts: row.attempts,
            queued_at: Timestamp(row.queued_at),
            submitted_at: Timestamp(row.submitted_at),
            started_at: row.started_at.map(Timestamp),
            finished_at: row.finished_at.map(Timestamp),
            copied_from: row.copied_from,
        })
    }
}
