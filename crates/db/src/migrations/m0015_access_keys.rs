//! Access keys, with which other products' clients sign in, and configuration vaults, which they load.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text, text_uniq, uuid, uuid_null};

use super::catalogue::{Counted, count};
use super::columns::is_there;
use super::m0001_accounts::{cascade, index, table};

/// The new column of `users`: what another product's web client keeps for a person, JSON that nobody here reads.
const COLUMN: (&str, &str) = ("client_preferences", "TEXT NOT NULL DEFAULT '{}'");

const COUNTED: [Counted; 2] =
    [("access_keys", "label, secret_hash, expires_at", false), ("vaults", "*", true)];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        manager
            .create_index(index("idx_access_keys_user", "access_keys", &["user_id", "created_at"]))
            .await?;
        manager.create_index(index("idx_access_keys_group", "access_keys", &["group_id"])).await?;
        let (name, definition) = COLUMN;
        // SQLite has no `add column if not exists`, and a server may have been killed after it.
        if !is_there(manager, "users", name).await? {
            let statement = format!("ALTER TABLE users ADD COLUMN {name} {definition}");
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        count(manager, &COUNTED).await
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("access_keys")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(uuid("group_id"))
            .col(text("label"))
            .col(text_uniq("access_key"))
            .col(text("secret_hash"))
            .col(big_integer("created_at"))
            .col(big_integer_null("expires_at"))
            .col(big_integer_null("last_used_at"))
            .col(text("last_used_from"))
            .foreign_key(&mut cascade("access_keys", "user_id", "users"))
            .foreign_key(&mut cascade("access_keys", "group_id", "groups"))
            .to_owned(),
        // One for the platform, each group and each person: `owner` says whose, so that there is never a second.
        table("vaults")
            .col(uuid("id").primary_key())
            .col(text_uniq("owner"))
            .col(uuid_null("group_id"))
            .col(uuid_null("user_id"))
            .col(boolean("is_enabled"))
            .col(text("format"))
            .col(text("content"))
            .col(big_integer("revision"))
            .col(big_integer("updated_at"))
            .col(text("updated_by"))
            .foreign_key(&mut cascade("vaults", "group_id", "groups"))
            .foreign_key(&mut cascade("vaults", "user_id", "users"))
            .to_owned(),
        table("vault_revisions")
            .col(uuid("vault_id"))
            .col(big_integer("revision"))
            .col(text("action"))
            .col(text("format"))
            .col(text("content"))
            .col(big_integer("made_at"))
            .col(text("made_by"))
            .primary_key(Index::create().col(Alias::new("vault_id")).col(Alias::new("revision")))
            .foreign_key(&mut cascade("vault_revisions", "vault_id", "vaults"))
            .to_owned(),
    ]
}
