//! People, groups, sessions, tokens, settings, audit log and outbox.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, text, text_null, text_uniq, uuid, uuid_null,
};

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

/// A table named by text, made only if it is not there.
pub(super) fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).if_not_exists().to_owned()
}

/// An index over columns of a table, made only if it is not there.
pub(super) fn index(
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(Alias::new(table)).if_not_exists().to_owned();
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}

/// A column that points to another table's `id` and goes with it.
pub(super) fn cascade(
    from: &'static str,
    column: &'static str,
    to: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{from}_{column}"))
        .from(Alias::new(from), Alias::new(column))
        .to(Alias::new(to), Alias::new("id"))
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("users")
            .col(uuid("id").primary_key())
            .col(text_uniq("name"))
            .col(text("display_name"))
            .col(text_null("email").unique_key())
            .col(text_null("password_hash"))
            .col(boolean("is_platform_admin"))
            .col(boolean("enabled"))
            .col(text("theme"))
            .col(text("time_zone"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .col(big_integer_null("last_sign_in_at"))
            .to_owned(),
        table("groups")
            .col(uuid("id").primary_key())
            .col(text_uniq("name"))
            .col(text_uniq("path"))
            .col(text("display_name"))
            .col(big_integer_null("user_cpu_milli"))
            .col(big_integer_null("user_memory_mib"))
            .col(big_integer_null("user_gpu"))
            .col(big_integer_null("group_cpu_milli"))
            .col(big_integer_null("group_memory_mib"))
            .col(big_integer_null("group_gpu"))
            .col(big_integer_null("default_time_limit_s"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .to_owned(),
        table("members")
            .col(uuid("group_id"))
            .col(uuid("user_id"))
            .col(text("role"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col(Alias::new("group_id")).col(Alias::new("user_id")))
            .foreign_key(&mut cascade("members", "group_id", "groups"))
            .foreign_key(&mut cascade("members", "user_id", "users"))
            .to_owned(),
        table("sessions")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(text_uniq("token_hash"))
            .col(big_integer("created_at"))
            .col(big_integer("last_seen_at"))
            .col(big_integer("expires_at"))
            .col(text("user_agent"))
            .col(text("address"))
            .foreign_key(&mut cascade("sessions", "user_id", "users"))
            .to_owned(),
        table("tokens")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(text("name"))
            .col(text_uniq("token_hash"))
            .col(text("ending"))
            .col(text("scope"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("last_used_at"))
            .foreign_key(&mut cascade("tokens", "user_id", "users"))
            .to_owned(),
        table("settings")
            .col(text("key").primary_key())
            .col(text("value"))
            .col(big_integer("updated_at"))
            .to_owned(),
        table("audit")
            .col(uuid("id").primary_key())
            .col(big_integer("at"))
            .col(uuid_null("actor_id"))
            .col(text("actor_name"))
            .col(text("action"))
            .col(uuid_null("group_id"))
            .col(text("subject"))
            .col(text("detail"))
            .col(text("address"))
            .col(text("request_id"))
            .to_owned(),
        table("events")
            .col(ColumnDef::new(Alias::new("seq")).big_integer().not_null().auto_increment().primary_key())
            .col(big_integer("at"))
            .col(uuid_null("group_id"))
            .col(text("topic"))
            .col(text("subject"))
            .to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("idx_members_user", "members", &["user_id"]),
        index("idx_sessions_user", "sessions", &["user_id"]),
        index("uq_tokens_user_name", "tokens", &["user_id", "name"]).unique().to_owned(),
        index("idx_audit_at", "audit", &["at"]),
        index("idx_events_at", "events", &["at"]),
    ]
}
