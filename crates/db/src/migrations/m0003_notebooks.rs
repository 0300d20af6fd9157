//! Notebooks, what workloads that serve HTTP do, rules for idle ones, notifications.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text, text_uniq, uuid, uuid_null};

use super::m0001_accounts::{cascade, index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("notebooks")
            .col(uuid("id").primary_key())
            .col(text_uniq("slug"))
            .col(uuid("group_id"))
            .col(uuid("user_id"))
            .col(text("user_name"))
            .col(text("name"))
            .col(text("name_folded"))
            .col(text("instance_type"))
            .col(text("image"))
            .col(text("variables"))
            .col(boolean("safe_mode"))
            .col(text("open_path"))
            .col(big_integer_null("idle_s"))
            .col(big_integer_null("lifetime_s"))
            .col(big_integer("runs"))
            .col(uuid_null("workload_id"))
            .col(big_integer("created_at"))
            .col(big_integer("used_at"))
            .foreign_key(&mut cascade("notebooks", "group_id", "groups"))
            .foreign_key(&mut cascade("notebooks", "user_id", "users"))
            .to_owned(),
        table("notebook_variables")
            .col(uuid("user_id"))
            .col(uuid("group_id"))
            .col(text("variables"))
            .primary_key(Index::create().col(Alias::new("user_id")).col(Alias::new("group_id")))
            .foreign_key(&mut cascade("notebook_variables", "user_id", "users"))
            .foreign_key(&mut cascade("notebook_variables", "group_id", "groups"))
            .to_owned(),
        table("served_workloads")
            .col(uuid("workload_id").primary_key())
            .col(text("slug"))
            .col(big_integer("idle_s"))
            .col(big_integer("lifetime_s"))
            .col(big_integer_null("ready_at"))
            .col(big_integer_null("active_at"))
            .col(big_integer_null("warned_at"))
            .col(big_integer_null("snoozed_until"))
            .foreign_key(&mut cascade("served_workloads", "workload_id", "workloads"))
            .to_owned(),
        table("idle_rules")
            .col(uuid("subject_id").primary_key())
            .col(big_integer_null("idle_s"))
            .col(big_integer_null("lifetime_s"))
            .to_owned(),
        table("notifications")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(big_integer("at"))
            .col(text("text"))
            .col(text("link"))
            .col(big_integer_null("read_at"))
            .foreign_key(&mut cascade("notifications", "user_id", "users"))
            .to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("uq_notebooks_name", "notebooks", &["group_id", "user_id", "name_folded"]).unique().to_owned(),
        index("idx_notebooks_workload", "notebooks", &["workload_id"]),
        index("idx_served_slug", "served_workloads", &["slug"]),
        index("idx_notifications_user", "notifications", &["user_id", "at"]),
    ]
}
