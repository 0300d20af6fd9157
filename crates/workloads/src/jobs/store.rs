//! Queries over jobs.

use base::ids::uuid_v7;
use base::{Error, GroupId, OpContext, Result, WorkloadId};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _,
};

use super::entity::{Column, Entity, Model, attempt, event, spec};
use super::model::Spec;
use super::phase::Phase;

/// The kind of workload that jobs are.
pub(crate) const KIND: &str = "job";
/// Values of `asked`.
pub(crate) const RUN: &str = "run";
pub(crate) const STOP: &str = "stop";
/// Stop, and then run again.
pub(crate) const RESTART: &str = "restart";

/// The job of this group, or 404.
pub(crate) async fn require<C: ConnectionTrait>(connection: &C, group: GroupId, slug: &str) -> Result<Model> {
    Entity::find()
        .filter(Column::Slug.eq(slug))
        .filter(Column::GroupId.eq(group.0))
        .filter(Column::Kind.eq(KIND))
        .one(connection)
        .await
        .doing("read a job")?
        .ok_or_else(|| Error::not_found(format!("job “{}”", base::names::cut(slug, 60))))
}

pub(crate) async fn spec<C: ConnectionTrait>(connection: &C, id: WorkloadId) -> Result<Spec> {
    let row = spec::Entity::find_by_id(id.0).one(connection).await.doing("read a job's script")?;
    Ok(row.map_or_else(Spec::default, |row| Spec {
        script: row.script,
        variables: serde_json::from_str(&row.variables).unwrap_or_default(),
        notebook: row.notebook.and_then(|text| serde_json::from_str(&text).ok()),
    }))
}

/// The container image that a workload runs in, if it runs in one.
pub(crate) async fn container<C: ConnectionTrait>(connection: &C, id: WorkloadId) -> Result<Option<String>> {
    let row =
        spec::Entity::find_by_id(id.0).one(connection).await.doing("read a workload's container image")?;
    Ok(row.and_then(|row| row.container))
}

pub(crate) async fn attempts<C: ConnectionTrait>(
    connection: &C,
    id: WorkloadId,
) -> Result<Vec<attempt::Model>> {
    attempt::Entity::find()
        .filter(attempt::Column::WorkloadId.eq(id.0))
        .order_by_desc(attempt::Column::Number)
        .all(connection)
        .await
        .doing("read a job's attempts")
}

pub(crate) async fn events<C: ConnectionTrait>(connection: &C, id: WorkloadId) -> Result<Vec<event::Model>> {
    event::Entity::find()
        .filter(event::Column::WorkloadId.eq(id.0))
        .order_by_asc(event::Column::At)
        .order_by_asc(event::Column::Id)
        .all(connection)
        .await
        .doing("read a job's events")
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

/// How many jobs of the group wait in front of this one.
pub(crate) async fn ahead<C: ConnectionTrait>(connection: &C, row: &Model) -> Result<u64> {
    Entity::find()
        .filter(Column::GroupId.eq(row.group_id))
        .filter(Column::Phase.eq(Phase::Waiting.as_str()))
        .filter(Column::QueuedAt.lt(row.queued_at))
        .count(connection)
        .await
        .doing("count the jobs ahead")
}
