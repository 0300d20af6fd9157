//! Deleting a notebook. The files in its owner's home stay.

use accounts::audit::{self, Entry};
use accounts::groups::Group;
use base::{Action, Error, OpContext, Result};
use db::{ResultExt as _, Topic};
use sea_orm::ModelTrait as _;

use super::access::{NotebookAccess, require_owner};
use super::store;
use crate::{Workloads, engine};

impl Workloads {
    /// Deletes a notebook that does not run.
    pub async fn delete_notebook(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<()> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let notebook = self.get_notebook(ctx, group, slug).await?;
        require_owner(NotebookAccess::require(ctx, group, notebook.user, slug)?)?;
        let (ctx, group, owner, slug) = (ctx.clone(), group.id, notebook.user, slug.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    // Whoever starts it in this moment holds this as well.
                    tx.lock_row(owner.0).await?;
                    let notebook = store::require(tx.connection(), group, &slug).await?;
                    if let Some(id) = notebook.workload_id {
                        let row = engine::store::locked(tx, id.into()).await?;
                        let phase = row.map(|row| row.phase()).transpose()?;
                        if phase.is_some_and(|phase| !phase.is_final()) {
                            return Err(
                                Error::conflict("running", "This notebook runs.").with_hint("Stop it first.")
                            );
                        }
                    }
                    let name = notebook.name.clone();
                    notebook.delete(tx.connection()).await.doing("delete a notebook")?;
                    let entry =
                        Entry { action: "notebook.delete", group: Some(group), subject: &slug, detail: name };
                    audit::record(tx, &ctx, entry).await?;
                    tx.emit(ctx.now(), Some(group), Topic::Notebooks, slug).await
                })
            })
            .await
    }
}
