//! Queries over `tokens`.

use base::{Result, Timestamp, TokenId, UserId};
use db::ResultExt as _;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::entity::{Column, Entity, Model};

pub(crate) async fn by_hash<C: ConnectionTrait>(
    connection: &C,
    hash: &str,
    now: Timestamp,
) -> Result<Option<Model>> {
    Entity::find()
        .filter(Column::TokenHash.eq(hash))
        .filter(Column::ExpiresAt.gt(now.micros()))
        .one(connection)
        .await
        .doing("read a token")
}

pub(crate) async fn list<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Vec<Model>> {
    Entity::find()
        .filter(Column::UserId.eq(user.0))
        .order_by_desc(Column::CreatedAt)
        .all(connection)
        .await
        .doing("list tokens")
}

pub(crate) async fn delete<C: ConnectionTrait>(connection: &C, user: UserId, id: TokenId) -> Result<u64> {
    let result = Entity::delete_many()
        .filter(Column::UserId.eq(user.0))
        .filter(Column::Id.eq(id.0))
        .exec(connection)
        .await
        .doing("revoke a token")?;
    Ok(result.rows_affected)
}

pub(crate) async fn delete_all<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user.0)).exec(connection).await.doing("revoke tokens")?;
    Ok(())
}

pub(crate) async fn touch<C: ConnectionTrait>(connection: &C, id: Uuid, now: Timestamp) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.micros()))
        .filter(Column::Id.eq(id))
        .exec(connection)
        .await
        .doing("touch a token")?;
    Ok(())
}
