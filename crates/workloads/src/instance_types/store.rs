//! Queries over instance types.

use base::{Error, GroupId, Result};
use db::ResultExt as _;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::InstanceType;
use super::entity::{Column, Entity, Model, group};

/// Every type, smallest first.
pub(crate) async fn all<C: ConnectionTrait>(connection: &C) -> Result<Vec<InstanceType>> {
    let rows = Entity::find()
        .order_by_asc(Column::Gpu)
        .order_by_asc(Column::CpuMilli)
        .order_by_asc(Column::MemoryMib)
        .order_by_asc(Column::Name)
        .all(connection)
        .await
        .doing("list instance types")?;
    let offers = group::Entity::find().all(connection).await.doing("list offers of instance types")?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let groups =
                offers.iter().filter(|o| o.instance_type_id == row.id).map(|o| GroupId(o.group_id)).collect();
            InstanceType::from_rows(row, groups)
        })
        .collect())
}

pub(crate) async fn by_name<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Option<Model>> {
    Entity::find().filter(Column::Name.eq(name)).one(connection).await.doing("read an instance type")
}

/// The type, if it is offered to the group.
pub(crate) async fn offered<C: ConnectionTrait>(
    connection: &C,
    name: &str,
    to: GroupId,
) -> Result<Option<InstanceType>> {
    let Some(row) = by_name(connection, name).await? else { return Ok(None) };
    if row.is_global {
        return Ok(Some(InstanceType::from_rows(row, Vec::new())));
    }
    let offer = group::Entity::find_by_id((row.id, to.0))
        .one(connection)
        .await
        .doing("read an offer of an instance type")?;
    Ok(offer.map(|_| InstanceType::from_rows(row, vec![to])))
}

pub(crate) async fn require<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Model> {
    by_name(connection, name)
        .await?
        .ok_or_else(|| Error::not_found(format!("instance type named “{}”", base::names::cut(name, 63))))
}
