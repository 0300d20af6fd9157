//! What lies on disk for rows that are gone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, text, uuid};
use sea_orm_migration::sea_orm::DbBackend;

use super::m0001_accounts::table;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The tables whose rows have files, what their removals are called, and who has the files, where only one server can.
const WITH_FILES: [(&str, &str, &str); 3] =
    [("attempts", "attempt", "OLD.runner"), ("groups", "group", "''"), ("users", "person", "''")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let removals = table("removals")
            .col(ColumnDef::new(Alias::new("id")).big_integer().not_null().auto_increment().primary_key())
            .col(text("kind"))
            .col(uuid("subject"))
            .col(text("runner"))
            .col(big_integer_null("due_at"))
            .to_owned();
        manager.create_table(removals).await?;
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        for (table, kind, runner) in WITH_FILES {
            for statement in
                if is_postgres { on_postgres(table, kind, runner) } else { on_sqlite(table, kind, runner) }
            {
                manager.get_connection().execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}

/// Triggers, so that no way to delete a row can forget its files: a group takes its workloads' attempts with it.
fn on_sqlite(table: &str, kind: &str, runner: &str) -> Vec<String> {
    vec![format!(
        "CREATE TRIGGER IF NOT EXISTS removal_{table} AFTER DELETE ON {table} BEGIN
         INSERT INTO removals (kind, subject, runner) VALUES ('{kind}', OLD.id, {runner}); END"
    )]
}

fn on_postgres(table: &str, kind: &str, runner: &str) -> Vec<String> {
    vec![
        format!(
            "CREATE OR REPLACE FUNCTION removal_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO removals (kind, subject, runner) VALUES ('{kind}', OLD.id, {runner});
             RETURN NULL; END $$"
        ),
        format!("DROP TRIGGER IF EXISTS removal_{table} ON {table}"),
        format!(
            "CREATE TRIGGER removal_{table} AFTER DELETE ON {table}
             FOR EACH ROW EXECUTE FUNCTION removal_{table}()"
        ),
    ]
}
