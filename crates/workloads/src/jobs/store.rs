//! Queries over jobs.

use base::{Error, GroupId, Result};
use db::ResultExt as _;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

use crate::engine::Kind;
use crate::engine::entity::{Column, Entity, Model};

/// The job of this group, or 404.
pub(crate) async fn require<C: ConnectionTrait>(connection: &C, group: GroupId, slug: &str) -> Result<Model> {
    Entity::find()
        .filter(Column::Slug.eq(slug))
        .filter(Column::GroupId.eq(group.0))
        .filter(Column::Kind.eq(Kind::Job.as_str()))
        .one(connection)
        .await
        .doing("read a job")?
        .ok_or_else(|| Error::not_found(format!("job “{}”", base::names::cut(slug, 60))))
}
