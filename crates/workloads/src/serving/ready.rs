//! Which workloads serve HTTP, and when they answer.

use base::{AttemptId, GroupId, OpContext, Result, Timestamp, UserId, WorkloadId};
use db::{ResultExt as _, Tx};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::entity::{Column, Entity};
use crate::Workloads;
use crate::engine::told;
use crate::jobs::entity as workload;
use crate::jobs::phase::Phase;
use crate::jobs::store;
use crate::notebooks::entity as notebook;

/// What the proxy needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedWorkload {
    pub slug: String,
    pub group: GroupId,
    pub group_name: String,
    pub owner: UserId,
    /// The attempt that runs, if one does.
    pub attempt: Option<AttemptId>,
    /// It has answered.
    pub is_ready: bool,
}

/// A workload that is to run again has not answered yet.
pub(crate) async fn begin_anew(tx: &Tx, id: WorkloadId) -> Result<()> {
    let nothing = Expr::value(None::<i64>);
    Entity::update_many()
        .col_expr(Column::ReadyAt, nothing.clone())
        .col_expr(Column::ActiveAt, nothing.clone())
        .col_expr(Column::WarnedAt, nothing.clone())
        .col_expr(Column::SnoozedUntil, nothing)
        .filter(Column::WorkloadId.eq(id.0))
        .exec(tx.connection())
        .await
        .doing("begin a served workload anew")
        .map(drop)
}

impl Workloads {
    /// The workload that the content origin names so, running or not. For the proxy, which checks who asks.
    pub async fn served_workload(&self, ctx: &OpContext, slug: &str) -> Result<Option<ServedWorkload>> {
        ctx.require_platform_admin()?;
        let reader = self.db.reader();
        let found = notebook::Entity::find()
            .filter(notebook::Column::Slug.eq(slug))
            .one(reader)
            .await
            .doing("read a notebook")?;
        let Some(notebook) = found else { return Ok(None) };
        let groups = self.accounts.groups_by_ids(ctx, &[GroupId(notebook.group_id)]).await?;
        let Some(group) = groups.into_iter().next() else { return Ok(None) };
        let (mut attempt, mut is_ready) = (None, false);
        if let Some(id) = notebook.workload_id {
            let running = workload::attempt::Entity::find()
                .filter(workload::attempt::Column::WorkloadId.eq(id))
                .filter(workload::attempt::Column::IsActive.eq(true))
                .one(reader)
                .await
                .doing("read a notebook's attempt")?;
            attempt = running.map(|attempt| AttemptId(attempt.id));
            let served = Entity::find_by_id(id).one(reader).await.doing("read a served workload")?;
            is_ready = served.is_some_and(|served| served.ready_at.is_some());
        }
        Ok(Some(ServedWorkload {
            slug: notebook.slug,
            group: group.id,
            group_name: group.name,
            owner: UserId(notebook.user_id),
            attempt,
            is_ready,
        }))
    }

    /// The path below which the attempt will answer, while it serves HTTP and has not answered yet.
    pub async fn awaited_path(&self, ctx: &OpContext, id: AttemptId) -> Result<Option<String>> {
        ctx.require_platform_admin()?;
        let reader = self.db.reader();
        let attempt =
            workload::attempt::Entity::find_by_id(id.0).one(reader).await.doing("read an attempt")?;
        let Some(attempt) = attempt else { return Ok(None) };
        let served =
            Entity::find_by_id(attempt.workload_id).one(reader).await.doing("read a served workload")?;
        Ok(served.filter(|served| served.ready_at.is_none()).map(|served| super::base_path(&served.slug)))
    }

    /// The attempt answers HTTP.
    pub async fn attempt_ready(&self, ctx: &OpContext, id: AttemptId, at: Timestamp) -> Result<()> {
        ctx.require_platform_admin()?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let attempt = workload::attempt::Entity::find_by_id(id.0)
                        .one(tx.connection())
                        .await
                        .doing("read an attempt")?;
                    let Some(attempt) = attempt.filter(|attempt| attempt.is_active) else { return Ok(()) };
                    let row = workload::Entity::find_by_id(attempt.workload_id)
                        .one(tx.connection())
                        .await
                        .doing("read a workload")?;
                    let Some(row) = row.filter(|row| row.phase == Phase::Running.as_str()) else {
                        return Ok(());
                    };
                    let marked = Entity::update_many()
                        .col_expr(Column::ReadyAt, Expr::value(at.micros()))
                        .col_expr(Column::ActiveAt, Expr::value(at.micros()))
                        .filter(Column::WorkloadId.eq(row.id))
                        .filter(Column::ReadyAt.is_null())
                        .exec(tx.connection())
                        .await
                        .doing("mark a workload as ready")?;
                    if marked.rows_affected == 0 {
                        return Ok(());
                    }
                    store::note(tx, &ctx, WorkloadId(row.id), "ready", "It answers.".to_owned()).await?;
                    let (topic, subject) = told(&row);
                    tx.emit(ctx.now(), Some(GroupId(row.group_id)), topic, subject).await
                })
            })
            .await
    }
}
