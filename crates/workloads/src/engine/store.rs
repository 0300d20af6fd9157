//! Queries over workloads of any kind.

use base::ids::uuid_v7;
use base::{OpContext, Result, WorkloadId};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _,
};

use super::Spec;
use super::entity::{Column, Entity, Model, attempt, event, spec};
use super::phase::Phase;

pub(crate) async fn by_id<C: ConnectionTrait>(connection: &C, id: WorkloadId) -> Result<Option<Model>> {
    Entity::find_by_id(id.0).one(connection).await.doing("read a workload")
}

/// The row, which nobody else changes until the end of the transaction.
pub(crate) async fn locked(tx: &Tx, id: WorkloadId) -> Result<Option<Model>> {
    tx.lock_row(id).await?;
    by_id(tx.connection(), id).await
}

/// What a workload runs; nothing where its row went in this moment.
pub(crate) async fn spec<C: ConnectionTrait>(connection: &C, id: WorkloadId) -> Result<Spec> {
    spec_row(connection, id).await?.map_or_else(|| Ok(Spec::default()), Spec::from_row)
}

pub(super) async fn spec_row<C: ConnectionTrait>(
    connection: &C,
    id: WorkloadId,
) -> Result<Option<spec::Model>> {
    spec::Entity::find_by_id(id.0).one(connection).await.doing("read what a workload runs")
}

/// Newest first.
pub(crate) async fn attempts<C: ConnectionTrait>(
    connection: &C,
    id: WorkloadId,
) -> Result<Vec<attempt::Model>> {
    attempt::Entity::find()
        .filter(attempt::Column::WorkloadId.eq(id.0))
        .order_by_desc(attempt::Column::Number)
        .all(connection)
        .await
        .doing("read a workload's attempts")
}

/// Oldest first.
pub(crate) async fn events<C: ConnectionTrait>(connection: &C, id: WorkloadId) -> Result<Vec<event::Model>> {
    event::Entity::find()
        .filter(event::Column::WorkloadId.eq(id.0))
        .order_by_asc(event::Column::At)
        .order_by_asc(event::Column::Id)
        .all(connection)
        .await
        .doing("read a workload's events")
}

/// A line of a workload's story, to be written.
pub(crate) fn event_row(ctx: &OpContext, id: WorkloadId, kind: &str, message: String) -> event::ActiveModel {
    event::ActiveModel {
        id: Set(uuid_v7(&*ctx.clock)),
        workload_id: Set(id.0),
        at: Set(ctx.now().micros()),
        kind: Set(kind.to_owned()),
        message: Set(message),
    }
}

/// Writes down what happened to a workload.
pub(crate) async fn note(
    tx: &Tx,
    ctx: &OpContext,
    id: WorkloadId,
    kind: &str,
    message: String,
) -> Result<()> {
    let row = event_row(ctx, id, kind, message);
    row.insert(tx.connection()).await.doing("write a workload's event")?;
    Ok(())
}

/// How many workloads of the group wait in front of this one.
pub(crate) async fn ahead<C: ConnectionTrait>(connection: &C, row: &Model) -> Result<u64> {
    Entity::find()
        .filter(Column::GroupId.eq(row.group_id))
        .filter(Column::Phase.eq(Phase::Waiting.as_str()))
        .filter(Column::QueuedAt.lt(row.queued_at))
        .count(connection)
        .await
        .doing("count the workloads ahead")
}
