//! Asking a workload to stop.

use base::{OpContext, Result};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::entity::Model;
use super::phase::{Cause, Phase, Step};
use super::{Wish, store};

/// Asks the workload of a locked row to stop and to run again; one that does not run yet, or whose kind does not restart,
/// stays as it is.
pub(crate) async fn ask_to_restart(tx: &Tx, ctx: &OpContext, row: Model, why: String) -> Result<Model> {
    let restarts = row.kind()?.rules().restart.on_request;
    if !restarts || !row.phase()?.is_active() || row.wish()? != Wish::Run {
        return Ok(row);
    }
    let mut active = row.into_active_model();
    active.wish = Set(Wish::Restart.as_str().to_owned());
    active.reason = Set(why.clone());
    let row = active.update(tx.connection()).await.doing("ask a workload to restart")?;
    store::note(tx, ctx, row.workload(), "restart", why).await?;
    row.emit_change(tx, ctx).await?;
    Ok(row)
}

/// Asks the workload of a locked row to stop, for a reason in words. One that waits ends at once; one that runs ends
/// when its runner has stopped it. One that was asked already, or has ended, stays as it is.
pub(crate) async fn ask_to_stop(tx: &Tx, ctx: &OpContext, row: Model, why: String) -> Result<Model> {
    let phase = row.phase()?;
    if phase.is_final() || row.wish()? == Wish::Stop {
        return Ok(row);
    }
    let ended = phase.next(Step::End(Cause::Cancelled)).filter(|_| phase == Phase::Waiting);
    let mut active = row.into_active_model();
    active.wish = Set(Wish::Stop.as_str().to_owned());
    active.reason = Set(why.clone());
    if let Some(ended) = ended {
        active.phase = Set(ended.as_str().to_owned());
        active.cause = Set(Some(Cause::Cancelled.as_str().to_owned()));
        active.finished_at = Set(Some(ctx.now().micros()));
    }
    let row = active.update(tx.connection()).await.doing("ask a workload to stop")?;
    store::note(tx, ctx, row.workload(), "cancel", why).await?;
    row.emit_change(tx, ctx).await?;
    Ok(row)
}
