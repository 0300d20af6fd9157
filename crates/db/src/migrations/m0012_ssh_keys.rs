//! Public keys with which people reach their notebooks by SSH.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_uniq, uuid};

use super::m0001_accounts::{cascade, index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let ssh_keys = table("ssh_keys")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(text("name"))
            .col(text("algorithm"))
            .col(text_uniq("fingerprint"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_used_at"))
            .foreign_key(&mut cascade("ssh_keys", "user_id", "users"))
            .to_owned();
        manager.create_table(ssh_keys).await?;
        manager.create_index(index("idx_ssh_keys_user", "ssh_keys", &["user_id", "created_at"])).await
    }
}
