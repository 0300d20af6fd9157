//! Opening SQLite or PostgreSQL.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::{Error, Result};
use futures::future::BoxFuture;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tokio::sync::{broadcast, watch};

use crate::catalogue::Catalogue;
use crate::errors::ResultExt as _;
use crate::events::Event;
use crate::lease::Standing;
use crate::writer::{self, Tx, Writer};

/// How many events a slow listener may be behind before it has to start over.
const EVENT_BACKLOG: usize = 4096;

/// Whoever starts a server learns within so long that its PostgreSQL is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(2500);

/// Where the rows are. One process at a time serves from them, see [`Database::lease`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseConfig {
    /// One file.
    Sqlite(PathBuf),
    /// A `postgres://` URL.
    Postgres(String),
}

/// The database, cheap to clone.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    readers: DatabaseConnection,
    writes: Writes,
    events: broadcast::Sender<Event>,
    /// Tells this process's events from those of others.
    origin: i64,
    catalogue: Catalogue,
    /// SQLite's file.
    file: Option<PathBuf>,
    standing: watch::Sender<Standing>,
}

enum Writes {
    /// SQLite: one writer with group commit.
    Queue(Writer),
    /// PostgreSQL: a transaction each.
    Pool(DatabaseConnection),
}

impl DatabaseConfig {
    /// From `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    pub fn parse(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err("Write the file's path behind sqlite:".to_owned());
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err("Write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE.".to_owned())
    }
}

impl Database {
    /// Opens the database; does not migrate it.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self> {
        let (events, _) = broadcast::channel(EVENT_BACKLOG);
        // The standard library's hashers are keyed at random, which is enough to be told from others.
        let origin = RandomState::new().hash_one(std::process::id()).cast_signed();
        let (readers, writes) = match config {
            DatabaseConfig::Sqlite(path) => {
                let url = format!("sqlite://{}?mode=rwc", path.display());
                let writer = sqlite(&url, 1).await?;
                let readers = sqlite(&url, 4).await?;
                (readers, Writes::Queue(Writer::start(writer, events.clone(), origin)))
            }
            DatabaseConfig::Postgres(url) => {
                let mut options = ConnectOptions::new(url.clone());
                options.max_connections(12).acquire_timeout(Duration::from_secs(10)).sqlx_logging(false);
                let unreachable = || {
                    Error::unavailable("The PostgreSQL database can't be reached.")
                        .with_hint("Check PORTICO_DATABASE_URL and that the server runs.")
                };
                let connect = async || {
                    tokio::time::timeout(CONNECT_TIMEOUT, sea_orm::Database::connect(options.clone()))
                        .await
                        .map_err(|_| unreachable().context("no answer in time"))?
                        .map_err(|error| unreachable().with_source(error))
                };
                // Writes wait for each other's locks, each holding a connection; from one pool they would starve reads.
                (connect().await?, Writes::Pool(connect().await?))
            }
        };
        let catalogue = Catalogue::start(readers.clone());
        let file = match config {
            DatabaseConfig::Sqlite(path) => Some(path.clone()),
            DatabaseConfig::Postgres(_) => None,
        };
        let (standing, _) = watch::channel(Standing::Guest);
        Ok(Self { inner: Arc::new(Inner { readers, writes, events, origin, catalogue, file, standing }) })
    }

    /// For reads outside a transaction.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.inner.readers
    }

    /// The one connection (SQLite) or pool (PostgreSQL) that migrations go through.
    pub(crate) fn for_migrations(&self) -> &DatabaseConnection {
        match &self.inner.writes {
            Writes::Queue(writer) => writer.connection(),
            Writes::Pool(pool) => pool,
        }
    }

    pub fn is_postgres(&self) -> bool {
        self.inner.readers.get_database_backend() == DbBackend::Postgres
    }

    /// Runs one use case's writes in one transaction. When this returns `Ok`, they are on disk; when it returns
    /// `Err`, none of them happened. The closure runs to its end even if the caller stops waiting.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a Tx) -> BoxFuture<'a, Result<T>> + Send + 'static,
    {
        self.may_write().await?;
        self.write_unasked(work).await
    }

    /// The same for what does not depend on the lease.
    pub(crate) async fn write_unasked<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a Tx) -> BoxFuture<'a, Result<T>> + Send + 'static,
    {
        match &self.inner.writes {
            Writes::Queue(writer) => writer.write(work).await,
            Writes::Pool(pool) => {
                let tx = Tx::new(pool.begin().await.doing("begin a transaction")?, self.inner.origin);
                match writer::run_caught(&tx, work).await {
                    Ok(value) => {
                        let events = tx.commit().await?;
                        for event in events {
                            let _ = self.inner.events.send(event);
                        }
                        Ok(value)
                    }
                    Err(error) => {
                        if let Err(error) = tx.rollback().await {
                            tracing::error!(error = ?error, "a transaction could not be rolled back");
                        }
                        Err(error)
                    }
                }
            }
        }
    }

    /// Everything that is committed from now on: by this process, and, while [`Database::read_outbox`] runs, by others.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    pub(crate) fn origin(&self) -> i64 {
        self.inner.origin
    }

    pub(crate) fn file(&self) -> Option<&Path> {
        self.inner.file.as_deref()
    }

    pub(crate) fn standing(&self) -> &watch::Sender<Standing> {
        &self.inner.standing
    }

    pub(crate) fn deliver(&self, event: Event) {
        let _ = self.inner.events.send(event);
    }

    /// How often the catalogue has changed: people, their groups, roles, sessions and tokens, groups, instance types
    /// and images. What was read after a request asked for the version holds until the version is another one,
    /// whoever changes something; see [`crate::Cache`].
    pub async fn catalogue_version(&self) -> Result<i64> {
        self.inner.catalogue.version().await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.inner.readers.ping().await.doing("ping the database")
    }

    /// Bytes on disk, where the database can tell cheaply.
    pub async fn size_bytes(&self) -> Result<Option<i64>> {
        let sql = if self.is_postgres() {
            "SELECT pg_database_size(current_database()) AS size"
        } else {
            "SELECT page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()"
        };
        let statement = sea_orm::Statement::from_string(self.inner.readers.get_database_backend(), sql);
        let row = self.inner.readers.query_one_raw(statement).await.doing("ask for the database's size")?;
        Ok(row.and_then(|row| row.try_get::<i64>("", "size").ok()))
    }
}

/// A write-ahead log (WAL) with `synchronous=FULL`: a commit is on disk before it is acknowledged.
async fn sqlite(url: &str, connections: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .idle_timeout(Duration::from_secs(60))
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .pragma("foreign_keys", "ON")
                .pragma("busy_timeout", "10000")
                .pragma("cache_size", "-4096")
                .pragma("temp_store", "MEMORY")
                .pragma("journal_size_limit", "67108864")
        });
    sea_orm::Database::connect(options).await.map_err(|error| {
        Error::unavailable("The SQLite database can't be opened.")
            .with_hint("Check that the data directory is there, that it may be written and that the disk is not full.")
            .with_source(error)
    })
}

/// `BEGIN IMMEDIATE`: a transaction that will write takes the lock at its start, so it never fails half-way with a
/// stale snapshot (another process may write too: the command line beside a running server).
pub(crate) async fn begin_immediate(connection: &DatabaseConnection) -> Result<sea_orm::DatabaseTransaction> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    connection.begin_with_options(options).await.doing("begin a transaction")
}
