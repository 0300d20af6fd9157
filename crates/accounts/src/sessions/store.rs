//! Queries over `sessions`.

use base::{Result, SessionId, Timestamp, UserId};
use db::ResultExt as _;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::entity::{Column, Entity, Model};
use super::{IDLE_SECONDS, LIFETIME_SECONDS};

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
        .doing("read a session")
}

/// The session, while it lives.
pub(crate) async fn by_id<C: ConnectionTrait>(
    connection: &C,
    id: SessionId,
    now: Timestamp,
) -> Result<Option<Model>> {
    Entity::find_by_id(id.0)
        .filter(Column::ExpiresAt.gt(now.micros()))
        .one(connection)
        .await
        .doing("read a session")
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<Model>> {
    Entity::find()
        .filter(Column::UserId.eq(user.0))
        .filter(Column::ExpiresAt.gt(now.micros()))
        .order_by_desc(Column::LastSeenAt)
        .all(connection)
        .await
        .doing("list sessions")
}

/// Pushes the end of an idle session out.
pub(crate) async fn touch<C: ConnectionTrait>(connection: &C, row: &Model, now: Timestamp) -> Result<()> {
    let end = now.plus_seconds(IDLE_SECONDS).min(Timestamp(row.created_at).plus_seconds(LIFETIME_SECONDS));
    Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(now.micros()))
        .col_expr(Column::ExpiresAt, Expr::value(end.micros()))
        .filter(Column::Id.eq(row.id))
        .exec(connection)
        .await
        .doing("touch a session")?;
    Ok(())
}

pub(crate) async fn delete<C: ConnectionTrait>(connection: &C, user: UserId, id: SessionId) -> Result<u64> {
    let result = Entity::delete_many()
        .filter(Column::UserId.eq(user.0))
        .filter(Column::Id.eq(id.0))
        .exec(connection)
        .await
        .doing("end a session")?;
    Ok(result.rows_affected)
}

/// Ends every session of somebody, but one.
pub(crate) async fn delete_all<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    keep: Option<SessionId>,
) -> Result<u64> {
    let mut query = Entity::delete_many().filter(Column::UserId.eq(user.0));
    if let Some(keep) = keep {
        query = query.filter(Column::Id.ne(keep.0));
    }
    Ok(query.exec(connection).await.doing("end sessions")?.rows_affected)
}

pub(crate) async fn delete_expired<C: ConnectionTrait>(connection: &C, now: Timestamp) -> Result<u64> {
    let result = Entity::delete_many()
        .filter(Column::ExpiresAt.lte(now.micros()))
        .exec(connection)
        .await
        .doing("clean sessions up")?;
    Ok(result.rows_affected)
}
