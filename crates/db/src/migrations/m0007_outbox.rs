//! Who wrote an event, how far the catalogue has changed, and indexes for lists of one kind of workload.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, uuid_null};

use super::catalogue::{Counted, count};
use super::m0001_accounts::{index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const COUNTED: [Counted; 9] = [
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
        count(manager, &COUNTED).await
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
