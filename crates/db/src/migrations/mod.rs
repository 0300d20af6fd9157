//! How the tables came to be: one list for both databases, append-only.
//!
//! A migration is never changed once released; a later one corrects it. Statements are idempotent (`if not exists`),
//! so a server killed in the middle of one finishes it at its next start.

mod catalogue;
mod columns;
mod m0001_accounts;
mod m0002_workloads;
mod m0003_notebooks;
mod m0004_images;
mod m0005_content_sessions;
mod m0006_preferences;
mod m0007_outbox;
mod m0008_notebook_jobs;
mod m0009_removals;
mod m0010_user_search;
mod m0011_containers;
mod m0012_ssh_keys;
mod m0013_what_runs;
pub(crate) mod m0014_server_lease;
mod m0015_access_keys;

use base::{Error, Result};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

use crate::Database;

/// The list of migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_workloads::Migration),
            Box::new(m0003_notebooks::Migration),
            Box::new(m0004_images::Migration),
            Box::new(m0005_content_sessions::Migration),
            Box::new(m0006_preferences::Migration),
            Box::new(m0007_outbox::Migration),
            Box::new(m0008_notebook_jobs::Migration),
            Box::new(m0009_removals::Migration),
            Box::new(m0010_user_search::Migration),
            Box::new(m0011_containers::Migration),
            Box::new(m0012_ssh_keys::Migration),
            Box::new(m0013_what_runs::Migration),
            Box::new(m0014_server_lease::Migration),
            Box::new(m0015_access_keys::Migration),
        ]
    }
}

impl Database {
    /// Brings the tables up to what this program needs. A database that a newer program wrote is refused.
    pub async fn migrate(&self) -> Result<()> {
        Migrator::up(self.for_migrations(), None).await.map_err(|error| {
            if error.to_string().contains("is missing") {
                Error::unavailable("A newer Portico wrote this database; this one can't read it.")
                    .with_hint("Start the newer version again, or restore a backup made before the upgrade.")
                    .with_source(error)
            } else {
                Error::internal_from("migrate the database", error)
            }
        })
    }

    /// How many migrations wait.
    pub async fn pending_migrations(&self) -> Result<usize> {
        Migrator::get_pending_migrations(self.for_migrations())
            .await
            .map(|pending| pending.len())
            .map_err(|error| Error::internal_from("ask for pending migrations", error))
    }
}
