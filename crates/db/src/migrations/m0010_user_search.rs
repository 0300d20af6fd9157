//! What users are searched by, in one column and one index, so that a search need not touch the rows.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

use super::columns::is_there;
use super::m0001_accounts::index;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if !is_there(manager, "users", "searched").await? {
            let statement = "ALTER TABLE users ADD COLUMN searched TEXT NOT NULL DEFAULT ''";
            connection.execute_unprepared(statement).await?;
        }
        manager.create_index(index("idx_users_search", "users", &["name", "searched"])).await?;
        let backend = manager.get_database_backend();
        let unsearched = "SELECT name, display_name, email FROM users WHERE searched = ''";
        for row in connection.query_all_raw(Statement::from_string(backend, unsearched)).await? {
            let (name, display_name): (String, String) =
                (row.try_get("", "name")?, row.try_get("", "display_name")?);
            let email: Option<String> = row.try_get("", "email")?;
            // SQLite's own `lower` knows ASCII only.
            let searched =
                crate::folded([name.as_str(), &display_name, email.as_deref().unwrap_or_default()]);
            let update = match backend {
                DbBackend::Postgres => "UPDATE users SET searched = $1 WHERE name = $2",
                _ => "UPDATE users SET searched = ? WHERE name = ?",
            };
            let values = [searched.into(), name.into()];
            connection.execute_raw(Statement::from_sql_and_values(backend, update, values)).await?;
        }
        Ok(())
    }
}
