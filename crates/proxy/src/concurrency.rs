//! Concurrency limits: how much one person has under way. What is over the limit is refused at once, never queued.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base::{Error, ErrorKind, Result, UserId};

use crate::{Proxy, lock};

/// What one person has under way.
#[derive(Debug, Default)]
pub(crate) struct Concurrency {
    requests: AtomicU32,
    sockets: AtomicU32,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limited {
    Request,
    Socket,
}

/// Counts what it permits while it lives.
pub(crate) struct Permit {
    concurrency: Arc<Concurrency>,
    what: Limited,
}

impl Concurrency {
    fn of(&self, what: Limited) -> &AtomicU32 {
        match what {
            Limited::Request => &self.requests,
            Limited::Socket => &self.sockets,
        }
    }

    /// A permit, or why there is none.
    pub(crate) fn acquire(self: &Arc<Self>, what: Limited, limit: u32) -> Result<Permit> {
        let permit = Permit { concurrency: self.clone(), what };
        // The permit gives back what it took, also when it was one too many.
        if self.of(what).fetch_add(1, Ordering::Relaxed) < limit {
            return Ok(permit);
        }
        let (noun, hint) = match what {
            Limited::Request => ("requests to your workloads under way", "Wait for some of them to end."),
            Limited::Socket => ("connections to your workloads open", "Close some tabs."),
        };
        let text = format!("You have {limit} {noun}, which is the most.");
        Err(Error::new(ErrorKind::TooManyRequests, "too_many_at_once", text)
            .with_hint(hint)
            .with_retry_after(1))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.concurrency.of(self.what).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Proxy {
    pub(crate) fn concurrency(&self, user: UserId) -> Arc<Concurrency> {
        lock(&self.concurrency).entry(user).or_default().clone()
    }
}
