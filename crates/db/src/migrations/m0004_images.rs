//! Images of groups: names that are unique within their group, builds with their history, offers, deprecation.
//!
//! The table `images` is made anew, because SQLite can't drop the old one's rule that a name is unique everywhere.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text, uuid, uuid_null};
use sea_orm_migration::sea_orm::{DbBackend, Statement};

use super::m0001_accounts::{cascade, index, table};

/// The new table until it takes the old one's place.
const NEXT: &str = "images_next";
const IMAGES: &str = "images";

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A server killed between the last two steps has only the new table.
        if has_images(manager).await? {
            manager.create_table(images()).await?;
            manager.get_connection().execute_unprepared(COPY).await?;
            manager.drop_table(Table::drop().table(Alias::new(IMAGES)).to_owned()).await?;
        }
        manager.rename_table(Table::rename().table(Alias::new(NEXT), Alias::new(IMAGES)).to_owned()).await?;
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

async fn has_images(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    let backend = manager.get_database_backend();
    let query = match backend {
        DbBackend::Sqlite => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'images'",
        _ => "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'images'",
    };
    let found = manager.get_connection().query_one_raw(Statement::from_string(backend, query)).await?;
    Ok(found.is_some())
}

const COPY: &str = "INSERT INTO images_next \
    (id, scope, name, group_id, display_name, description, kind, image_type, recipe, reference, digest, next_digest, \
     previous_lock, is_built_in, is_global, successor, created_by, created_at, updated_at) \
    SELECT id, 'system', name, group_id, display_name, description, kind, 'universal', recipe, '', digest, '', \
     '', is_built_in, TRUE, '', '', created_at, updated_at \
    FROM images WHERE NOT EXISTS (SELECT 1 FROM images_next n WHERE n.id = images.id)";

fn images() -> TableCreateStatement {
    table(NEXT)
        .col(uuid("id").primary_key())
        .col(text("scope"))
        .col(text("name"))
        .col(uuid_null("group_id"))
        .col(text("display_name"))
        .col(text("description"))
        .col(text("kind"))
        .col(text("image_type"))
        .col(text("recipe"))
        .col(text("reference"))
        .col(text("digest"))
        .col(text("next_digest"))
        .col(text("previous_lock"))
        .col(boolean("is_built_in"))
        .col(boolean("is_global"))
        .col(big_integer_null("cancelled_at"))
        .col(big_integer_null("deprecated_at"))
        .col(text("successor"))
        .col(text("created_by"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(&mut cascade(IMAGES, "group_id", "groups").from_tbl(Alias::new(NEXT)).to_owned())
        .to_owned()
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("image_groups")
            .col(uuid("image_id"))
            .col(uuid("group_id"))
            .primary_key(Index::create().col(Alias::new("image_id")).col(Alias::new("group_id")))
            .foreign_key(&mut cascade("image_groups", "image_id", IMAGES))
            .foreign_key(&mut cascade("image_groups", "group_id", "groups"))
            .to_owned(),
        table("environment_builds")
            .col(text("digest"))
            .col(big_integer("number"))
            .col(text("state"))
            .col(text("message"))
            .col(big_integer("started_at"))
            .col(big_integer_null("finished_at"))
            .primary_key(Index::create().col(Alias::new("digest")).col(Alias::new("number")))
            .to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("uq_images_scope_name", IMAGES, &["scope", "name"]).unique().to_owned(),
        index("idx_images_digest", IMAGES, &["digest"]),
        index("idx_images_next_digest", IMAGES, &["next_digest"]),
        index("idx_images_group", IMAGES, &["group_id"]),
        index("idx_image_groups_group", "image_groups", &["group_id"]),
        index("idx_workloads_image", "workloads", &["image", "phase"]),
    ]
}
