//! Asking a workload to stop.

use base::{Error, GroupId, OpContext, Result, WorkloadId};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::told;
use crate::jobs::entity::Model;
use crate::jobs::phase::{Cause, Phase, Step};
use crate::jobs::store;

/// Asks the workload of a locked row to stop and to run again; one that does not run yet stays as it is.
pub(crate) async fn ask_to_restart(tx: &Tx, ctx: &OpContext, row: Model, why: String) -> Result<Model> {
    let phase = Phase::parse(&row.phase).map_err(Error::internal)?;
    if !phase.is_active() || row.asked != store::RUN {
        return Ok(row);
    }
    let id = WorkloadId(row.id);
    let mut active = row.into_active_model();
    active.asked = Set(store::RESTART.to_owned());
    active.reason = Set(why.clone());
    let row = active.update(tx.connection()).await.doing("ask a workload to restart")?;
    store::note(tx, ctx, id, "restart", why).await?;
    let (topic, subject) = told(&row);
    tx.emit(ctx.now(), Some(GroupId(row.group_id)), topic, subject).await?;
    Ok(row)
}

/// Asks the workload of a locked row to stop, for a reason in words. One that waits ends at once; one that runs ends
/// when its runner has stopped it. One that was asked already, or has ended, stays as it is.
pub(crate) async fn ask_to_stop(tx: &Tx, ctx: &OpContext, row: Model, why: String) -> Result<Model> {
    let phase = Phase::parse(&row.phase).map_err(Error::internal)?;
    if phase.is_final() || row.asked == store::STOP {
        return Ok(row);
    }
    let id = WorkloadId(row.id);
    let ended = phase.next(Step::End(Cause::Cancelled)).filter(|_| phase == Phase::Waiting);
    let mut active = row.into_active_model();
    active.asked = Set(store::STOP.to_owned());
    active.reason = Set(why.clone());
    if let Some(ended) = ended {
        active.phase = Set(ended.as_str().to_owned());
        active.cause = Set(Some(Cause::Cancelled.as_str().to_owned()));
        active.finished_at = Set(Some(ctx.now().micros()));
    }
    let row = active.update(tx.connection()).await.doing("ask a workload to stop")?;
    store::note(tx, ctx, id, "cancel", why).await?;
    let (topic, subject) = told(&row);
    tx.emit(ctx.now(), Some(GroupId(row.group_id)), topic, subject).await?;
    Ok(row)
}
