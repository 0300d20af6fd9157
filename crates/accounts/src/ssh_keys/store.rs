//! Queries over `ssh_keys`.

use base::{Result, SshKeyId, Timestamp, UserId};
use db::ResultExt as _;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::entity::{Column, Entity, Model};

pub(super) async fn by_fingerprint<C: ConnectionTrait>(
    connection: &C,
    fingerprint: &str,
) -> Result<Option<Model>> {
    let found = Entity::find().filter(Column::Fingerprint.eq(fingerprint));
    found.one(connection).await.doing("read an SSH key")
}

pub(super) async fn list<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Vec<Model>> {
    Entity::find()
        .filter(Column::UserId.eq(user.0))
        .order_by_desc(Column::CreatedAt)
        .all(connection)
        .await
        .doing("list SSH keys")
}

pub(super) async fn delete<C: ConnectionTrait>(connection: &C, user: UserId, id: SshKeyId) -> Result<u64> {
    let own = Entity::delete_many().filter(Column::UserId.eq(user.0)).filter(Column::Id.eq(id.0));
    Ok(own.exec(connection).await.doing("remove an SSH key")?.rows_affected)
}

pub(crate) async fn delete_all<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<()> {
    let own = Entity::delete_many().filter(Column::UserId.eq(user.0));
    own.exec(connection).await.doing("remove SSH keys").map(drop)
}

pub(super) async fn touch<C: ConnectionTrait>(connection: &C, id: Uuid, now: Timestamp) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.micros()))
        .filter(Column::Id.eq(id))
        .exec(connection)
        .await
        .doing("touch an SSH key")
        .map(drop)
}
