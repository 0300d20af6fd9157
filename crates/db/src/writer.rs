//! Group commit for SQLite: one task owns the only writing connection, runs every closure that waits in one
//! transaction (each in its own savepoint) and acknowledges them together after one flush of the disk.

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard};

use base::{Error, GroupId, Result, Timestamp};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Insert,
    QueryTrait as _, Statement, TransactionTrait as _,
};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::connect::begin_immediate;
use crate::errors::{ResultExt as _, same_for_everyone};
use crate::events::{Event, Topic};

/// More than this in one commit would make the first ones wait for the last.
const BATCH: usize = 128;
/// How many writes may wait before back-pressure makes their callers wait.
const QUEUE: usize = 4096;

/// A critical section: what only one process at a time does, on databases with several writers. Each is an advisory
/// lock with a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub enum Section {
    /// Making claims.
    Claims = 0x706f_7274_6963_6f01,
    /// The first set-up.
    Setup = 0x706f_7274_6963_6f02,
    /// Ending that somebody is a platform admin: of two who demote each other, one stays.
    Admins = 0x706f_7274_6963_6f03,
    /// Writing images.
    Images = 0x706f_7274_6963_6f04,
    /// Becoming the one server of the database.
    ServerLease = 0x706f_7274_6963_6f05,
    /// Writing the platform's configuration vault.
    PlatformVault = 0x706f_7274_6963_6f06,
}

/// A transaction in the hands of a use case. Dropped or failed, nothing of it stays.
pub struct Tx {
    transaction: DatabaseTransaction,
    origin: i64,
    pending: Mutex<Pending>,
}

/// What goes with a transaction when its use case is done.
#[derive(Default)]
struct Pending {
    statements: Vec<Statement>,
    events: Vec<Event>,
}

impl Tx {
    pub(crate) fn new(transaction: DatabaseTransaction, origin: i64) -> Self {
        Self { transaction, origin, pending: Mutex::default() }
    }

    /// For queries and statements inside the transaction.
    pub fn connection(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// Adds a row at the end of the transaction, together with all others that were added so: one round trip to
    /// the database instead of many. The use case itself can't read it.
    pub fn insert_later<A: ActiveModelTrait>(&self, insert: Insert<A>) -> Result<()> {
        self.defer(insert.build(self.transaction.get_database_backend()))
    }

    fn defer(&self, statement: Statement) -> Result<()> {
        self.pending()?.statements.push(statement);
        Ok(())
    }

    fn pending(&self) -> Result<MutexGuard<'_, Pending>> {
        self.pending.lock().map_err(|_| Error::internal("a transaction panicked"))
    }

    /// Says that something changed: kept in the outbox with the change, delivered to listeners after the commit.
    pub async fn emit(
        &self,
        at: Timestamp,
        group: Option<GroupId>,
        topic: Topic,
        subject: impl Into<String>,
    ) -> Result<()> {
        let event = Event { at, group, topic, subject: subject.into() };
        self.defer(event.insert(self.origin, self.transaction.get_database_backend()))?;
        self.pending()?.events.push(event);
        Ok(())
    }

    /// Runs what was deferred.
    async fn flush(&self) -> Result<()> {
        let statements = std::mem::take(&mut self.pending()?.statements);
        let statements = match self.transaction.get_database_backend() {
            // SQLite's driver takes several statements at once, with their values one after another.
            DbBackend::Sqlite => batched(statements),
            _ => statements,
        };
        for statement in statements {
            self.transaction.execute_raw(statement).await.doing("write rows")?;
        }
        Ok(())
    }

    /// Keeps other processes out of the section until the end of the transaction, by an advisory lock. SQLite has one
    /// writer anyway.
    pub async fn lock(&self, section: Section) -> Result<()> {
        self.lock_key(section as i64).await
    }

    /// The same for a section that is made from what a person gave, such as a digest.
    pub async fn lock_key(&self, section: i64) -> Result<()> {
        if self.transaction.get_database_backend() == DbBackend::Postgres {
            let statement = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT pg_advisory_xact_lock($1)",
                [section.into()],
            );
            self.transaction.execute_raw(statement).await.doing("take a lock")?;
        }
        Ok(())
    }

    /// The same for one row, named by its id.
    pub async fn lock_row(&self, id: impl Into<sea_orm::prelude::Uuid>) -> Result<()> {
        let bytes = id.into().into_bytes();
        let mut section = [0; 8];
        section.copy_from_slice(&bytes[8..]);
        self.lock_key(i64::from_le_bytes(section)).await
    }

    pub(crate) async fn commit(self) -> Result<Vec<Event>> {
        self.transaction.commit().await.doing("commit")?;
        Ok(self.pending.into_inner().map(|pending| pending.events).unwrap_or_default())
    }

    pub(crate) async fn rollback(self) -> Result<()> {
        self.transaction.rollback().await.doing("roll a transaction back")
    }
}

/// Runs the closure; a panic in it becomes an error, so that one use case can't end the writer.
pub(crate) async fn run_caught<T, F>(tx: &Tx, work: F) -> Result<T>
where
    F: for<'a> FnOnce(&'a Tx) -> BoxFuture<'a, Result<T>> + Send + 'static,
{
    let future = std::panic::catch_unwind(AssertUnwindSafe(|| work(tx)));
    let caught = match future {
        Ok(future) => AssertUnwindSafe(future).catch_unwind().await,
        Err(panic) => Err(panic),
    };
    let value = caught.unwrap_or_else(|_| Err(Error::internal("a use case panicked in its transaction")))?;
    tx.flush().await?;
    Ok(value)
}

fn batched(statements: Vec<Statement>) -> Vec<Statement> {
    let (mut sql, mut values) = (Vec::with_capacity(statements.len()), Vec::new());
    for statement in statements {
        sql.push(statement.sql);
        values.extend(statement.values.into_iter().flat_map(|values| values.0));
    }
    if sql.is_empty() {
        return Vec::new();
    }
    vec![Statement::from_sql_and_values(DbBackend::Sqlite, sql.join("; "), values)]
}

type Acknowledge = Box<dyn FnOnce(Result<()>) + Send>;
type Job = Box<dyn for<'a> FnOnce(&'a Tx) -> BoxFuture<'a, (bool, Acknowledge)> + Send>;

pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    connection: DatabaseConnection,
}

impl Writer {
    pub(crate) fn start(
        connection: DatabaseConnection,
        events: broadcast::Sender<Event>,
        origin: i64,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(serve(connection.clone(), queue, events, origin));
        Self { jobs, connection }
    }

    pub(crate) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a Tx) -> BoxFuture<'a, Result<T>> + Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            async move {
                let result = run_caught(tx, work).await;
                let keep = result.is_ok();
                let acknowledge: Acknowledge = Box::new(move |committed| {
                    let _ = reply.send(match (committed, result) {
                        (_, Err(error)) | (Err(error), Ok(_)) => Err(error),
                        (Ok(()), Ok(value)) => Ok(value),
                    });
                });
                (keep, acknowledge)
            }
            .boxed()
        });
        self.jobs.send(job).await.map_err(|_| Error::unavailable("The server is stopping."))?;
        result.await.map_err(|_| {
            Error::unavailable("The database failed just before this; nothing was changed.")
                .with_hint("Try again in a moment.")
        })?
    }
}

async fn serve(
    connection: DatabaseConnection,
    mut queue: mpsc::Receiver<Job>,
    events: broadcast::Sender<Event>,
    origin: i64,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let mut acknowledgements = Vec::with_capacity(batch.len());
        let committed = match commit_batch(&connection, &mut batch, &mut acknowledgements, origin).await {
            Ok(emitted) => {
                for event in emitted {
                    let _ = events.send(event);
                }
                Ok(())
            }
            Err(error) => {
                // After a full disk or an error of input and output SQLite may have ended the transaction by itself,
                // and then nobody knows what the connection is in the middle of.
                renew(&connection).await;
                Err(error)
            }
        };
        batch.clear();
        for acknowledge in acknowledgements {
            acknowledge(match &committed {
                Ok(()) => Ok(()),
                Err(error) => Err(same_for_everyone(error)),
            });
        }
    }
}

/// Takes the only connection out of its pool, which makes a new one when it is next asked.
async fn renew(connection: &DatabaseConnection) {
    match connection.get_sqlite_connection_pool().acquire().await {
        Ok(broken) => drop(broken.detach()),
        Err(error) => tracing::error!(error = %error, "the writing connection could not be renewed"),
    }
}

async fn commit_batch(
    connection: &DatabaseConnection,
    batch: &mut Vec<Job>,
    acknowledgements: &mut Vec<Acknowledge>,
    origin: i64,
) -> Result<Vec<Event>> {
    let outer = match begin_immediate(connection).await {
        Ok(outer) => outer,
        Err(error) => {
            // Without a transaction nobody's closure can run; each caller hears why.
            tracing::error!(error = ?error, "no write transaction could be opened");
            return Err(error);
        }
    };
    let mut emitted = Vec::new();
    for job in batch.drain(..) {
        let tx = Tx::new(outer.begin().await.doing("set a savepoint")?, origin);
        let (keep, acknowledge) = job(&tx).await;
        acknowledgements.push(acknowledge);
        if keep {
            emitted.extend(tx.commit().await?);
        } else {
            // If this fails there is no transaction any more, for the others neither.
            tx.rollback().await?;
        }
    }
    outer.commit().await.doing("commit")?;
    Ok(emitted)
}
