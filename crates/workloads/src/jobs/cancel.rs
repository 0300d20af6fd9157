//! Asking a job to stop.

use accounts::audit::{self, Entry};
use accounts::groups::Group;
use base::{Action, Error, OpContext, Result};

use super::model::JobSummary;
use super::store;
use crate::Workloads;
use crate::engine::{Wish, ask_to_stop};

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
                    let phase = row.phase()?;
                    if phase.is_final() {
                        return Err(Error::conflict(
                            "already_ended",
                            format!("This job has ended already: it {}.", phase.as_str()),
                        )
                        .with_hint("Nothing is left to cancel."));
                    }
                    if row.wish()? == Wish::Stop {
                        return JobSummary::from_row(row);
                    }
                    let by = format!("Cancelled by {}.", ctx.actor_name());
                    let row = ask_to_stop(tx, &ctx, row, by).await?;
                    let entry = Entry {
                        action: "job.cancel",
                        group: Some(group),
                        subject: &slug,
                        detail: String::new(),
                    };
                    audit::record(tx, &ctx, entry).await?;
                    JobSummary::from_row(row)
                })
            })
            .await
    }
}
