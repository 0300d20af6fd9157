//! Queries over `groups` and `members`.

use base::{Error, GroupId, Result, Role, UserId};
use db::ResultExt as _;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _,
};

use uuid::Uuid;

use super::entity::{Column, Entity, Model, member};

pub(crate) async fn by_name<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Option<Model>> {
    Entity::find().filter(Column::Name.eq(name)).one(connection).await.doing("read a group")
}

pub(crate) async fn by_path<C: ConnectionTrait>(connection: &C, path: &str) -> Result<Option<Model>> {
    Entity::find().filter(Column::Path.eq(path)).one(connection).await.doing("read a group")
}

pub(crate) async fn by_ids<C: ConnectionTrait>(connection: &C, ids: &[GroupId]) -> Result<Vec<Model>> {
    let ids = ids.iter().map(|id| id.0);
    Entity::find()
        .filter(Column::Id.is_in(ids))
        .order_by_asc(Column::Name)
        .all(connection)
        .await
        .doing("read groups")
}

pub(crate) async fn names<C: ConnectionTrait>(
    connection: &C,
    ids: &[GroupId],
) -> Result<Vec<(Uuid, String)>> {
    Entity::find()
        .select_only()
        .columns([Column::Id, Column::Name])
        .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
        .into_tuple()
        .all(connection)
        .await
        .doing("read the names of groups")
}

/// The groups of somebody, by name.
pub(crate) async fn of_user<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Vec<Model>> {
    let own = member::Entity::find()
        .select_only()
        .column(member::Column::GroupId)
        .filter(member::Column::UserId.eq(user.0))
        .into_query();
    Entity::find()
        .filter(Column::Id.in_subquery(own))
        .order_by_asc(Column::Name)
        .all(connection)
        .await
        .doing("read somebody's groups")
}

pub(crate) async fn require<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Model> {
    by_name(connection, name).await?.ok_or_else(missing)
}

/// The group, of which nobody changes anything, nor adds to it, until the end of the transaction.
pub(crate) async fn require_alone<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Model> {
    // SQLite has one writer, and knows no such lock.
    let found = Entity::find()
        .filter(Column::Name.eq(name))
        .lock_exclusive()
        .one(connection)
        .await
        .doing("lock a group")?;
    found.ok_or_else(missing)
}

/// The same words as for a group that one may not see.
pub(crate) fn missing() -> Error {
    Error::not_found("group of this name")
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    search: &str,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Model>> {
    let mut query = Entity::find().order_by_asc(Column::Name).limit(limit);
    if !search.is_empty() {
        let pattern = || db::like(search, db::Match::Anywhere);
        query = query.filter(Column::Name.like(pattern()).or(Column::DisplayName.like(pattern())));
    }
    if let Some(after) = after {
        query = query.filter(Column::Name.gt(after));
    }
    query.all(connection).await.doing("list groups")
}

pub(crate) async fn roles_of<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
) -> Result<Vec<(GroupId, Role)>> {
    let rows = member::Entity::find()
        .filter(member::Column::UserId.eq(user.0))
        .all(connection)
        .await
        .doing("read memberships")?;
    Ok(rows.into_iter().map(|row| (GroupId(row.group_id), role(&row))).collect())
}

pub(crate) fn role(row: &member::Model) -> Role {
    Role::parse(&row.role).unwrap_or(Role::Member)
}

pub(crate) async fn members_of<C: ConnectionTrait>(
    connection: &C,
    groups: &[GroupId],
) -> Result<Vec<member::Model>> {
    member::Entity::find()
        .filter(member::Column::GroupId.is_in(groups.iter().map(|group| group.0)))
        .all(connection)
        .await
        .doing("list members of groups")
}
