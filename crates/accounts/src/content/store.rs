//! Queries over `content_sessions`, and over what a content session stands on.

use std::collections::HashSet;
use std::hash::Hash;

use base::{Result, SessionId, Timestamp};
use db::ResultExt as _;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait, QueryFilter as _, QuerySelect as _, Select,
    TryGetableMany,
};
use uuid::Uuid;

use super::entity::{Column, Entity, Model};
use crate::groups::entity::member;
use crate::{sessions, ssh_keys, tokens, users};

/// Databases bound the number of values in one statement.
const AT_ONCE: usize = 500;

pub(super) async fn by_hash<C: ConnectionTrait>(
    connection: &C,
    hash: &str,
    slug: &str,
    now: Timestamp,
) -> Result<Option<Model>> {
    Entity::find()
        .filter(Column::SecretHash.eq(hash))
        .filter(Column::Slug.eq(slug))
        .filter(Column::ExpiresAt.gt(now.micros()))
        .one(connection)
        .await
        .doing("read a content session")
}

/// Removes those of a browser and workload that were made before a time.
pub(super) async fn delete_replaced<C: ConnectionTrait>(
    connection: &C,
    session: SessionId,
    slug: &str,
    before: Timestamp,
) -> Result<()> {
    Entity::delete_many()
        .filter(Column::SessionId.eq(session.0))
        .filter(Column::Slug.eq(slug))
        .filter(Column::CreatedAt.lt(before.micros()))
        .exec(connection)
        .await
        .doing("replace a content session")
        .map(drop)
}

pub(super) async fn living_sessions<C: ConnectionTrait>(
    connection: &C,
    ids: &HashSet<Uuid>,
    now: Timestamp,
) -> Result<HashSet<Uuid>> {
    use sessions::entity::{Column, Entity};
    let find = |ids: &[Uuid]| {
        let living = Entity::find().filter(Column::ExpiresAt.gt(now.micros()));
        living.filter(Column::Id.is_in(ids.iter().copied())).select_only().column(Column::Id)
    };
    among(connection, ids, find).await
}

pub(super) async fn living_tokens<C: ConnectionTrait>(
    connection: &C,
    ids: &HashSet<Uuid>,
    now: Timestamp,
) -> Result<HashSet<Uuid>> {
    use tokens::entity::{Column, Entity};
    let find = |ids: &[Uuid]| {
        let living = Entity::find().filter(Column::ExpiresAt.gt(now.micros()));
        living.filter(Column::Id.is_in(ids.iter().copied())).select_only().column(Column::Id)
    };
    among(connection, ids, find).await
}

pub(super) async fn kept_keys<C: ConnectionTrait>(
    connection: &C,
    ids: &HashSet<Uuid>,
) -> Result<HashSet<Uuid>> {
    use ssh_keys::entity::{Column, Entity};
    let find = |ids: &[Uuid]| {
        let kept = Entity::find().filter(Column::Id.is_in(ids.iter().copied()));
        kept.select_only().column(Column::Id)
    };
    among(connection, ids, find).await
}

pub(super) async fn enabled<C: ConnectionTrait>(
    connection: &C,
    ids: &HashSet<Uuid>,
) -> Result<HashSet<Uuid>> {
    use users::entity::{Column, Entity};
    let find = |ids: &[Uuid]| {
        let enabled = Entity::find().filter(Column::Enabled.eq(true));
        enabled.filter(Column::Id.is_in(ids.iter().copied())).select_only().column(Column::Id)
    };
    among(connection, ids, find).await
}

/// Group and user of each membership of these users.
pub(super) async fn memberships<C: ConnectionTrait>(
    connection: &C,
    users: &HashSet<Uuid>,
) -> Result<HashSet<(Uuid, Uuid)>> {
    let find = |ids: &[Uuid]| {
        let of = member::Entity::find().filter(member::Column::UserId.is_in(ids.iter().copied()));
        of.select_only().column(member::Column::GroupId).column(member::Column::UserId)
    };
    among(connection, users, find).await
}

/// Runs a query for these ids, a part of them at a time.
async fn among<C, E, T>(
    connection: &C,
    ids: &HashSet<Uuid>,
    find: impl Fn(&[Uuid]) -> Select<E>,
) -> Result<HashSet<T>>
where
    C: ConnectionTrait,
    E: EntityTrait,
    T: Hash + Eq + TryGetableMany,
{
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    let mut found = HashSet::new();
    for part in ids.chunks(AT_ONCE) {
        let rows = find(part).into_tuple::<T>().all(connection).await.doing("read who is admitted")?;
        found.extend(rows);
    }
    Ok(found)
}
