//! A tunnel into a notebook that is no HTTP: what SSH opens.
//!
//! A notebook serves one more path, [`PATH`], that answers with another protocol than HTTP. The content origin never
//! passes a request for it on (what lies below `.portico` is ours), nor any upgrade but to a WebSocket, so no page
//! reaches it. Access is authorized, watched and revoked like that of a browser.

use std::sync::Arc;

use accounts::Accounts;
use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use base::{Actor, Credential, Error, ErrorKind, OpContext, Person, Result};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::access::{Access, Admission, may_open};
use crate::concurrency::{Limited, Permit};
use crate::upstream::UpstreamError;
use crate::{Proxy, Served, content_address, forward, is_slug};

/// Below a workload's path.
const PATH: &str = ".portico/bridge";
/// The protocol that is switched to.
const PROTOCOL: HeaderValue = HeaderValue::from_static("portico-bridge");

/// A connection to a process inside of a notebook.
pub type Bridge = TokioIo<Upgraded>;

/// Somebody's access to the attempt that runs a notebook now. It holds a permit of their connections.
pub struct Tunnel {
    proxy: Proxy,
    access: Arc<Access>,
    _permit: Permit,
}

/// Why there is no tunnel.
#[derive(Debug)]
pub enum Refusal {
    /// It is not theirs, or not there.
    NotFound,
    /// It is theirs, and this is why it can't be reached.
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Proxy {
    /// The use cases that find out who somebody is.
    pub fn accounts(&self) -> &Accounts {
        &self.portal.accounts
    }

    /// The context of work that nobody is known for yet.
    pub fn anonymous(&self) -> OpContext {
        self.context()
    }

    /// Whether a person may open the workload of this name, running or not.
    pub async fn may_open(&self, person: &Person, slug: &str) -> Result<bool> {
        Ok(self.openable(person, slug).await?.is_some())
    }

    async fn openable(&self, person: &Person, slug: &str) -> Result<Option<Served>> {
        if !is_slug(slug) {
            return Ok(None);
        }
        Ok(self.serving.find(slug).await?.filter(|served| may_open(person, served)))
    }

    /// A tunnel into a workload for whoever authenticated with `credential` as this person just now.
    pub async fn tunnel(
        &self,
        person: Person,
        credential: Credential,
        slug: &str,
    ) -> Result<Tunnel, Refusal> {
        let began = tokio::time::Instant::now();
        let served = self.openable(&person, slug).await?.ok_or(Refusal::NotFound)?;
        let page = format!("{}{}", self.portal.settings.public_url, served.page);
        let is_starting = served.attempt.is_some();
        let key = format!("{slug} {credential:?}");
        let ctx = OpContext { actor: Actor::Person(person), credential, ..self.context() };
        let access = match self.remember(key, &ctx, served, began) {
            Admission::Open(access) => access,
            Admission::Unavailable(_) if is_starting => {
                return Err(forward::starting().with_hint(format!("Wait until it is ready: {page}")).into());
            }
            Admission::Unavailable(_) => {
                let error =
                    Error::new(ErrorKind::Unavailable, "workload_stopped", "The notebook does not run.");
                return Err(error.with_hint(format!("Start it on its page: {page}")).into());
            }
        };
        let permit = access.concurrency.acquire(Limited::Socket, self.settings.sockets_per_person)?;
        Ok(Tunnel { proxy: self.clone(), access, _permit: permit })
    }
}

impl Tunnel {
    /// Comes when access is revoked, or the attempt ended.
    pub fn revoked(&self) -> WaitForCancellationFutureOwned {
        self.access.revocation.revoked_owned()
    }

    /// Says that the person did something.
    pub fn touch(&self) {
        self.access.touch(&*self.proxy.portal.clock);
    }

    /// A new connection to a process of its own inside of the notebook.
    pub async fn bridge(&self) -> Result<Bridge> {
        let path = format!("{}{PATH}", content_address::base_path(&self.access.slug));
        let request = Request::get(path)
            .header(header::HOST, "localhost")
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, PROTOCOL)
            .body(Body::empty())
            .map_err(|error| Error::internal_from("ask for a bridge", error))?;
        let sent = self.access.upstream.send_upgrade(&self.proxy.connections, request).await;
        let mut response = sent.map_err(|error| self.proxy.upstream_error(&error))?;
        if response.status() == StatusCode::NOT_FOUND {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "no_bridge",
                "This notebook has no way in by SSH.",
            )
            .with_hint(
                "Restart it if it was started by an older Portico. Notebooks of container images have none.",
            ));
        }
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let error =
                UpstreamError::ConnectionBroken(format!("it answered a bridge with {}", response.status()));
            return Err(self.proxy.upstream_error(&error));
        }
        let upgraded = hyper::upgrade::on(&mut response).await;
        upgraded.map(TokioIo::new).map_err(|error| self.proxy.upstream_error(&UpstreamError::from(error)))
    }
}
