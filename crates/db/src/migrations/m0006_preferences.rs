//! How densely and how large pages are shown to a person.

use sea_orm_migration::prelude::*;

use super::columns::is_there;

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
            if !is_there(manager, "users", name).await? {
                let statement = format!("ALTER TABLE users ADD COLUMN {name} {definition}");
                manager.get_connection().execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}
