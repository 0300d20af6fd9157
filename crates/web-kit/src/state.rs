//! What every handler can reach.

use std::net::IpAddr;
use std::sync::Arc;

use accounts::Accounts;
use base::Clock;
use db::Database;
use tokio::sync::watch;
use workloads::Workloads;

/// The portal's parts; cheap to clone.
#[derive(Clone)]
pub struct Portal(Arc<Parts>);

/// See [`Portal`].
pub struct Parts {
    pub db: Database,
    pub accounts: Accounts,
    pub workloads: Workloads,
    pub clock: Arc<dyn Clock>,
    pub settings: PortalSettings,
    /// Turns true when the server stops, so that open streams end.
    pub stopping: watch::Receiver<bool>,
}

/// What the configuration says about the portal.
#[derive(Clone, Debug)]
pub struct PortalSettings {
    /// How people reach it, without a slash at the end.
    pub public_url: String,
    /// The origin of workloads that serve HTTP; `{workload}` in it stands for the one that is meant.
    pub content_origin: String,
    /// Where notebooks are reached by SSH, if they are.
    pub ssh: Option<SshPlace>,
    pub version: &'static str,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where the data are, for the system page.
    pub data_dir: String,
    pub database: String,
}

/// Where people reach notebooks by SSH, and how they know that it is us.
#[derive(Clone, Debug)]
pub struct SshPlace {
    pub host: String,
    pub port: u16,
    /// Of the server's key, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
    /// The server's key as it stands in `known_hosts`, behind the host.
    pub host_key: String,
}

impl SshPlace {
    /// The line of `known_hosts` that stands for this server.
    pub fn known_hosts(&self) -> String {
        match self.port {
            22 => format!("{} {}", self.host, self.host_key),
            port => format!("[{}]:{port} {}", self.host, self.host_key),
        }
    }

    /// What belongs into `~/.ssh/config` to reach a workload by this name.
    pub fn config(&self, alias: &str, slug: &str) -> String {
        format!("Host {alias}\n  HostName {}\n  Port {}\n  User {slug}\n", self.host, self.port)
    }
}

impl PortalSettings {
    /// Where a workload that serves HTTP is reached.
    pub fn content_url(&self, slug: &str) -> String {
        format!("{}{}", self.content_origin_of(slug), workloads::serving::base_path(slug))
    }

    /// The origin that what a workload or job made is shown on.
    pub fn content_origin_of(&self, slug: &str) -> String {
        self.content_origin.replace("{workload}", slug)
    }

    /// Whether browsers reach the portal by TLS, so that cookies can be kept to it.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

impl Portal {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for Portal {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
