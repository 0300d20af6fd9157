//! Asking a job to stop.

use accounts::audit::{self, Entry};
use accounts::groups::Group;
use base::{Action, Error, OpContext, Result, WorkloadId};
use db::{ResultExt as _, Topic};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::model::JobSummary;
use super::phase::{Cause, Phase, Step};
use super::store;
use crate::Workloads;

impl Workloads {
    /// Asks a job to stop. One that waits ends at once; one that runs ends when its runner has stopped it. Asking
    /// again is fine; a job that has ended can't be cancelled.
    pub async fn cancel_job(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<JobSummary> {
        ctx.require_in_group(Action::StopWorkload, group.id)?;
        let (ctx, group, slug) = (ctx.clone(), group.id, slug.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let id = store::require(tx.connection(), group, &slug).await?.id;
                    tx.lock_row(id).await?;
                    let row = store::require(tx.connection(), group, &slug).await?;
                    let phase = Phase::parse(&row.phase).map_err(Error::internal)?;
                    if phase.is_final() {
                        return Err(Error::conflict(
                            "already_ended",
                            format!("This job has ended already: it {}.", phase.as_str()),
                        )
                        .with_hint("Nothing is left to cancel."));
                    }
                    if row.asked == store::STOP {
                        return Ok(row.into());
                    }
                    let id = WorkloadId(row.id);
                    let by = format!("Cancelled by {}.", ctx.actor_name());
                    let ended = phase.next(Step::End(Cause::Cancelled)).filter(|_| phase == Phase::Waiting);
                    let mut active = row.into_active_model();
                    active.asked = Set(store::STOP.to_owned());
                    active.reason = Set(by.clone());
                    if let Some(ended) = ended {
                        active.phase = Set(ended.as_str().to_owned());
                        active.cause = Set(Some(Cause::Cancelled.as_str().to_owned()));
                        active.finished_at = Set(Some(ctx.now().micros()));
                    }
                    let row = active.update(tx.connection()).await.doing("ask a job to stop")?;
                    store::note(tx, &ctx, id, "cancel", by).await?;
                    let entry = Entry {
                        action: "job.cancel",
                        group: Some(group),
                        subject: &slug,
                        detail: String::new(),
                    };
                    audit::record(tx, &ctx, entry).await?;
                    tx.emit(ctx.now(), Some(group), Topic::Jobs, slug).await?;
                    Ok(row.into())
                })
            })
            .await
    }
}
