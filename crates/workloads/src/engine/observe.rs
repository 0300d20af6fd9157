//! Starting attempts and writing down what became of them.

use base::{AttemptId, Error, GroupId, OpContext, Resources, Result, Timestamp, UserId, WorkloadId};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};

use super::{CLAIMED, ENDED, NOTEBOOK, RUNNING, gpus_of, told};
use crate::Workloads;
use crate::images::entity::environment;
use crate::jobs::entity::{Entity, Model, attempt};
use crate::jobs::model::Spec;
use crate::jobs::phase::{Cause, Phase, Step};
use crate::jobs::store;
use crate::notebooks::entity as notebook;

/// A workload whose platform failed it so often is given up.
const MAX_ATTEMPTS: i64 = 3;

/// An attempt that holds a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveAttempt {
    pub id: AttemptId,
    pub workload: WorkloadId,
    /// Somebody wants it to stop.
    pub stop_asked: bool,
    /// It is known to run.
    pub is_running: bool,
}

/// Everything that a runner needs to know of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchSpec {
    pub attempt: AttemptId,
    pub group: GroupId,
    pub group_name: String,
    pub slug: String,
    pub name: String,
    pub user: Option<UserId>,
    pub user_name: String,
    pub instance_type: String,
    pub resources: Resources,
    /// Which GPUs of the machine it holds.
    pub gpu_indices: Vec<u32>,
    pub image: String,
    pub digest: String,
    /// The container image it runs in; then there is no environment.
    pub container: Option<String>,
    pub environment_path: String,
    pub base_prefix: String,
    pub time_limit_s: i64,
    pub spec: Spec,
    /// What a run of a notebook needs beside; `None` for other kinds.
    pub notebook: Option<NotebookLaunch>,
}

/// What is particular to a run of a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotebookLaunch {
    /// Below which path it is served.
    pub base_path: String,
    pub safe_mode: bool,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptEnd {
    pub cause: Cause,
    /// A sentence for people.
    pub message: String,
    pub started_at: Option<Timestamp>,
    pub finished_at: Timestamp,
    pub exit_code: Option<i64>,
    pub signal: Option<i64>,
    pub max_memory_bytes: Option<u64>,
    pub cpu_time_us: Option<u64>,
}

impl Workloads {
    /// Every attempt of this runner that holds a claim.
    pub async fn active_attempts(&self, ctx: &OpContext, runner: &str) -> Result<Vec<ActiveAttempt>> {
        ctx.require_platform_admin()?;
        let attempts = attempt::Entity::find()
            .filter(attempt::Column::IsActive.eq(true))
            .filter(attempt::Column::Runner.eq(runner))
            .all(self.db.reader())
            .await
            .doing("read active attempts")?;
        let rows = Entity::find()
            .filter(crate::jobs::entity::Column::Id.is_in(attempts.iter().map(|attempt| attempt.workload_id)))
            .all(self.db.reader())
            .await
            .doing("read active workloads")?;
        Ok(attempts
            .into_iter()
            .map(|attempt| ActiveAttempt {
                id: AttemptId(attempt.id),
                workload: WorkloadId(attempt.workload_id),
                stop_asked: rows.iter().any(|row| row.id == attempt.workload_id && row.asked != store::RUN),
                is_running: attempt.state == RUNNING,
            })
            .collect())
    }

    /// What to start for a claimed attempt; `None` when the claim is over.
    pub async fn launch_spec(&self, ctx: &OpContext, id: AttemptId) -> Result<Option<LaunchSpec>> {
        ctx.require_platform_admin()?;
        let reader = self.db.reader();
        let Some(attempt) = attempt::Entity::find_by_id(id.0).one(reader).await.doing("read an attempt")?
        else {
            return Ok(None);
        };
        let row = Entity::find_by_id(attempt.workload_id).one(reader).await.doing("read a workload")?;
        let Some(row) = row.filter(|row| attempt.is_active && row.asked == store::RUN) else {
            return Ok(None);
        };
        let groups = self.accounts.groups_by_ids(ctx, &[GroupId(row.group_id)]).await?;
        let Some(group) = groups.into_iter().next() else { return Ok(None) };
        let container = store::container(reader, WorkloadId(row.id)).await?;
        let environment = environment::Entity::find_by_id(row.digest.clone())
            .one(reader)
            .await
            .doing("read an environment")?;
        let (environment_path, base_prefix) = match environment {
            Some(environment) => (environment.path, environment.base_prefix),
            None if container.is_some() => Default::default(),
            None => return Ok(None),
        };
        let spec = store::spec(reader, WorkloadId(row.id)).await?;
        let spec = self.revealed(GroupId(row.group_id), spec).await?;
        let notebook = if row.kind == NOTEBOOK {
            let found = notebook::Entity::find()
                .filter(notebook::Column::WorkloadId.eq(row.id))
                .one(reader)
                .await
                .doing("read a notebook")?;
            let Some(found) = found else { return Ok(None) };
            let base_path = crate::serving::base_path(&found.slug);
            Some(NotebookLaunch { base_path, safe_mode: found.safe_mode })
        } else {
            None
        };
        Ok(Some(LaunchSpec {
            attempt: id,
            group: group.id,
            group_name: group.name,
            slug: row.slug,
            name: row.name,
            user: row.user_id.map(UserId),
            user_name: row.user_name,
            instance_type: row.instance_type,
            resources: Resources::new(row.cpu_milli, row.memory_mib, row.gpu),
            gpu_indices: gpus_of(&attempt),
            image: row.image,
            digest: row.digest,
            container,
            environment_path,
            base_prefix,
            time_limit_s: row.time_limit_s,
            spec,
            notebook,
        }))
    }

    /// The script of the attempt runs.
    pub async fn attempt_running(&self, ctx: &OpContext, id: AttemptId, started_at: Timestamp) -> Result<()> {
        ctx.require_platform_admin()?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let Some((attempt, row)) = current(tx, id).await? else { return Ok(()) };
                    if attempt.state != CLAIMED {
                        return Ok(());
                    }
                    let phase = Phase::parse(&row.phase).map_err(Error::internal)?;
                    let Some(next) = phase.next(Step::Start) else { return Ok(()) };
                    let digest = row.digest.clone();
                    let (told, group) = (told(&row), GroupId(row.group_id));
                    let mut attempt = attempt.into_active_model();
                    attempt.state = Set(RUNNING.to_owned());
                    attempt.started_at = Set(Some(started_at.micros()));
                    attempt.update(tx.connection()).await.doing("mark an attempt as running")?;
                    let mut active = row.into_active_model();
                    active.phase = Set(next.as_str().to_owned());
                    active.started_at = Set(Some(started_at.micros()));
                    active.update(tx.connection()).await.doing("mark a workload as running")?;
                    environment::Entity::update_many()
                        .col_expr(environment::Column::LastUsedAt, Expr::value(ctx.now().micros()))
                        .filter(environment::Column::Digest.eq(digest))
                        .filter(environment::Column::LastUsedAt.lt(ctx.now().plus_seconds(-3600).micros()))
                        .exec(tx.connection())
                        .await
                        .doing("mark an environment as used")?;
                    tx.emit(ctx.now(), Some(group), told.0, told.1).await
                })
            })
            .await
    }

    /// The attempt is over. Its claim ends, and the workload ends with it or, after a platform's fault, waits again.
    /// Telling it twice changes nothing.
    pub async fn attempt_ended(&self, ctx: &OpContext, id: AttemptId, end: AttemptEnd) -> Result<()> {
        ctx.require_platform_admin()?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let Some((attempt, row)) = current(tx, id).await? else { return Ok(()) };
                    end_attempt(tx, &ctx, attempt, row, end).await
                })
            })
            .await
    }
}

/// Ends the attempt and, with it or after more tries, its workload.
pub(super) async fn end_attempt(
    tx: &Tx,
    ctx: &OpContext,
    attempt: attempt::Model,
    row: Model,
    end: AttemptEnd,
) -> Result<()> {
    let number = attempt.number;
    let mut active = attempt.into_active_model();
    active.state = Set(ENDED.to_owned());
    active.is_active = Set(false);
    if let Some(started_at) = end.started_at {
        active.started_at = Set(Some(started_at.micros()));
    }
    active.finished_at = Set(Some(end.finished_at.micros()));
    active.cause = Set(Some(end.cause.as_str().to_owned()));
    active.message = Set(end.message.clone());
    active.exit_code = Set(end.exit_code);
    active.signal = Set(end.signal);
    active.max_memory_bytes = Set(end.max_memory_bytes.and_then(|n| i64::try_from(n).ok()));
    active.cpu_time_us = Set(end.cpu_time_us.and_then(|n| i64::try_from(n).ok()));
    active.update(tx.connection()).await.doing("end an attempt")?;
    end_workload(tx, ctx, row, number, end).await
}

/// The attempt and its workload, while the attempt holds its claim for the workload's present generation.
pub(super) async fn current(tx: &Tx, id: AttemptId) -> Result<Option<(attempt::Model, Model)>> {
    tx.lock_row(id).await?;
    let attempt = attempt::Entity::find_by_id(id.0).one(tx.connection()).await.doing("read an attempt")?;
    let Some(attempt) = attempt.filter(|attempt| attempt.is_active) else { return Ok(None) };
    tx.lock_row(attempt.workload_id).await?;
    let row = Entity::find_by_id(attempt.workload_id).one(tx.connection()).await.doing("read a workload")?;
    Ok(row.filter(|row| row.generation == attempt.generation).map(|row| (attempt, row)))
}

async fn end_workload(tx: &Tx, ctx: &OpContext, row: Model, number: i64, end: AttemptEnd) -> Result<()> {
    let phase = Phase::parse(&row.phase).map_err(Error::internal)?;
    let stop_asked = row.asked == store::STOP;
    let restart = row.asked == store::RESTART;
    let again = restart || (end.cause.is_platform() && !stop_asked && number < MAX_ATTEMPTS);
    // Whoever asked it to stop hears that it was cancelled, also when the machine was lost meanwhile.
    let cause = if stop_asked && end.cause.is_platform() { Cause::Cancelled } else { end.cause };
    let step = if again { Step::Requeue } else { Step::End(cause) };
    let Some(next) = phase.next(step) else { return Ok(()) };
    let (id, told, group) = (WorkloadId(row.id), told(&row), GroupId(row.group_id));
    let cancelled_by =
        Some(row.reason.clone()).filter(|reason| cause == Cause::Cancelled && !reason.is_empty());
    let mut active = row.into_active_model();
    active.phase = Set(next.as_str().to_owned());
    if restart {
        active.asked = Set(store::RUN.to_owned());
        active.reason = Set("Waits for its turn.".to_owned());
        active.queued_at = Set(ctx.now().micros());
        active.started_at = Set(None);
    } else if again {
        // It keeps its place: what was submitted later still waits behind it.
        active.reason = Set(format!("Waits to be tried again. {}", end.message));
        active.started_at = Set(None);
    } else {
        active.cause = Set(Some(cause.as_str().to_owned()));
        active.reason = Set(cancelled_by.unwrap_or_else(|| end.message.clone()));
        active.exit_code = Set(end.exit_code);
        active.signal = Set(end.signal);
        if let Some(started_at) = end.started_at {
            active.started_at = Set(Some(started_at.micros()));
        }
        active.finished_at = Set(Some(end.finished_at.micros()));
    }
    active.update(tx.connection()).await.doing("end a workload")?;
    if again {
        crate::serving::begin_anew(tx, id).await?;
    }
    if again && !restart {
        store::note(
            tx,
            ctx,
            id,
            "retry",
            format!("Attempt {number} was lost: {} It waits for another.", end.message),
        )
        .await?;
    }
    tx.emit(ctx.now(), Some(group), told.0, told.1).await
}
