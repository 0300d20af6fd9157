//! What a workload runs is a word with its settings, instead of a notebook or none.

use sea_orm_migration::prelude::*;

use super::columns::is_there;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        // A server may have been killed between any two of these.
        if !is_there(manager, "workload_specs", "runs").await? {
            let statement = "ALTER TABLE workload_specs ADD COLUMN runs TEXT NOT NULL DEFAULT 'script'";
            connection.execute_unprepared(statement).await?;
        }
        if !is_there(manager, "workload_specs", "settings").await? {
            let statement = "ALTER TABLE workload_specs RENAME COLUMN notebook TO settings";
            connection.execute_unprepared(statement).await?;
        }
        for statement in STATEMENTS {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

const STATEMENTS: [&str; 2] = [
    "UPDATE workload_specs SET runs = 'jupyter-lab', settings = CASE WHEN EXISTS (
         SELECT 1 FROM notebooks WHERE notebooks.workload_id = workload_specs.workload_id AND notebooks.safe_mode
     ) THEN '{\"safe_mode\":true}' ELSE '{\"safe_mode\":false}' END
     WHERE workload_id IN (SELECT id FROM workloads WHERE kind = 'notebook')",
    "UPDATE workload_specs SET runs = 'notebook-file' WHERE runs = 'script' AND settings IS NOT NULL",
];
