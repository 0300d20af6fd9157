//! Queries over `vaults` and `vault_revisions`.

use base::{Result, VaultId};
use db::ResultExt as _;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::Owner;
use super::entity::{Column, Entity, Model, revision};

pub(super) async fn of<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Option<Model>> {
    Entity::find().filter(Column::Owner.eq(owner.key())).one(connection).await.doing("read a vault")
}

pub(super) async fn of_all<C: ConnectionTrait>(connection: &C, owners: &[Owner]) -> Result<Vec<Model>> {
    Entity::find()
        .filter(Column::Owner.is_in(owners.iter().map(|owner| owner.key())))
        .all(connection)
        .await
        .doing("read vaults")
}

/// The newest revisions, newest first.
pub(super) async fn revisions<C: ConnectionTrait>(
    connection: &C,
    vault: VaultId,
    limit: u64,
) -> Result<Vec<revision::Model>> {
    revision::Entity::find()
        .filter(revision::Column::VaultId.eq(vault.0))
        .order_by_desc(revision::Column::Revision)
        .limit(limit)
        .all(connection)
        .await
        .doing("read the revisions of a vault")
}

pub(super) async fn revision<C: ConnectionTrait>(
    connection: &C,
    vault: VaultId,
    number: i64,
) -> Result<Option<revision::Model>> {
    revision::Entity::find_by_id((vault.0, number)).one(connection).await.doing("read a revision of a vault")
}

/// Removes the revisions up to this one.
pub(super) async fn forget<C: ConnectionTrait>(connection: &C, vault: VaultId, until: i64) -> Result<()> {
    revision::Entity::delete_many()
        .filter(revision::Column::VaultId.eq(vault.0))
        .filter(revision::Column::Revision.lte(until))
        .exec(connection)
        .await
        .doing("forget old revisions of a vault")
        .map(drop)
}
