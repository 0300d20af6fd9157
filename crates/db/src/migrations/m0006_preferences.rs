//! How densely and how large pages are shown to a person.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

/// The new columns of `users` with what they hold for those who never chose.
const COLUMNS: [(&str, &str); 2] =
    [("density", "TEXT NOT NULL DEFAULT 'comfortable'"), ("scale", "BIGINT NOT NULL DEFAULT 100")];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, definition) in COLUMNS {
            // SQLite has no `add column if not exists`, and a server may have been killed between the two.
            if !is_there(manager, name).await? {
                let statement = format!("ALTER TABLE users ADD COLUMN {name} {definition}");
                manager.get_connection().execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}

async fn is_there(manager: &SchemaManager<'_>, column: &str) -> Result<bool, DbErr> {
    let backend = manager.get_database_backend();
    let query = match backend {
        DbBackend::Sqlite => format!("SELECT 1 FROM pragma_table_info('users') WHERE name = '{column}'"),
        _ => format!(
            "SELECT 1 FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = 'users' AND column_name = '{column}'"
        ),
    };
    let found = manager.get_connection().query_one_raw(Statement::from_string(backend, query)).await?;
    Ok(found.is_some())
}
