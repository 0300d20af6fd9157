//! Instance types, images, environments, workloads and their attempts.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, text, text_null, text_uniq, uuid, uuid_null,
};

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
        table("instance_types")
            .col(uuid("id").primary_key())
            .col(text_uniq("name"))
            .col(text("display_name"))
            .col(text("description"))
            .col(big_integer("cpu_milli"))
            .col(big_integer("memory_mib"))
            .col(big_integer("gpu"))
            .col(boolean("is_global"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .to_owned(),
        table("instance_type_groups")
            .col(uuid("instance_type_id"))
            .col(uuid("group_id"))
            .primary_key(Index::create().col(Alias::new("instance_type_id")).col(Alias::new("group_id")))
            .foreign_key(&mut cascade("instance_type_groups", "instance_type_id", "instance_types"))
            .foreign_key(&mut cascade("instance_type_groups", "group_id", "groups"))
            .to_owned(),
        table("images")
            .col(uuid("id").primary_key())
            .col(text_uniq("name"))
            .col(uuid_null("group_id"))
            .col(text("display_name"))
            .col(text("description"))
            .col(text("kind"))
            .col(text("recipe"))
            .col(text("digest"))
            .col(boolean("is_built_in"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .to_owned(),
        table("environments")
            .col(text("digest").primary_key())
            .col(text("recipe"))
            .col(text("state"))
            .col(text("message"))
            .col(text("lock"))
            .col(text("path"))
            .col(text("base_prefix"))
            .col(text("python_version"))
            .col(big_integer_null("size_bytes"))
            .col(big_integer("tries"))
            .col(big_integer_null("next_try_at"))
            .col(big_integer_null("started_at"))
            .col(big_integer_null("finished_at"))
            .col(big_integer("created_at"))
            .col(big_integer("last_used_at"))
            .to_owned(),
        table("workloads")
            .col(uuid("id").primary_key())
            .col(text_uniq("slug"))
            .col(text("kind"))
            .col(uuid("group_id"))
            .col(uuid_null("user_id"))
            .col(text("user_name"))
            .col(text("name"))
            .col(text("name_folded"))
            .col(text("instance_type"))
            .col(big_integer("cpu_milli"))
            .col(big_integer("memory_mib"))
            .col(big_integer("gpu"))
            .col(text("image"))
            .col(text("digest"))
            .col(big_integer("time_limit_s"))
            .col(text("asked"))
            .col(text("phase"))
            .col(text_null("cause"))
            .col(text("reason"))
            .col(big_integer_null("exit_code"))
            .col(big_integer_null("signal"))
            .col(big_integer("generation"))
            .col(big_integer("attempts"))
            .col(big_integer("queued_at"))
            .col(big_integer("submitted_at"))
            .col(big_integer_null("started_at"))
            .col(big_integer_null("finished_at"))
            .col(text_null("copied_from"))
            .foreign_key(&mut cascade("workloads", "group_id", "groups"))
            .to_owned(),
        table("workload_specs")
            .col(uuid("workload_id").primary_key())
            .col(text("script"))
            .col(text("variables"))
            .foreign_key(&mut cascade("workload_specs", "workload_id", "workloads"))
            .to_owned(),
        table("workload_events")
            .col(uuid("id").primary_key())
            .col(uuid("workload_id"))
            .col(big_integer("at"))
            .col(text("kind"))
            .col(text("message"))
            .foreign_key(&mut cascade("workload_events", "workload_id", "workloads"))
            .to_owned(),
        table("attempts")
            .col(uuid("id").primary_key())
            .col(uuid("workload_id"))
            .col(big_integer("number"))
            .col(big_integer("generation"))
            .col(text("runner"))
            .col(text("state"))
            .col(boolean("is_active"))
            .col(uuid("group_id"))
            .col(uuid_null("user_id"))
            .col(big_integer("cpu_milli"))
            .col(big_integer("memory_mib"))
            .col(big_integer("gpu"))
            .col(text("gpu_indices"))
            .col(big_integer("lease_until"))
            .col(big_integer("claimed_at"))
            .col(big_integer_null("started_at"))
            .col(big_integer_null("finished_at"))
            .col(text_null("cause"))
            .col(text("message"))
            .col(big_integer_null("exit_code"))
            .col(big_integer_null("signal"))
            .col(big_integer_null("max_memory_bytes"))
            .col(big_integer_null("cpu_time_us"))
            .foreign_key(&mut cascade("attempts", "workload_id", "workloads"))
            .to_owned(),
        table("idempotency_keys")
            .col(uuid("user_id"))
            .col(text("key"))
            .col(text("fingerprint"))
            .col(text("slug"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col(Alias::new("user_id")).col(Alias::new("key")))
            .to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("idx_images_digest", "images", &["digest"]),
        index("idx_workloads_group_time", "workloads", &["group_id", "submitted_at", "id"]),
        index("idx_workloads_group_name", "workloads", &["group_id", "name_folded", "id"]),
        index("idx_workloads_group_phase", "workloads", &["group_id", "phase", "submitted_at", "id"]),
        index("idx_workloads_group_user", "workloads", &["group_id", "user_id", "submitted_at", "id"]),
        index("idx_workloads_queue", "workloads", &["phase", "queued_at", "id"]),
        index("idx_workload_events", "workload_events", &["workload_id", "at"]),
        index("idx_attempts_active", "attempts", &["is_active", "group_id"]),
        index("uq_attempts_number", "attempts", &["workload_id", "number"]).unique().to_owned(),
        index("idx_idempotency_created", "idempotency_keys", &["created_at"]),
    ]
}
