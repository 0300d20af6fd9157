//! A job as pages and the API show it.

use std::collections::BTreeMap;

use base::{AttemptId, GroupId, Resources, Timestamp, UserId, WorkloadId};

use super::entity::{self, attempt, event};
use super::phase::{Cause, Phase};
use crate::notebook_jobs::NotebookFile;

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

/// What a job runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    pub script: String,
    pub variables: BTreeMap<String, String>,
    /// The notebook that it runs; then there is no script.
    pub notebook: Option<NotebookFile>,
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

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEvent {
    pub at: Timestamp,
    pub kind: String,
    pub message: String,
}

impl From<entity::Model> for JobSummary {
    fn from(row: entity::Model) -> Self {
        let phase = Phase::parse(&row.phase).unwrap_or(Phase::Failed);
        Self {
            id: WorkloadId(row.id),
            slug: row.slug,
            group: GroupId(row.group_id),
            user: row.user_id.map(UserId),
            user_name: row.user_name,
            name: row.name,
            instance_type: row.instance_type,
            resources: Resources::new(row.cpu_milli, row.memory_mib, row.gpu),
            image: row.image,
            digest: row.digest,
            time_limit_s: row.time_limit_s,
            phase,
            is_stopping: row.asked == super::store::STOP && !phase.is_final(),
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
        }
    }
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

impl From<event::Model> for JobEvent {
    fn from(row: event::Model) -> Self {
        Self { at: Timestamp(row.at), kind: row.kind, message: row.message }
    }
}
