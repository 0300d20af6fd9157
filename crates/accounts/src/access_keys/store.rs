//! Queries over `access_keys`.

use base::{GroupId, Result, Timestamp, UserId};
use db::ResultExt as _;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::entity::{Column, Entity, Model};

pub(crate) async fn by_access_key<C: ConnectionTrait>(
    connection: &C,
    access_key: &str,
) -> Result<Option<Model>> {
    Entity::find().filter(Column::AccessKey.eq(access_key)).one(connection).await.doing("read an access key")
}

pub(crate) async fn by_id<C: ConnectionTrait>(connection: &C, id: Uuid) -> Result<Option<Model>> {
    Entity::find_by_id(id).one(connection).await.doing("read an access key")
}

/// Those of a person, in one group or all, newest first.
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    group: Option<GroupId>,
) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::UserId.eq(user.0));
    if let Some(group) = group {
        query = query.filter(Column::GroupId.eq(group.0));
    }
    query.order_by_desc(Column::CreatedAt).all(connection).await.doing("list access keys")
}

pub(crate) async fn delete<C: ConnectionTrait>(connection: &C, id: Uuid) -> Result<()> {
    Entity::delete_by_id(id).exec(connection).await.doing("revoke an access key").map(drop)
}

/// Ends those of a person in one group, or all of them; how many there were.
pub(crate) async fn delete_all<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    group: Option<GroupId>,
) -> Result<u64> {
    let mut query = Entity::delete_many().filter(Column::UserId.eq(user.0));
    if let Some(group) = group {
        query = query.filter(Column::GroupId.eq(group.0));
    }
    query.exec(connection).await.doing("revoke access keys").map(|result| result.rows_affected)
}

pub(crate) async fn touch<C: ConnectionTrait>(
    connection: &C,
    id: Uuid,
    now: Timestamp,
    from: &str,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.micros()))
        .col_expr(Column::LastUsedFrom, Expr::value(from))
        .filter(Column::Id.eq(id))
        .exec(connection)
        .await
        .doing("touch an access key")
        .map(drop)
}
