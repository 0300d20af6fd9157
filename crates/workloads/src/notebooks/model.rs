//! A notebook as pages and the API show it.

use std::collections::BTreeMap;

use base::{AttemptId, GroupId, Resources, Result, Timestamp, UserId, WorkloadId};

use super::entity;
use crate::engine::entity as workload;
use crate::engine::{Cause, Kind, Outcome, Phase, Wish};
use crate::serving;

/// Where a notebook is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotebookState {
    Stopped,
    /// In the queue; its reason says what for.
    Waiting,
    /// It has its claim; the sandbox is being made.
    Preparing,
    /// Its process runs and does not answer yet.
    Starting,
    Ready,
    Stopping,
    /// Its last run ended by a fault.
    Failed,
}

impl NotebookState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Waiting => "waiting",
            Self::Preparing => "preparing",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }

    /// Whether it has a workload that has not ended.
    pub const fn is_up(self) -> bool {
        !matches!(self, Self::Stopped | Self::Failed)
    }
}

/// One run of a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: WorkloadId,
    pub phase: Phase,
    pub cause: Option<Cause>,
    pub resources: Resources,
    /// A sentence: what it waits for, or why it ended.
    pub reason: String,
    pub exit_code: Option<i64>,
    pub signal: Option<i64>,
    pub is_stopping: bool,
    pub queued_at: Timestamp,
    pub claimed_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ready_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// The newest attempt, when there is one.
    pub attempt: Option<AttemptId>,
    /// Seconds without activity after which it is stopped; 0 is never.
    pub idle_s: i64,
    /// Seconds after which it is stopped in any case; 0 is never.
    pub lifetime_s: i64,
    pub active_at: Option<Timestamp>,
    /// Since when its page warns that it will be stopped.
    pub warned_at: Option<Timestamp>,
    pub snoozed_until: Option<Timestamp>,
}

impl Run {
    /// When it will be stopped for being idle, if nothing happens in it.
    pub fn idle_stop_at(&self) -> Option<Timestamp> {
        let since = self.active_at.or(self.ready_at).filter(|_| self.idle_s > 0)?;
        let at = since.plus_seconds(self.idle_s);
        Some(self.snoozed_until.map_or(at, |until| until.max(at)))
    }

    /// When it will be stopped whatever happens.
    pub fn lifetime_ends_at(&self) -> Option<Timestamp> {
        self.started_at.filter(|_| self.lifetime_s > 0).map(|at| at.plus_seconds(self.lifetime_s))
    }
}

/// Everything about a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notebook {
    pub slug: String,
    pub group: GroupId,
    pub user: UserId,
    pub user_name: String,
    pub name: String,
    pub instance_type: String,
    pub image: String,
    pub variables: BTreeMap<String, String>,
    pub safe_mode: bool,
    pub open_path: String,
    pub idle_s: Option<i64>,
    pub lifetime_s: Option<i64>,
    pub created_at: Timestamp,
    pub used_at: Timestamp,
    pub state: NotebookState,
    /// The newest run.
    pub run: Option<Run>,
}

impl Notebook {
    /// Below which path of the content origin it is served.
    pub fn base_path(&self) -> String {
        serving::base_path(&self.slug)
    }

    pub(crate) fn from_rows(row: entity::Model, run: Option<Run>) -> Self {
        Self {
            group: GroupId(row.group_id),
            user: UserId(row.user_id),
            user_name: row.user_name,
            name: row.name,
            instance_type: row.instance_type,
            image: row.image,
            variables: serde_json::from_str(&row.variables).unwrap_or_default(),
            safe_mode: row.safe_mode,
            open_path: row.open_path,
            idle_s: row.idle_s,
            lifetime_s: row.lifetime_s,
            created_at: Timestamp(row.created_at),
            used_at: Timestamp(row.used_at),
            state: run.as_ref().map_or(NotebookState::Stopped, state),
            slug: row.slug,
            run,
        }
    }
}

fn state(run: &Run) -> NotebookState {
    match run.phase {
        _ if run.is_stopping => NotebookState::Stopping,
        Phase::Waiting => NotebookState::Waiting,
        Phase::Preparing => NotebookState::Preparing,
        Phase::Running if run.ready_at.is_some() => NotebookState::Ready,
        Phase::Running => NotebookState::Starting,
        Phase::Succeeded | Phase::Failed | Phase::Cancelled => {
            match Kind::Notebook.rules().end.outcome(run.phase) {
                Some(Outcome::Failed) => NotebookState::Failed,
                _ => NotebookState::Stopped,
            }
        }
    }
}

impl Run {
    pub(crate) fn from_rows(
        row: workload::Model,
        attempt: Option<workload::attempt::Model>,
        served: Option<serving::entity::Model>,
    ) -> Result<Self> {
        let phase = row.phase()?;
        let served = served.as_ref();
        Ok(Self {
            id: row.workload(),
            phase,
            cause: row.cause.as_deref().and_then(Cause::parse),
            resources: row.resources(),
            is_stopping: row.wish()? != Wish::Run && !phase.is_final(),
            reason: row.reason,
            exit_code: row.exit_code,
            signal: row.signal,
            queued_at: Timestamp(row.queued_at),
            claimed_at: attempt.as_ref().map(|attempt| Timestamp(attempt.claimed_at)),
            started_at: row.started_at.map(Timestamp),
            finished_at: row.finished_at.map(Timestamp),
            attempt: attempt.map(|attempt| AttemptId(attempt.id)),
            ready_at: served.and_then(|served| served.ready_at).map(Timestamp),
            idle_s: served.map_or(0, |served| served.idle_s),
            lifetime_s: served.map_or(0, |served| served.lifetime_s),
            active_at: served.and_then(|served| served.active_at).map(Timestamp),
            warned_at: served.and_then(|served| served.warned_at).map(Timestamp),
            snoozed_until: served.and_then(|served| served.snoozed_until).map(Timestamp),
        })
    }
}
