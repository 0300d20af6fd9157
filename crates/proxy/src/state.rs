//! What the proxy knows between requests. All of it can be lost: content sessions are in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use base::{AttemptId, UserId};
use tokio::time::Instant;
use web_kit::Portal;
use workloads::running::Connections;

use crate::access::Access;
use crate::activity::Counter;
use crate::codes::Codes;
use crate::load::Load;
use crate::measures::Measures;
use crate::upstream::Upstream;
use crate::{ContentSettings, Serving};

/// What a [`Proxy`](crate::Proxy) is made of.
pub struct State {
    pub(crate) portal: Portal,
    pub(crate) serving: Arc<dyn Serving>,
    pub(crate) connections: Connections,
    pub(crate) settings: ContentSettings,
    pub(crate) codes: Codes,
    pub(crate) entries: Mutex<HashMap<String, Arc<Access>>>,
    pub(crate) upstreams: Mutex<HashMap<AttemptId, Weak<Upstream>>>,
    pub(crate) loads: Mutex<HashMap<UserId, Arc<Load>>>,
    pub(crate) activities: Mutex<HashMap<String, Arc<Counter>>>,
    pub(crate) measures: Measures,
    pub(crate) began: Instant,
}
