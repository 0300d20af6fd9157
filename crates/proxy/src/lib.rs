//! The reverse proxy into workloads that serve HTTP, and the content origin that it is reached at.
//!
//! What people make is never shown on the portal's origin. A workload is served below `/w/<slug>/` of the content
//! origin: a host of its own per workload ([`ContentAddress::Domain`]), or another port of one machine
//! ([`ContentAddress::Port`]). The portal's cookie does not go there: [`open`] trades it for a
//! [content session](accounts::content) by an exchange code that works once. Every request and upgrade is authorized
//! ([`access`]); what stays open is checked again every second.
//!
//! In port mode all workloads share one origin, so the pages of one can send requests to another *of the same person*.
//! Where several people's workloads may be opened by one person, use a domain.

mod access;
mod activity;
mod answer;
mod concurrency;
mod content_address;
mod cookies;
mod exchange_codes;
mod fetch_metadata;
mod forward;
mod headers;
mod open;
mod proxy_metrics;
mod revocation;
mod routes;
mod socket;
mod state;
mod tunnel;
mod upstream;
mod view;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{AttemptId, GroupId, UserId};
use exchange_codes::ExchangeCodes;
use futures::future::BoxFuture;
use proxy_metrics::ProxyMetrics;
use state::State;
use web_kit::Portal;
use workloads::engine::Opens;

pub use activity::Activity;
pub use content_address::{ContentAddress, ContentSettings};
pub use routes::{ContentOrigin, ContentPolicy, ContentRow, ROWS};
pub use tunnel::{Bridge, Refusal, Tunnel};

/// What the proxy needs to know of workloads that serve HTTP.
pub trait Serving: Send + Sync + 'static {
    /// The workload named by `slug`, when it exists.
    fn find<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, base::Result<Option<Served>>>;
}

/// A workload that serves HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub workload_slug: String,
    pub group: GroupId,
    pub group_name: String,
    pub owner: UserId,
    /// Who may open it.
    pub opens: Opens,
    /// The attempt that runs it now.
    pub attempt: Option<AttemptId>,
    /// The path of the portal's page of it.
    pub page: String,
    /// Whether it answers HTTP.
    pub ready: bool,
}

/// The proxy; cheap to clone.
#[derive(Clone)]
pub struct Proxy(Arc<State>);

impl std::ops::Deref for Proxy {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0
    }
}

impl Proxy {
    pub fn new(portal: Portal, serving: Arc<dyn Serving>, settings: ContentSettings) -> Self {
        Self(Arc::new(State {
            connections: portal.workloads.connections(),
            portal,
            serving,
            settings,
            codes: ExchangeCodes::default(),
            entries: Mutex::default(),
            upstreams: Mutex::default(),
            concurrency: Mutex::default(),
            activities: Mutex::default(),
            metrics: ProxyMetrics::new(),
            began: tokio::time::Instant::now(),
        }))
    }

    /// What a workload's people did since this server started; see [`Activity`].
    pub fn activity(&self, slug: &str) -> Activity {
        lock(&self.activities).get(slug).map_or_else(Activity::default, |counter| counter.read())
    }
}

/// None of our locks is held across anything that could leave half a change behind.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A slug as the platform makes them; what has another shape is no workload.
pub(crate) fn is_slug(text: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 63 && text.bytes().all(is_fine) && !text.starts_with('-')
}
