//! How much one person has under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base::{Error, ErrorKind, Result, UserId};

use crate::{Proxy, lock};

/// What one person has under way.
#[derive(Debug, Default)]
pub(crate) struct Load {
    requests: AtomicU32,
    sockets: AtomicU32,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Request,
    Socket,
}

/// A place that is taken while this lives.
pub(crate) struct Slot {
    load: Arc<Load>,
    what: What,
}

impl Load {
    fn of(&self, what: What) -> &AtomicU32 {
        match what {
            What::Request => &self.requests,
            What::Socket => &self.sockets,
        }
    }

    /// Takes a place, or says why there is none.
    pub(crate) fn take(self: &Arc<Self>, what: What, most: u32) -> Result<Slot> {
        let slot = Slot { load: self.clone(), what };
        // The slot gives back what it took, also when it was one too many.
        if self.of(what).fetch_add(1, Ordering::Relaxed) < most {
            return Ok(slot);
        }
        let (noun, hint) = match what {
            What::Request => ("requests to your workloads under way", "Wait for some of them to end."),
            What::Socket => ("connections to your workloads open", "Close some tabs."),
        };
        let text = format!("You have {most} {noun}, which is the most.");
        Err(Error::new(ErrorKind::TooManyRequests, "too_many_at_once", text)
            .with_hint(hint)
            .with_retry_after(1))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.load.of(self.what).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Proxy {
    pub(crate) fn load(&self, user: UserId) -> Arc<Load> {
        lock(&self.loads).entry(user).or_default().clone()
    }
}
