//! Looking at notebooks.

use std::collections::BTreeMap;

use accounts::groups::Group;
use base::{Action, Error, OpContext, Result};
use db::ResultExt as _;
use sea_orm::EntityTrait as _;

use super::access::{NotebookAccess, require_owner};
use super::entity::variables;
use super::model::Notebook;
use super::store;
use crate::engine::WorkloadEvent;
use crate::{Workloads, engine};

/// What the page of notebooks shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotebookList {
    pub mine: Vec<Notebook>,
    /// For those who manage the group; empty for members.
    pub others: Vec<Notebook>,
}

impl Workloads {
    pub async fn list_notebooks(&self, ctx: &OpContext, group: &Group) -> Result<NotebookList> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let me = ctx.person()?.id;
        let manages = ctx.require_in_group(Action::ManageGroup, group.id).is_ok();
        let all = store::of_group(self.db.reader(), group.id, (!manages).then_some(me)).await?;
        let (mine, others) = all.into_iter().partition(|notebook| notebook.user == me);
        Ok(NotebookList { mine, others })
    }

    pub async fn get_notebook(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Notebook> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let row = store::require(self.db.reader(), group.id, slug).await?;
        NotebookAccess::require(ctx, group, base::UserId(row.user_id), slug)?;
        let found = store::with_runs(self.db.reader(), vec![row]).await?.pop();
        found.ok_or_else(|| Error::internal("a notebook was lost while it was read"))
    }

    /// The name of one of the acting person's notebooks in the group that is up, if any is.
    pub async fn running_notebook(&self, ctx: &OpContext, group: &Group) -> Result<Option<String>> {
        let mine = self.list_notebooks(ctx, group).await?.mine;
        Ok(mine.into_iter().find(|notebook| notebook.state.is_up()).map(|notebook| notebook.name))
    }

    /// The notebook, when its owner asks and may reset the packages in their home now.
    pub async fn require_reset_of_packages(
        &self,
        ctx: &OpContext,
        group: &Group,
        slug: &str,
    ) -> Result<Notebook> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let notebook = self.get_notebook(ctx, group, slug).await?;
        require_owner(NotebookAccess::require(ctx, group, notebook.user, slug)?)?;
        if let Some(name) = self.running_notebook(ctx, group).await? {
            return Err(Error::conflict("running", format!("Your notebook “{name}” uses these packages."))
                .with_hint("Stop it first."));
        }
        Ok(notebook)
    }

    /// What happened in the newest run, oldest first.
    pub async fn notebook_events(
        &self,
        ctx: &OpContext,
        group: &Group,
        slug: &str,
    ) -> Result<Vec<WorkloadEvent>> {
        let notebook = self.get_notebook(ctx, group, slug).await?;
        let Some(run) = notebook.run else { return Ok(Vec::new()) };
        let rows = engine::store::events(self.db.reader(), run.id).await?;
        Ok(rows.into_iter().map(WorkloadEvent::from).collect())
    }

    /// The variables that the acting person gave their last notebook in the group.
    pub async fn remembered_variables(
        &self,
        ctx: &OpContext,
        group: &Group,
    ) -> Result<BTreeMap<String, String>> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let me = ctx.person()?.id;
        let row = variables::Entity::find_by_id((me.0, group.id.0))
            .one(self.db.reader())
            .await
            .doing("read remembered variables")?;
        Ok(row.and_then(|row| serde_json::from_str(&row.variables).ok()).unwrap_or_default())
    }
}
