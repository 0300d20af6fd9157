//! Writing down what became of attempts.

use base::{AttemptId, OpContext, Result, Timestamp, WorkloadId};
use db::{ResultExt as _, Tx};
use futures::future::BoxFuture;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};

use super::entity::{Column, Entity, Model, attempt};
use super::phase::{Cause, Step};
use super::{CLAIMED, ENDED, RUNNING, Wish, store};
use crate::Workloads;
use crate::images::entity::environment;

/// What a floor above has to write when a workload waits again after it had started.
pub(crate) type OnRequeue = for<'a> fn(&'a Tx, WorkloadId) -> BoxFuture<'a, Result<()>>;

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
            .filter(Column::Id.is_in(attempts.iter().map(|attempt| attempt.workload_id)))
            .all(self.db.reader())
            .await
            .doing("read active workloads")?;
        Ok(attempts
            .into_iter()
            .map(|attempt| ActiveAttempt {
                id: AttemptId(attempt.id),
                workload: WorkloadId(attempt.workload_id),
                stop_asked: rows
                    .iter()
                    .any(|row| row.id == attempt.workload_id && row.wish != Wish::Run.as_str()),
                is_running: attempt.state == RUNNING,
            })
            .collect())
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
                    let Some(next) = row.phase()?.next(Step::Start) else { return Ok(()) };
                    let digest = row.digest.clone();
                    let mut attempt = attempt.into_active_model();
                    attempt.state = Set(RUNNING.to_owned());
                    attempt.started_at = Set(Some(started_at.micros()));
                    attempt.update(tx.connection()).await.doing("mark an attempt as running")?;
                    let mut active = row.into_active_model();
                    active.phase = Set(next.as_str().to_owned());
                    active.started_at = Set(Some(started_at.micros()));
                    let row = active.update(tx.connection()).await.doing("mark a workload as running")?;
                    environment::Entity::update_many()
                        .col_expr(environment::Column::LastUsedAt, Expr::value(ctx.now().micros()))
                        .filter(environment::Column::Digest.eq(digest))
                        .filter(environment::Column::LastUsedAt.lt(ctx.now().plus_seconds(-3600).micros()))
                        .exec(tx.connection())
                        .await
                        .doing("mark an environment as used")?;
                    row.emit_change(tx, &ctx).await
                })
            })
            .await
    }

    /// The attempt is over. Its claim ends, and the workload ends with it or, after a platform's fault, waits again.
    /// Telling it twice changes nothing.
    pub async fn attempt_ended(&self, ctx: &OpContext, id: AttemptId, end: AttemptEnd) -> Result<()> {
        ctx.require_platform_admin()?;
        let (ctx, on_requeue) = (ctx.clone(), self.on_requeue);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let Some((attempt, row)) = current(tx, id).await? else { return Ok(()) };
                    end_attempt(tx, &ctx, on_requeue, attempt, row, end).await
                })
            })
            .await
    }
}

/// Ends the attempt and, with it or after more tries, its workload.
pub(super) async fn end_attempt(
    tx: &Tx,
    ctx: &OpContext,
    on_requeue: OnRequeue,
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
    end_workload(tx, ctx, on_requeue, row, number, end).await
}

/// The attempt and its workload, while the attempt holds its claim for the workload's present generation.
pub(super) async fn current(tx: &Tx, id: AttemptId) -> Result<Option<(attempt::Model, Model)>> {
    tx.lock_row(id).await?;
    let attempt = attempt::Entity::find_by_id(id.0).one(tx.connection()).await.doing("read an attempt")?;
    let Some(attempt) = attempt.filter(|attempt| attempt.is_active) else { return Ok(None) };
    let row = store::locked(tx, WorkloadId(attempt.workload_id)).await?;
    Ok(row.filter(|row| row.generation == attempt.generation).map(|row| (attempt, row)))
}

async fn end_workload(
    tx: &Tx,
    ctx: &OpContext,
    on_requeue: OnRequeue,
    row: Model,
    number: i64,
    end: AttemptEnd,
) -> Result<()> {
    let (phase, wish, rules) = (row.phase()?, row.wish()?, row.kind()?.rules());
    let (stop_asked, restart) = (wish == Wish::Stop, wish == Wish::Restart);
    let is_retried = end.cause.is_platform() && !stop_asked && number < rules.restart.most_attempts;
    let again = restart || is_retried;
    // Whoever asked it to stop hears that it was cancelled, also when the machine was lost meanwhile.
    let cause = if stop_asked && end.cause.is_platform() { Cause::Cancelled } else { end.cause };
    let step = if again { Step::Requeue } else { Step::End(cause) };
    let Some(next) = phase.next(step) else { return Ok(()) };
    let id = row.workload();
    let cancelled_by =
        Some(row.reason.clone()).filter(|reason| cause == Cause::Cancelled && !reason.is_empty());
    let mut active = row.into_active_model();
    active.phase = Set(next.as_str().to_owned());
    if restart {
        active.wish = Set(Wish::Run.as_str().to_owned());
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
    let row = active.update(tx.connection()).await.doing("end a workload")?;
    if again {
        on_requeue(tx, id).await?;
    }
    if again && !restart {
        let text = format!("Attempt {number} was lost: {} It waits for another.", end.message);
        store::note(tx, ctx, id, "retry", text).await?;
    }
    row.emit_change(tx, ctx).await
}
