//! A fresh database for one test.

use db::{Database, DatabaseConfig};
use sea_orm::ConnectionTrait as _;

/// A migrated, empty database. SQLite's file goes with it.
pub struct TestDatabase {
    pub db: Database,
    pub config: DatabaseConfig,
    _folder: Option<tempfile::TempDir>,
}

/// SQLite in a temporary folder.
pub async fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().unwrap();
    let config = DatabaseConfig::Sqlite(folder.path().join("test.db"));
    open(config, Some(folder)).await
}

/// A new database on the PostgreSQL server that `PORTICO_TEST_POSTGRES_URL` names.
#[expect(clippy::expect_used, reason = "a missing server should be said by its name")]
pub async fn postgres() -> TestDatabase {
    let url = std::env::var("PORTICO_TEST_POSTGRES_URL").expect(
        "PORTICO_TEST_POSTGRES_URL names no server; scripts/postgres-for-tests starts one and sets it",
    );
    let name = format!("t{}", base::ids::uuid_v7(&base::SystemClock).simple());
    let server = sea_orm::Database::connect(&url).await.unwrap();
    server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    server.close().await.unwrap();
    let (before, query) = url.split_once('?').map_or((url.as_str(), ""), |(before, query)| (before, query));
    let (server, _) = before.rsplit_once('/').unwrap();
    let separator = if query.is_empty() { "" } else { "?" };
    open(DatabaseConfig::Postgres(format!("{server}/{name}{separator}{query}")), None).await
}

async fn open(config: DatabaseConfig, folder: Option<tempfile::TempDir>) -> TestDatabase {
    let db = Database::connect(&config).await.unwrap();
    db.migrate().await.unwrap();
    TestDatabase { db, config, _folder: folder }
}
