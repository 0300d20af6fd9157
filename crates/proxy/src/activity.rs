//! Whether anybody uses a workload.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use base::Timestamp;
use metrics::Gauge;

use crate::proxy_metrics::ProxyMetrics;
use crate::{Proxy, lock};

/// How a workload was used through the proxy since this server started.
///
/// An open tab is not use: pages poll by reading, and answer pings. What counts is a request that may change
/// something (any method but GET, HEAD and OPTIONS), going to a page, and data that the client sends over a WebSocket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// `None` when there was none since the server started.
    pub last_at: Option<Timestamp>,
    pub open_sockets: u32,
}

/// Counts for one workload.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    last_at: AtomicI64,
    open_sockets: AtomicU32,
}

/// Counts an open socket while it lives.
pub(crate) struct OpenSocket(Arc<Counter>, Gauge);

impl Counter {
    pub(crate) fn read(&self) -> Activity {
        let last_at = self.last_at.load(Ordering::Relaxed);
        Activity {
            last_at: (last_at != 0).then_some(Timestamp(last_at)),
            open_sockets: self.open_sockets.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn touch(&self, now: Timestamp) {
        self.last_at.fetch_max(now.micros(), Ordering::Relaxed);
    }

    pub(crate) fn open_socket(self: &Arc<Self>, metrics: &ProxyMetrics) -> OpenSocket {
        self.open_sockets.fetch_add(1, Ordering::Relaxed);
        metrics.open_sockets.increment(1);
        OpenSocket(self.clone(), metrics.open_sockets.clone())
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.open_sockets.fetch_sub(1, Ordering::Relaxed);
        self.1.decrement(1);
    }
}

impl Proxy {
    pub(crate) fn counter(&self, slug: &str) -> Arc<Counter> {
        lock(&self.activities).entry(slug.to_owned()).or_default().clone()
    }
}
