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

/// A new database on the PostgreSQL server that `PORTICO_TEST_POSTGRES_URL` names. Without the variable the test is
/// skipped, loudly; in CI that is a failure.
pub async fn postgres() -> Option<TestDatabase> {
    let Ok(url) = std::env::var("PORTICO_TEST_POSTGRES_URL") else {
        assert!(
            std::env::var_os("CI").is_none(),
            "PORTICO_TEST_POSTGRES_URL is not set, and CI must test PostgreSQL"
        );
        eprintln!("SKIPPED: PORTICO_TEST_POSTGRES_URL is not set, so nothing was tested on PostgreSQL");
        return None;
    };
    let name = format!("t{}", base::ids::uuid_v7(&base::SystemClock).simple());
    let server = sea_orm::Database::connect(&url).await.unwrap();
    server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    server.close().await.unwrap();
    let (before, query) = url.split_once('?').map_or((url.as_str(), ""), |(before, query)| (before, query));
    let (server, _) = before.rsplit_once('/').unwrap();
    let separator = if query.is_empty() { "" } else { "?" };
    Some(open(DatabaseConfig::Postgres(format!("{server}/{name}{separator}{query}")), None).await)
}

async fn open(config: DatabaseConfig, folder: Option<tempfile::TempDir>) -> TestDatabase {
    let db = Database::connect(&config).await.unwrap();
    db.migrate().await.unwrap();
    TestDatabase { db, config, _folder: folder }
}
