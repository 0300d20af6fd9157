//! The container image that a workload runs in, if it runs in one.

use sea_orm_migration::prelude::*;

use super::columns::is_there;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite has no `add column if not exists`, and a server may have been killed in between.
        if !is_there(manager, "workload_specs", "container").await? {
            let statement = "ALTER TABLE workload_specs ADD COLUMN container TEXT";
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
