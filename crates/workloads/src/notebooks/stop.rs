//! Stopping a notebook, and leaving it alone for a while.

use accounts::audit::{self, Entry};
use accounts::groups::Group;
use base::{Action, Error, OpContext, Result};

use super::access::{NotebookAccess, require_owner};
use super::model::Notebook;
use super::store;
use crate::Workloads;
use crate::engine::{self, ask_to_restart, ask_to_stop};

/// How long a snoozed notebook is left alone.
const SNOOZE_SECONDS: i64 = 3600;

/// What follows when a run has ended.
#[derive(Clone, Copy)]
enum Then {
    Stay,
    Restart,
}

impl Then {
    const fn action(self) -> &'static str {
        match self {
            Self::Stay => "notebook.stop",
            Self::Restart => "notebook.restart",
        }
    }
}

impl Workloads {
    /// Asks a notebook to stop. Asking one that is stopped changes nothing.
    pub async fn stop_notebook(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Notebook> {
        let by = format!("Stopped by {}.", ctx.actor_name());
        ctx.require_in_group(Action::StopWorkload, group.id)?;
        let notebook = self.get_notebook(ctx, group, slug).await?;
        NotebookAccess::require(ctx, group, notebook.user, slug)?;
        self.end_run(ctx, group, slug, Then::Stay, by).await
    }

    /// Stops a notebook and starts it again, in the same image and size. One that does not run is started.
    pub async fn restart_notebook(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Notebook> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let notebook = self.get_notebook(ctx, group, slug).await?;
        require_owner(NotebookAccess::require(ctx, group, notebook.user, slug)?)?;
        if !notebook.state.is_up() {
            return self.start_notebook(ctx, group, slug, None).await;
        }
        let by = format!("Restarted by {}.", ctx.actor_name());
        self.end_run(ctx, group, slug, Then::Restart, by).await
    }

    async fn end_run(
        &self,
        ctx: &OpContext,
        group: &Group,
        slug: &str,
        then: Then,
        why: String,
    ) -> Result<Notebook> {
        let (ctx, group, slug) = (ctx.clone(), group.clone(), slug.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let notebook = store::require(tx.connection(), group.id, &slug).await?;
                    if let Some(id) = notebook.workload_id
                        && let Some(row) = engine::store::locked(tx, id.into()).await?
                    {
                        match then {
                            Then::Stay => ask_to_stop(tx, &ctx, row, why).await?,
                            Then::Restart => ask_to_restart(tx, &ctx, row, why).await?,
                        };
                        let entry = Entry {
                            action: then.action(),
                            group: Some(group.id),
                            subject: &slug,
                            detail: String::new(),
                        };
                        audit::record(tx, &ctx, entry).await?;
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
