//! Authorization at a workload: for its owner, while they are a member of its group, by content session or API token.
//!
//! What was found out holds for at most a second. The watcher ([`crate::watch`]) finds it out again for whatever was
//! used lately or is open, so that requests seldom wait for it; and it [revokes](Access::revocation) what no longer
//! holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use accounts::content::Grant;
use axum::http::{HeaderMap, header};
use base::{Actor, AttemptId, Credential, Error, OpContext, Person, Result, Secret};
use tokio::time::Instant;
use web_kit::session_cookie;

use crate::activity::Counter;
use crate::concurrency::Concurrency;
use crate::fetch_metadata::FetchMetadata;
use crate::revocation::Revocation;
use crate::upstream::Upstream;
use crate::{Proxy, Served, lock};

/// For so long what was found out holds.
pub(crate) const FRESH: Duration = Duration::from_secs(1);

/// What one credential was authorized to: one attempt of a workload.
pub(crate) struct Access {
    pub(crate) slug: String,
    pub(crate) grant: Grant,
    pub(crate) attempt: AttemptId,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) counter: Arc<Counter>,
    pub(crate) concurrency: Arc<Concurrency>,
    /// Ends whatever is open through this.
    pub(crate) revocation: Revocation,
    /// Whether a person did something since the watcher last asked.
    pub(crate) was_active: AtomicBool,
    clock: MonotonicClock,
    checked_at: AtomicU64,
    used_at: AtomicU64,
}

/// Milliseconds since the first access was made, which fit into an atomic.
#[derive(Clone, Copy)]
struct MonotonicClock(Instant);

impl MonotonicClock {
    fn at(self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.0).as_millis()).unwrap_or(u64::MAX)
    }
    fn since(self, then: u64) -> Duration {
        Duration::from_millis(self.at(Instant::now()).saturating_sub(then))
    }
}

impl Access {
    /// Says that everything held at this moment.
    pub(crate) fn checked(&self, at: Instant) {
        self.checked_at.fetch_max(self.clock.at(at), Ordering::Relaxed);
    }

    /// Whether what was found out still holds; if so, it is used now.
    fn use_fresh(&self) -> bool {
        let now = self.clock.at(Instant::now());
        let age = now.saturating_sub(self.checked_at.load(Ordering::Relaxed));
        if self.revocation.is_revoked() || u128::from(age) >= FRESH.as_millis() {
            return false;
        }
        self.used_at.store(now, Ordering::Relaxed);
        true
    }

    /// How long nobody asked for it.
    pub(crate) fn unused_for(&self) -> Duration {
        self.clock.since(self.used_at.load(Ordering::Relaxed))
    }

    fn used(&self) {
        self.used_at.store(self.clock.at(Instant::now()), Ordering::Relaxed);
    }

    /// Notes that a person did something.
    pub(crate) fn touch(&self, clock: &dyn base::Clock) {
        self.counter.touch(clock.now());
        self.was_active.store(true, Ordering::Relaxed);
    }
}

/// What a request authenticates with.
pub(crate) enum Presented {
    Token(Secret),
    /// Content sessions; more than one where a page planted some (cookie tossing, session fixation).
    Cookies(Vec<Secret>),
}

/// What a person gets.
pub(crate) enum Admission {
    Open(Arc<Access>),
    /// It is theirs, and does not answer now.
    Unavailable(Served),
}

/// The API token of an `Authorization` header, where there is one of ours.
pub(crate) fn token(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let is_ours = (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token"))
        && token.trim().starts_with(base::secret::TOKEN_PREFIX);
    is_ours.then(|| Secret::new(token.trim()))
}

/// What the request authenticates with at this workload.
pub(crate) fn presented(proxy: &Proxy, slug: &str, headers: &HeaderMap) -> Result<Presented> {
    if let Some(token) = token(headers) {
        return Ok(Presented::Token(token));
    }
    let (name, _) = proxy.settings.address.cookie(slug);
    let cookies = session_cookie::named(name, headers);
    if cookies.is_empty() { Err(not_signed_in()) } else { Ok(Presented::Cookies(cookies)) }
}

pub(crate) fn not_signed_in() -> Error {
    Error::unauthenticated("You are not signed in to this workload.")
        .with_hint("Open it from its page in Portico, or send an API token with the scope “write”.")
}

/// The same words for what is not there and what one may not open.
pub(crate) fn missing() -> Error {
    Error::not_found("workload of this name")
}

/// Whether somebody may open a workload. Group admins and platform admins may see and stop those of others, not open
/// them.
pub(crate) fn may_open(person: &Person, served: &Served) -> bool {
    served.opens.lets_in(person, served.owner, served.group)
}

fn key(slug: &str, secret: &Secret) -> String {
    format!("{slug} {}", secret.expose())
}

impl Proxy {
    /// Lets a request in, or says why not.
    pub(crate) async fn admit(
        &self,
        slug: &str,
        presented: &Presented,
        fetch: &FetchMetadata,
    ) -> Result<Admission> {
        let secrets = match presented {
            Presented::Token(token) => std::slice::from_ref(token),
            Presented::Cookies(cookies) => {
                fetch.check(&self.settings.address.origin(slug))?;
                cookies
            }
        };
        if let Some(access) = secrets.iter().find_map(|secret| self.fresh(&key(slug, secret))) {
            return Ok(Admission::Open(access));
        }
        let began = Instant::now();
        for secret in secrets {
            let Some((person, credential)) = self.authenticate(slug, presented, secret).await? else {
                self.forget(&key(slug, secret));
                continue;
            };
            let served = self.serving.find(slug).await?.filter(|served| may_open(&person, served));
            let Some(served) = served else {
                self.forget(&key(slug, secret));
                return Err(missing());
            };
            let ctx = OpContext { actor: Actor::Person(person), credential, ..self.context() };
            ctx.require_write()?;
            return Ok(self.remember(key(slug, secret), &ctx, served, began));
        }
        Err(not_signed_in())
    }

    async fn authenticate(
        &self,
        slug: &str,
        presented: &Presented,
        secret: &Secret,
    ) -> Result<Option<(Person, Credential)>> {
        let (accounts, ctx) = (&self.portal.accounts, self.context());
        match presented {
            Presented::Token(_) => accounts.authenticate_token(&ctx, secret.expose()).await.map(Some),
            Presented::Cookies(_) => accounts.authenticate_content(&ctx, secret.expose(), slug).await,
        }
    }

    fn fresh(&self, key: &str) -> Option<Arc<Access>> {
        lock(&self.entries).get(key).filter(|access| access.use_fresh()).cloned()
    }

    /// Keeps what was found out, in the entry that there is where that still says the same.
    pub(crate) fn remember(
        &self,
        key: String,
        ctx: &OpContext,
        served: Served,
        checked: Instant,
    ) -> Admission {
        let (Some(attempt), Some(user), true) = (served.attempt, ctx.actor_id(), served.ready) else {
            self.forget(&key);
            return Admission::Unavailable(served);
        };
        let grant = Grant { user, group: served.group, credential: ctx.credential.clone() };
        let mut entries = lock(&self.entries);
        if let Some(access) = entries.get(&key) {
            if access.attempt == attempt && access.grant == grant && !access.revocation.is_revoked() {
                access.checked(checked);
                access.used();
                return Admission::Open(access.clone());
            }
            access.revocation.revoke();
        }
        let clock = MonotonicClock(self.began);
        let access = Arc::new(Access {
            grant,
            attempt,
            upstream: self.upstream(attempt),
            counter: self.counter(&served.workload_slug),
            concurrency: self.concurrency(user),
            revocation: Revocation::default(),
            was_active: AtomicBool::new(false),
            checked_at: AtomicU64::new(clock.at(checked)),
            used_at: AtomicU64::new(clock.at(Instant::now())),
            clock,
            slug: served.workload_slug,
        });
        entries.insert(key, access.clone());
        Admission::Open(access)
    }

    /// Ends what is open through an entry that no longer holds.
    fn forget(&self, key: &str) {
        if let Some(access) = lock(&self.entries).remove(key) {
            access.revocation.revoke();
        }
    }

    /// The context of work that nobody's request is named for yet.
    pub(crate) fn context(&self) -> OpContext {
        OpContext {
            actor: Actor::Anonymous,
            credential: Credential::None,
            request_id: String::new(),
            clock: self.portal.clock.clone(),
            address: None,
            // Always read anew: what is remembered here is remembered for a second at most.
            catalogue: None,
        }
    }
}
