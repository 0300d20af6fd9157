//! Who wrote an event, how far the catalogue has changed, and indexes for lists of one kind of workload.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, uuid_null};
use sea_orm_migration::sea_orm::DbBackend;

use super::m0001_accounts::{index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What [`crate::Database::catalogue_version`] counts: for each table the columns whose update matters (none: an
/// update never does), beside every row that goes. Rows that come matter where their absence is remembered with
/// others: a person's memberships.
const COUNTED: [(&str, &str, bool); 9] = [
    ("users", "name, enabled, is_platform_admin", false),
    ("groups", "*", false),
    ("members", "*", true),
    ("sessions", "", false),
    ("tokens", "scope, expires_at", false),
    ("instance_types", "*", false),
    ("instance_type_groups", "*", true),
    ("images", "*", false),
    ("image_groups", "*", true),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What is in the outbox was heard: no server runs while its tables are changed.
        manager.drop_table(Table::drop().table(Alias::new("events")).if_exists().to_owned()).await?;
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let connection = manager.get_connection();
        for old in ["time", "name", "phase", "user"] {
            connection.execute_unprepared(&format!("DROP INDEX IF EXISTS idx_workloads_group_{old}")).await?;
        }
        connection
            .execute_unprepared(
                "INSERT INTO versions (name, number) SELECT 'catalogue', 1
                 WHERE NOT EXISTS (SELECT 1 FROM versions WHERE name = 'catalogue')",
            )
            .await?;
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        for statement in if is_postgres { on_postgres() } else { on_sqlite() } {
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("events")
            .col(ColumnDef::new(Alias::new("seq")).big_integer().not_null().auto_increment().primary_key())
            .col(big_integer("at"))
            .col(big_integer("origin"))
            .col(uuid_null("group_id"))
            .col(text("topic"))
            .col(text("subject"))
            .to_owned(),
        table("versions").col(text("name").primary_key()).col(big_integer("number")).to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("idx_events_at", "events", &["at"]),
        // Lists of one kind. The first two hold what a search reads, so that it does not touch the rows.
        index(
            "idx_workloads_list_time",
            "workloads",
            &["group_id", "kind", "submitted_at", "id", "name_folded", "slug"],
        ),
        index("idx_workloads_list_name", "workloads", &["group_id", "kind", "name_folded", "id", "slug"]),
        index("idx_workloads_list_phase", "workloads", &["group_id", "phase", "kind", "submitted_at", "id"]),
        index("idx_workloads_list_user", "workloads", &["group_id", "kind", "user_id", "submitted_at", "id"]),
    ]
}

/// The triggers' parts: the table, a short name, and `INSERT`, `UPDATE`, `UPDATE OF …` or `DELETE`.
fn triggers() -> impl Iterator<Item = (&'static str, &'static str, String)> {
    COUNTED.into_iter().flat_map(|(table, columns, inserts)| {
        let update = match columns {
            "" => None,
            "*" => Some("UPDATE".to_owned()),
            columns => Some(format!("UPDATE OF {columns}")),
        };
        let insert = inserts.then(|| "INSERT".to_owned());
        [("d", Some("DELETE".to_owned())), ("u", update), ("i", insert)]
            .into_iter()
            .filter_map(move |(short, event)| Some((table, short, event?)))
    })
}

fn on_sqlite() -> Vec<String> {
    triggers()
        .map(|(table, short, event)| {
            format!(
                "CREATE TRIGGER IF NOT EXISTS catalogue_{table}_{short} AFTER {event} ON {table} BEGIN
                 UPDATE versions SET number = number + 1 WHERE name = 'catalogue'; END"
            )
        })
        .collect()
}

/// Deferred to the commit: the one row that all of them lock is locked last and briefly.
fn on_postgres() -> Vec<String> {
    let function =
        "CREATE OR REPLACE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         UPDATE versions SET number = number + 1 WHERE name = 'catalogue'; RETURN NULL; END $$";
    let mut statements = vec![function.to_owned()];
    for (table, short, event) in triggers() {
        let name = format!("catalogue_{table}_{short}");
        statements.push(format!("DROP TRIGGER IF EXISTS {name} ON {table}"));
        statements.push(format!(
            "CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON {table} DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION catalogue_changed()"
        ));
    }
    statements
}
