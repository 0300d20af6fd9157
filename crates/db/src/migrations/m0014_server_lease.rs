//! Who serves from a PostgreSQL database. SQLite has a locked file beside it instead; see [`crate::lease`].

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, text};
use sea_orm_migration::sea_orm::DbBackend;

use super::m0001_accounts::table;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.create_table(server_lease()).await?;
        }
        Ok(())
    }
}

/// One row. A server takes the lease before it migrates, and makes the table for that if it must: no later migration
/// alters it.
pub(crate) fn server_lease() -> TableCreateStatement {
    table("server_lease")
        .col(integer("id").primary_key())
        .col(big_integer("holder"))
        .col(text("lock"))
        .col(text("host"))
        .col(text("data_dir"))
        .col(big_integer("since"))
        .col(big_integer("lease_until"))
        .to_owned()
}
