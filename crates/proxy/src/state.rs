//! What the proxy knows between requests. All of it can be lost: content sessions are in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use base::{AttemptId, UserId};
use tokio::time::Instant;
use web_kit::Portal;
use workloads::running::Connections;

use crate::access::Access;
use crate::activity::Counter;
use crate::concurrency::Concurrency;
use crate::exchange_codes::ExchangeCodes;
use crate::proxy_metrics::ProxyMetrics;
use crate::upstream::Upstream;
use crate::{ContentSettings, Serving};

/// What a [`Proxy`](crate::Proxy) is made of.
pub struct State {
    pub(crate) portal: Portal,
    pub(crate) serving: Arc<dyn Serving>,
    pub(crate) connections: Connections,
    pub(crate) settings: ContentSettings,
    pub(crate) codes: ExchangeCodes,
    pub(crate) entries: Mutex<HashMap<String, Arc<Access>>>,
    pub(crate) upstreams: Mutex<HashMap<AttemptId, Weak<Upstream>>>,
    pub(crate) concurrency: Mutex<HashMap<UserId, Arc<Concurrency>>>,
    pub(crate) activities: Mutex<HashMap<String, Arc<Counter>>>,
    pub(crate) metrics: ProxyMetrics,
    pub(crate) began: Instant,
}
