//! Content sessions: what lets a signed-in browser into one workload.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_uniq, uuid};

use super::m0001_accounts::{cascade, index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let content_sessions = table("content_sessions")
            .col(uuid("id").primary_key())
            .col(uuid("session_id"))
            .col(text("slug"))
            .col(text_uniq("secret_hash"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .foreign_key(&mut cascade("content_sessions", "session_id", "sessions"))
            .to_owned();
        manager.create_table(content_sessions).await?;
        let by_session = index("idx_content_sessions_session", "content_sessions", &["session_id", "slug"]);
        manager.create_index(by_session).await
    }
}
