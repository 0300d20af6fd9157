//! Work on files, away from the threads that serve requests.

use std::io;

use base::{Error, Result};

/// Does work that waits for the disk on a thread that may wait. `what` says what it is, for the log.
pub async fn aside<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::internal_from(what, error))?
        .map_err(|error| Error::internal_from(what, error))
}
