//! Which workloads serve HTTP, and when they answer.

use base::{AttemptId, GroupId, OpContext, Result, Timestamp, UserId, WorkloadId};
use db::{ResultExt as _, Tx};
use futures::future::BoxFuture;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, TryIntoModel as _};

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::Workloads;
use crate::engine::entity as workload;
use crate::engine::{Kind, Phase, store};

/// What the proxy needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedWorkload {
    pub kind: Kind,
    pub slug: String,
    pub group: GroupId,
    pub group_name: String,
    pub owner: UserId,
    /// The attempt that runs, if one does.
    pub attempt: Option<AttemptId>,
    /// It has answered.
    pub is_ready: bool,
}

/// Notes, at the end of the transaction, that a new workload serves HTTP; `idle` is in seconds, without activity and in
/// all.
pub(crate) fn begin(tx: &Tx, id: WorkloadId, slug: &str, idle: (i64, i64)) -> Result<Model> {
    let row = ActiveModel {
        workload_id: Set(id.0),
        slug: Set(slug.to_owned()),
        idle_s: Set(idle.0),
        lifetime_s: Set(idle.1),
        ready_at: Set(None),
        active_at: Set(None),
        warned_at: Set(None),
        snoozed_until: Set(None),
    };
    tx.insert_later(Entity::insert(row.clone()))?;
    row.try_into_model().doing("read a served workload's row")
}

/// A workload that is to run again has not answered yet. See [`crate::engine::OnRequeue`].
pub(crate) fn begin_anew(tx: &Tx, id: WorkloadId) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
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
    })
}

impl Workloads {
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
                    let row = store::by_id(tx.connection(), attempt.workload_id.into()).await?;
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
                    store::note(tx, &ctx, row.workload(), "ready", "It answers.".to_owned()).await?;
                    row.emit_change(tx, &ctx).await
                })
            })
            .await
    }
}
