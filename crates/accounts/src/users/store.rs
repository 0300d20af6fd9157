//! Queries over `users`.

use std::collections::{BTreeMap, BTreeSet};

use base::{Error, Result, UserId};
use db::ResultExt as _;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::entity::{Column, Entity, Model};

pub(crate) async fn by_name<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Option<Model>> {
    Entity::find().filter(Column::Name.eq(name)).one(connection).await.doing("read a user")
}

pub(crate) async fn by_id<C: ConnectionTrait>(connection: &C, id: UserId) -> Result<Option<Model>> {
    Entity::find_by_id(id.0).one(connection).await.doing("read a user")
}

pub(crate) async fn require<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Model> {
    by_name(connection, name)
        .await?
        .ok_or_else(|| Error::not_found(format!("user named “{}”", base::names::cut(name, 63))))
}

/// Users by name from `after` on, whose name, display name or email address holds `search`.
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    search: &str,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Model>> {
    let mut query = Entity::find().order_by_asc(Column::Name).limit(limit);
    if !search.is_empty() {
        let backend = connection.get_database_backend();
        query = query.filter(db::holds(Column::Searched, &search.to_lowercase(), backend));
    }
    if let Some(after) = after {
        query = query.filter(Column::Name.gt(after));
    }
    query.all(connection).await.doing("list users")
}

pub(crate) async fn count<C: ConnectionTrait>(connection: &C) -> Result<u64> {
    Entity::find().count(connection).await.doing("count users")
}

/// Whether an enabled platform admin other than this one is left.
pub(crate) async fn another_admin<C: ConnectionTrait>(connection: &C, than: UserId) -> Result<bool> {
    let others = Entity::find()
        .filter(Column::IsPlatformAdmin.eq(true))
        .filter(Column::Enabled.eq(true))
        .filter(Column::Id.ne(than.0))
        .limit(1)
        .all(connection)
        .await
        .doing("look for another platform admin")?;
    Ok(!others.is_empty())
}

/// Display names of those who can sign in and administer; a few are enough.
pub(crate) async fn platform_admins<C: ConnectionTrait>(connection: &C) -> Result<Vec<String>> {
    let rows = Entity::find()
        .filter(Column::IsPlatformAdmin.eq(true))
        .filter(Column::Enabled.eq(true))
        .order_by_asc(Column::Name)
        .limit(5)
        .all(connection)
        .await
        .doing("list platform admins")?;
    Ok(rows.into_iter().map(|row| row.display_name).collect())
}

pub(crate) async fn display_names<C: ConnectionTrait>(
    connection: &C,
    names: BTreeSet<String>,
) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = Entity::find()
        .select_only()
        .column(Column::Name)
        .column(Column::DisplayName)
        .filter(Column::Name.is_in(names))
        .into_tuple()
        .all(connection)
        .await
        .doing("read people's names")?;
    Ok(rows.into_iter().collect())
}
