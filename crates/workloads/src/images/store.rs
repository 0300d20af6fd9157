//! Queries over images and environments.

use base::{GroupId, Result};
use db::ResultExt as _;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use super::entity::{Column, Entity, Model, environment};

/// System images and, with a group, its own.
pub(crate) async fn for_group<C: ConnectionTrait>(
    connection: &C,
    group: Option<GroupId>,
) -> Result<Vec<Model>> {
    let mut condition = Condition::any().add(Column::GroupId.is_null());
    if let Some(group) = group {
        condition = condition.add(Column::GroupId.eq(group.0));
    }
    Entity::find().filter(condition).order_by_asc(Column::Name).all(connection).await.doing("list images")
}

pub(crate) async fn by_name<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Option<Model>> {
    Entity::find().filter(Column::Name.eq(name)).one(connection).await.doing("read an image")
}

pub(crate) async fn environments<C: ConnectionTrait>(
    connection: &C,
    digests: Vec<String>,
) -> Result<Vec<environment::Model>> {
    environment::Entity::find()
        .filter(environment::Column::Digest.is_in(digests))
        .all(connection)
        .await
        .doing("read environments")
}

pub(crate) async fn environment<C: ConnectionTrait>(
    connection: &C,
    digest: &str,
) -> Result<Option<environment::Model>> {
    environment::Entity::find_by_id(digest.to_owned()).one(connection).await.doing("read an environment")
}
