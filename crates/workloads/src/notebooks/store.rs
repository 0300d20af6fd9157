//! Queries over notebooks.

use std::collections::BTreeMap;

use base::{Error, GroupId, Result, UserId};
use db::ResultExt as _;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::entity::{Column, Entity, Model};
use super::model::{Notebook, Run};
use crate::engine::entity as workload;
use crate::serving::entity as served;

/// The notebook of this group, or 404.
pub(crate) async fn require<C: ConnectionTrait>(connection: &C, group: GroupId, slug: &str) -> Result<Model> {
    Entity::find()
        .filter(Column::Slug.eq(slug))
        .filter(Column::GroupId.eq(group.0))
        .one(connection)
        .await
        .doing("read a notebook")?
        .ok_or_else(|| Error::not_found(format!("notebook “{}”", base::names::cut(slug, 60))))
}

/// The notebook of whatever group.
pub(crate) async fn by_slug<C: ConnectionTrait>(connection: &C, slug: &str) -> Result<Option<Model>> {
    Entity::find().filter(Column::Slug.eq(slug)).one(connection).await.doing("read a notebook")
}

/// The notebook by its owner and name.
pub(crate) async fn by_name<C: ConnectionTrait>(
    connection: &C,
    group: GroupId,
    user: UserId,
    name: &str,
) -> Result<Option<Model>> {
    Entity::find()
        .filter(Column::GroupId.eq(group.0))
        .filter(Column::UserId.eq(user.0))
        .filter(Column::NameFolded.eq(name.to_lowercase()))
        .one(connection)
        .await
        .doing("read a notebook")
}

/// The group's notebooks, or those of one person in it; the last used first.
pub(crate) async fn of_group<C: ConnectionTrait>(
    connection: &C,
    group: GroupId,
    user: Option<UserId>,
) -> Result<Vec<Notebook>> {
    let mut query = Entity::find().filter(Column::GroupId.eq(group.0));
    if let Some(user) = user {
        query = query.filter(Column::UserId.eq(user.0));
    }
    let rows = query.order_by_desc(Column::UsedAt).all(connection).await.doing("list notebooks")?;
    with_runs(connection, rows).await
}

/// The rows with the newest run of each.
pub(crate) async fn with_runs<C: ConnectionTrait>(connection: &C, rows: Vec<Model>) -> Result<Vec<Notebook>> {
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.workload_id).collect();
    let mut runs = runs(connection, ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let run = row.workload_id.and_then(|id| runs.remove(&id));
            Notebook::from_rows(row, run)
        })
        .collect())
}

async fn runs<C: ConnectionTrait>(connection: &C, ids: Vec<Uuid>) -> Result<BTreeMap<Uuid, Run>> {
    let rows = workload::Entity::find()
        .filter(workload::Column::Id.is_in(ids.iter().copied()))
        .all(connection)
        .await
        .doing("read runs of notebooks")?;
    let attempts = workload::attempt::Entity::find()
        .filter(workload::attempt::Column::WorkloadId.is_in(ids.iter().copied()))
        .order_by_asc(workload::attempt::Column::Number)
        .all(connection)
        .await
        .doing("read attempts of notebooks")?;
    let served = served::Entity::find()
        .filter(served::Column::WorkloadId.is_in(ids))
        .all(connection)
        .await
        .doing("read served workloads")?;
    // The newest attempt of each comes last and stays.
    let mut newest: BTreeMap<Uuid, workload::attempt::Model> =
        attempts.into_iter().map(|attempt| (attempt.workload_id, attempt)).collect();
    let mut served: BTreeMap<Uuid, served::Model> =
        served.into_iter().map(|served| (served.workload_id, served)).collect();
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            Ok((id, Run::from_rows(row, newest.remove(&id), served.remove(&id))?))
        })
        .collect()
}
