//! How far the catalogue has changed, asked by every request.

use base::{Error, Result};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::sync::{mpsc, oneshot};

use crate::errors::{ResultExt as _, same_for_everyone};

/// Requests that ask at the same time share one read (request coalescing), which begins after all of them asked.
pub(crate) struct Catalogue {
    requests: mpsc::Sender<oneshot::Sender<Result<i64>>>,
}

const MAX_BATCH: usize = 256;

impl Catalogue {
    pub(crate) fn start(readers: DatabaseConnection) -> Self {
        let (requests, mut waiting) = mpsc::channel::<oneshot::Sender<Result<i64>>>(MAX_BATCH);
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while waiting.recv_many(&mut batch, MAX_BATCH).await > 0 {
                let found = read(&readers).await;
                for reply in batch.drain(..) {
                    let _ = reply.send(found.as_ref().copied().map_err(same_for_everyone));
                }
            }
        });
        Self { requests }
    }

    pub(crate) async fn version(&self) -> Result<i64> {
        let (reply, version) = oneshot::channel();
        let stopping = || Error::unavailable("The server is stopping.");
        self.requests.send(reply).await.map_err(|_| stopping())?;
        version.await.map_err(|_| stopping())?
    }
}

async fn read(readers: &DatabaseConnection) -> Result<i64> {
    let statement = Statement::from_string(
        readers.get_database_backend(),
        "SELECT number FROM versions WHERE name = 'catalogue'",
    );
    let row = readers.query_one_raw(statement).await.doing("read the catalogue's version")?;
    let row = row.ok_or_else(|| Error::internal("the catalogue has no version"))?;
    row.try_get("", "number").doing("read the catalogue's version")
}
