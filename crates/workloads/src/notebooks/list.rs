//! Looking at notebooks.

use std::collections::BTreeMap;

use accounts::groups::Group;
use base::{Action, OpContext, Result, WorkloadId};
use db::ResultExt as _;
use sea_orm::EntityTrait as _;

use super::access::NotebookAccess;
use super::entity::variables;
use super::model::Notebook;
use super::store;
use crate::Workloads;
use crate::jobs::JobEvent;
use crate::jobs::store as workloads;

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
        found.ok_or_else(|| base::Error::internal("a notebook was lost while it was read"))
    }

    /// What happened in the newest run, oldest first.
    pub async fn notebook_events(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Vec<JobEvent>> {
        let notebook = self.get_notebook(ctx, group, slug).await?;
        let Some(run) = notebook.run else { return Ok(Vec::new()) };
        let rows = workloads::events(self.db.reader(), WorkloadId(run.id.0)).await?;
        Ok(rows.into_iter().map(JobEvent::from).collect())
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
