//! The revocation of an access.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture, WaitForCancellationFutureOwned};

/// Ends whatever waits for it. Each part of a response asks whether it came, so asking takes no lock.
#[derive(Debug, Default)]
pub(crate) struct Revocation {
    is_revoked: AtomicBool,
    token: CancellationToken,
}

impl Revocation {
    pub(crate) fn revoke(&self) {
        self.is_revoked.store(true, Ordering::Release);
        self.token.cancel();
    }

    pub(crate) fn is_revoked(&self) -> bool {
        self.is_revoked.load(Ordering::Acquire)
    }

    pub(crate) fn revoked(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }

    pub(crate) fn revoked_owned(&self) -> WaitForCancellationFutureOwned {
        self.token.clone().cancelled_owned()
    }
}
