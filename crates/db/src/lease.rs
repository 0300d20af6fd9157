//! One server at a time on one database; commands beside it are free to read and write.
//!
//! On PostgreSQL that is a row with a lease, which the server renews; a crash frees it when the lease ends. Every time
//! in it that matters is the database's own, because the clocks of two machines differ. Whoever holds the lease
//! measures it from when it asked, so it is over here before it is over there: past that nothing is written until
//! the lease was renewed, which fails when another server has it.
//!
//! On SQLite it is a lock on a file beside the database: free of cost, and the kernel lets go of it at once when the
//! process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base::{Error, Result, Timestamp};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, QueryResult, Statement, Value};

use crate::Database;
use crate::errors::ResultExt as _;
use crate::migrations::m0014_server_lease::server_lease;
use crate::writer::{Section, Tx};

/// A server that is silent for so long may be replaced.
const LEASE: Duration = Duration::from_secs(10);
/// Two renewals may fail. Each is one small write.
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// After a failed renewal.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// A renewal without an answer has failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// How often a server that waits for a lease looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A process that was killed while it began another one leaves its file lock to that for a moment.
const FILE_TRIES: u32 = 30;
const FILE_PAUSE: Duration = Duration::from_millis(50);

/// A server, as others are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Names a lock that it holds as long as it lives: whoever has it now knows that an earlier holder is dead.
    pub lock: String,
    pub host: String,
    pub data_dir: String,
    /// When it started, by its own clock.
    pub since: Timestamp,
}

/// What this process is to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is not the server.
    Guest,
    /// It is the server, for so long at least.
    Until(Instant),
    /// It was.
    Over,
}

/// What another server holds.
struct Held {
    server: Option<Server>,
    /// The holder and the end of its lease: another pair was renewed, or taken by yet another server.
    version: (i64, i64),
    rest: Duration,
}

/// Held by the one server of a database.
pub struct ServerLease {
    db: Database,
    /// SQLite: locked until it is closed.
    file: Option<File>,
}

impl Database {
    /// Makes this process the one server of the database, or says which one is. A server that was not heard of since
    /// this began to look is waited for until its lease ends.
    pub async fn lease(&self, server: &Server) -> Result<ServerLease> {
        let file = if self.is_postgres() {
            self.take_row(server).await?;
            None
        } else {
            Some(self.take_file(server).await?)
        };
        Ok(ServerLease { db: self.clone(), file })
    }

    async fn take_row(&self, server: &Server) -> Result<()> {
        let mut seen = None;
        loop {
            let Some(held) = self.try_row(server.clone()).await? else { return Ok(()) };
            match seen {
                None => {
                    tracing::warn!(
                        "{} Waiting for up to {} s, in case it has crashed.",
                        already(held.server.as_ref()),
                        held.rest.as_secs() + 1
                    );
                    seen = Some(held.version);
                }
                Some(version) if version != held.version => return Err(refused(held.server.as_ref())),
                Some(_) => {}
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Takes the row if it is free; otherwise it is told whose it is.
    async fn try_row(&self, server: Server) -> Result<Option<Held>> {
        let (holder, asked) = (self.origin(), Instant::now());
        let held = self
            .write_unasked(move |tx| {
                Box::pin(async move {
                    tx.lock(Section::ServerLease).await?;
                    tx.connection().execute(&server_lease()).await.doing("make the table of the lease")?;
                    let sql = format!(
                        "INSERT INTO server_lease AS held (id, holder, lock, host, data_dir, since, lease_until)
                         VALUES (1, $1, $2, $3, $4, $5, {NOW} + $6)
                         ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, lock = excluded.lock,
                             host = excluded.host, data_dir = excluded.data_dir, since = excluded.since,
                             lease_until = excluded.lease_until
                         WHERE held.lease_until <= {NOW} OR held.lock = excluded.lock"
                    );
                    let values: [Value; 6] = [
                        holder.into(),
                        server.lock.into(),
                        server.host.into(),
                        server.data_dir.into(),
                        server.since.micros().into(),
                        micros(LEASE).into(),
                    ];
                    if execute(tx, sql, values).await.doing("take the lease")? == 1 {
                        return Ok(None);
                    }
                    let held = row(tx.connection()).await.doing("read the lease")?;
                    held.ok_or_else(|| Error::internal("a lease without a row")).map(Some)
                })
            })
            .await?;
        if held.is_none() {
            self.standing().send_replace(Standing::Until(asked + LEASE));
        }
        Ok(held)
    }

    /// Whether this process may write now: a server only while it has its lease.
    pub(crate) async fn may_write(&self) -> Result<()> {
        let standing = *self.standing().borrow();
        match standing {
            Standing::Guest => Ok(()),
            Standing::Until(end) if Instant::now() < end => Ok(()),
            Standing::Until(_) => self.renew_lease().await,
            Standing::Over => Err(lost()),
        }
    }

    async fn renew_lease(&self) -> Result<()> {
        let asked = Instant::now();
        let statement = Statement::from_sql_and_values(
            DbBackend::Postgres,
            format!("UPDATE server_lease SET lease_until = {NOW} + $1 WHERE holder = $2"),
            [micros(LEASE).into(), self.origin().into()],
        );
        // Not among the writes, which may wait for each other's locks.
        let renewed = tokio::time::timeout(ANSWER_WITHIN, self.reader().execute_raw(statement))
            .await
            .map_err(|_| Error::unavailable("The database does not answer.").context("renew the lease"))?
            .doing("renew the lease")?
            .rows_affected();
        self.standing().send_if_modified(|standing| {
            if *standing != Standing::Over {
                *standing = if renewed == 1 { Standing::Until(asked + LEASE) } else { Standing::Over };
            }
            *standing == Standing::Over
        });
        if renewed == 1 { Ok(()) } else { Err(lost()) }
    }

    async fn take_file(&self, server: &Server) -> Result<File> {
        let path = self.lock_file()?;
        let failed = |error| {
            Error::unavailable(format!("The lock of the database, {}, can't be taken.", path.display()))
                .with_hint("Check that this user may write the file and that the disk is not full.")
                .with_source(error)
        };
        let open = || OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = open().map_err(failed)?;
        for _ in 0..FILE_TRIES {
            match file.try_lock() {
                Ok(()) => {
                    let text = format!("{}\n{}\n{}\n", server.host, server.data_dir, server.since.micros());
                    file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(failed)?;
                    return Ok(file);
                }
                Err(TryLockError::WouldBlock) => tokio::time::sleep(FILE_PAUSE).await,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Err(refused(said_in(&mut file).as_ref()))
    }

    /// Beside the database itself, whichever way leads there.
    fn lock_file(&self) -> Result<PathBuf> {
        let path = self.file().ok_or_else(|| Error::internal("a database without a file"))?;
        let mut name = path
            .canonicalize()
            .map_err(|error| Error::internal_from("find the database's file", error))?
            .into_os_string();
        name.push(".lock");
        Ok(name.into())
    }

    /// The server that has this database now, as far as it says who it is.
    pub async fn served_by(&self) -> Result<Option<Server>> {
        if self.is_postgres() {
            let there = Statement::from_string(
                DbBackend::Postgres,
                "SELECT 1 AS there WHERE to_regclass('server_lease') IS NOT NULL",
            );
            if self.reader().query_one_raw(there).await.doing("look for the lease")?.is_none() {
                return Ok(None);
            }
            let held = row(self.reader()).await.doing("read the lease")?;
            return Ok(held.filter(|held| !held.rest.is_zero()).and_then(|held| held.server));
        }
        let Ok(mut file) = File::open(self.lock_file()?) else { return Ok(None) };
        Ok(match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => said_in(&mut file),
            _ => None,
        })
    }
}

impl ServerLease {
    /// Brings the tables up to what this program needs, while no other server uses them.
    pub async fn migrate(&self) -> Result<()> {
        tokio::select! {
            lost = self.keep() => Err(lost),
            migrated = self.db.migrate() => migrated,
        }
    }

    /// Renews it until another server has it. While the database is away it is tried again.
    pub fn keep(&self) -> impl Future<Output = Error> + Send + use<> {
        let db = self.db.clone();
        async move {
            if !db.is_postgres() {
                return std::future::pending().await;
            }
            let (mut standing, mut pause) = (db.standing().subscribe(), RENEW_EVERY);
            loop {
                // A write may find out first.
                let over = standing.wait_for(|standing| *standing == Standing::Over);
                if tokio::time::timeout(pause, over).await.is_ok() {
                    return lost();
                }
                pause = match db.renew_lease().await {
                    Ok(()) => RENEW_EVERY,
                    Err(error) => {
                        if *db.standing().borrow() != Standing::Over {
                            tracing::warn!(error = ?error, "the database's lease could not be renewed; trying again");
                        }
                        RETRY_EVERY
                    }
                };
            }
        }
    }

    /// Why this process has to end, when another one serves.
    pub fn lost(&self) -> Option<Error> {
        (*self.db.standing().borrow() == Standing::Over).then(lost)
    }

    /// Lets the next server start at once. This one writes no more.
    pub async fn release(self) -> Result<()> {
        let Self { db, file } = self;
        drop(file);
        if !db.is_postgres() {
            return Ok(());
        }
        db.standing().send_replace(Standing::Over);
        let statement = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "UPDATE server_lease SET lease_until = 0 WHERE holder = $1",
            [db.origin().into()],
        );
        tokio::time::timeout(ANSWER_WITHIN, db.reader().execute_raw(statement))
            .await
            .map_err(|_| Error::unavailable("The database does not answer.").context("release the lease"))?
            .doing("release the lease")
            .map(drop)
    }
}

/// The database's clock, also when the transaction has waited for a lock.
const NOW: &str = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint";

async fn execute(tx: &Tx, sql: String, values: [Value; 6]) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    Ok(tx.connection().execute_raw(statement).await?.rows_affected())
}

async fn row(connection: &impl sea_orm::ConnectionTrait) -> Result<Option<Held>, DbErr> {
    let sql = format!("SELECT *, lease_until - {NOW} AS rest FROM server_lease WHERE id = 1");
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    row.as_ref().map(held).transpose()
}

fn held(row: &QueryResult) -> Result<Held, DbErr> {
    let server = Server {
        lock: row.try_get("", "lock")?,
        host: row.try_get("", "host")?,
        data_dir: row.try_get("", "data_dir")?,
        since: Timestamp(row.try_get("", "since")?),
    };
    let rest: i64 = row.try_get("", "rest")?;
    Ok(Held {
        server: Some(server),
        version: (row.try_get("", "holder")?, row.try_get("", "lease_until")?),
        rest: Duration::from_micros(rest.try_into().unwrap_or(0)),
    })
}

fn said_in(file: &mut File) -> Option<Server> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    let (host, data_dir) = (lines.next()?.to_owned(), lines.next()?.to_owned());
    let since = Timestamp(lines.next()?.parse().ok()?);
    Some(Server { lock: String::new(), host, data_dir, since })
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn already(server: Option<&Server>) -> String {
    match server {
        Some(server) => format!(
            "Another Portico server serves this database: on the host {}, with the data directory {}, since {}.",
            server.host,
            server.data_dir,
            server.since.in_zone("UTC")
        ),
        None => "Another Portico server serves this database.".to_owned(),
    }
}

fn refused(server: Option<&Server>) -> Error {
    Error::conflict("served_already", already(server))
        .with_hint("Stop that one first, or set PORTICO_DATABASE_URL to another database for this one.")
}

fn lost() -> Error {
    Error::unavailable(
        "Another Portico server has taken over this database, because this one was not heard of for a while.",
    )
    .with_hint("Keep one of the two: stop the other one before you start this one again.")
}
