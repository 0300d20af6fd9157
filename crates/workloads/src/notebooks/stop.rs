//! Stopping a notebook, and leaving it alone for a while.

use accounts::audit::{self, Entry};
use accounts::groups::Group;
use base::{Action, Error, OpContext, Result};
use db::ResultExt as _;
use sea_orm::EntityTrait as _;

use super::access::{NotebookAccess, require_owner};
use super::model::Notebook;
use super::store;
use crate::Workloads;
use crate::engine::ask_to_stop;
use crate::jobs::entity as workload;

/// How long a snoozed notebook is left alone.
const SNOOZE_SECONDS: i64 = 3600;

impl Workloads {
    /// Asks a notebook to stop. Asking one that is stopped changes nothing.
    pub async fn stop_notebook(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Notebook> {
        let by = format!("Stopped by {}.", ctx.actor_name());
        self.stop_notebook_because(ctx, group, slug, by).await
    }

    /// As [`Self::stop_notebook`], for a reason in words.
    pub async fn stop_notebook_because(
        &self,
        ctx: &OpContext,
        group: &Group,
        slug: &str,
        why: String,
    ) -> Result<Notebook> {
        ctx.require_in_group(Action::StopWorkload, group.id)?;
        let notebook = self.get_notebook(ctx, group, slug).await?;
        NotebookAccess::require(ctx, group, notebook.user, slug)?;
        let (ctx, group, slug) = (ctx.clone(), group.clone(), slug.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let notebook = store::require(tx.connection(), group.id, &slug).await?;
                    if let Some(id) = notebook.workload_id {
                        tx.lock_row(id).await?;
                        let row = workload::Entity::find_by_id(id)
                            .one(tx.connection())
                            .await
                            .doing("read a workload")?;
                        if let Some(row) = row {
                            ask_to_stop(tx, &ctx, row, why).await?;
                            let entry = Entry {
                                action: "notebook.stop",
                                group: Some(group.id),
                                subject: &slug,
                                detail: String::new(),
                            };
                            audit::record(tx, &ctx, entry).await?;
                        }
                    }
                    let found = store::with_runs(tx.connection(), vec![notebook]).await?.pop();
                    found.ok_or_else(|| Error::internal("a notebook was lost while it was stopped"))
                })
            })
            .await
    }

    /// Leaves an idle notebook alone for another hour.
    pub async fn snooze_notebook(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Notebook> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let notebook = self.get_notebook(ctx, group, slug).await?;
        require_owner(NotebookAccess::require(ctx, group, notebook.user, slug)?)?;
        let Some(run) = notebook.run.as_ref().filter(|_| notebook.state.is_up()) else {
            return Err(Error::conflict("not_running", "This notebook does not run.").with_hint("Start it."));
        };
        self.snooze_workload(ctx, run.id, SNOOZE_SECONDS).await?;
        self.get_notebook(ctx, group, slug).await
    }
}
