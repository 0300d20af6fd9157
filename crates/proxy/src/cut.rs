//! The end of an access.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture, WaitForCancellationFutureOwned};

/// Ends whatever waits for it. Each part of an answer asks whether it came, so asking takes no lock.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    came: AtomicBool,
    token: CancellationToken,
}

impl Cut {
    pub(crate) fn cancel(&self) {
        self.came.store(true, Ordering::Release);
        self.token.cancel();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.came.load(Ordering::Acquire)
    }

    pub(crate) fn cancelled(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }

    pub(crate) fn cancelled_owned(&self) -> WaitForCancellationFutureOwned {
        self.token.clone().cancelled_owned()
    }
}
