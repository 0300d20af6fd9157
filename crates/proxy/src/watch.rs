//! Checks again, every second and whenever access changes, what is open: what no longer holds is revoked.
//!
//! It asks for all credentials at once and for each workload seldom, so a thousand sockets of one browser cost as
//! much as one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::{Credential, OpContext, Result};
use db::{Event, Topic};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};

use crate::access::{Access, FRESH};
use crate::{Proxy, lock};

/// How often access is checked again: soon enough that what was found out last still holds.
const TICK: Duration = Duration::from_millis(700);
/// How long what nobody uses is still looked after.
const KEEP: Duration = Duration::from_secs(10);
/// How often each workload is looked up again when no event named it.
const LOOKUP_INTERVAL: Duration = Duration::from_secs(5);

/// What one check may leave out.
struct Watcher {
    proxy: Proxy,
    events: Receiver<Event>,
    /// Whether there was an event since the last look-up that may concern a workload.
    has_changed: bool,
    looked_up: Instant,
}

type Entries = Vec<(String, Arc<Access>)>;

impl Proxy {
    /// Watches over what is open until the server stops; then ends it all, at once.
    pub async fn watch(self) {
        let mut stopping = self.portal.stopping.clone();
        let events = self.portal.db.subscribe();
        let watcher = Watcher { proxy: self.clone(), events, has_changed: true, looked_up: Instant::now() };
        tokio::select! {
            () = watcher.run() => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
        for (_, access) in lock(&self.entries).drain() {
            access.revocation.revoke();
        }
    }
}

impl Watcher {
    async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                event = self.events.recv() => match event {
                    Ok(event) => {
                        self.has_changed = true;
                        if event.topic != Topic::Access {
                            continue;
                        }
                    }
                    Err(RecvError::Lagged(_)) => self.has_changed = true,
                    Err(RecvError::Closed) => return,
                }
            }
            if let Err(error) = self.check_all().await {
                // What is open stays; new requests find out for themselves.
                tracing::warn!(error = ?error, "access to workloads could not be looked at");
            }
        }
    }

    async fn check_all(&mut self) -> Result<()> {
        let began = Instant::now();
        let entries = self.entries();
        self.tidy(&entries);
        if entries.is_empty() {
            return Ok(());
        }
        let ctx = OpContext::system("proxy", self.proxy.portal.clock.clone());
        let accounts = self.proxy.portal.accounts.clone();
        let grants: Vec<_> = entries.iter().map(|(_, access)| access.grant.clone()).collect();
        let holds = accounts.still_granted(&ctx, &grants).await?;
        let mut alive = Entries::new();
        for ((key, access), holds) in entries.into_iter().zip(holds) {
            if holds {
                alive.push((key, access));
            } else {
                self.revoke(&key, &access);
            }
        }
        let alive = self.look_up(alive).await?;
        for (_, access) in &alive {
            access.checked(began);
            if let Credential::Session(session) = access.grant.credential
                && access.was_active.swap(false, Ordering::Relaxed)
            {
                accounts.touch_session(&ctx, session).await?;
            }
        }
        Ok(())
    }

    /// The entries to check; those that nobody holds or uses are dropped.
    fn entries(&self) -> Entries {
        let mut entries = lock(&self.proxy.entries);
        // Whoever holds one more got it from this map, which is locked.
        entries.retain(|_, access| Arc::strong_count(access) > 1 || access.unused_for() < KEEP);
        entries.iter().map(|(key, access)| (key.clone(), access.clone())).collect()
    }

    fn tidy(&self, entries: &Entries) {
        for (_, access) in entries {
            access.upstream.prune();
        }
        lock(&self.proxy.upstreams).retain(|_, upstream| upstream.strong_count() > 0);
        lock(&self.proxy.concurrency).retain(|_, counts| Arc::strong_count(counts) > 1);
    }

    /// Asks for each workload whether it still is what it was, where that may have changed.
    async fn look_up(&mut self, entries: Entries) -> Result<Entries> {
        if !self.has_changed && self.looked_up.elapsed() < LOOKUP_INTERVAL {
            return Ok(entries);
        }
        (self.has_changed, self.looked_up) = (false, Instant::now());
        let mut by_slug: HashMap<String, Entries> = HashMap::new();
        for (key, access) in entries {
            by_slug.entry(access.slug.clone()).or_default().push((key, access));
        }
        let mut alive = Entries::new();
        for (slug, entries) in by_slug {
            let served = self.proxy.serving.find(&slug).await?;
            for (key, access) in entries {
                let still = served.as_ref().is_some_and(|served| {
                    served.attempt == Some(access.attempt)
                        && served.owner == access.grant.user
                        && served.group == access.grant.group
                });
                if still {
                    alive.push((key, access));
                } else {
                    self.revoke(&key, &access);
                }
            }
        }
        Ok(alive)
    }

    fn revoke(&self, key: &str, access: &Arc<Access>) {
        access.revocation.revoke();
        let mut entries = lock(&self.proxy.entries);
        if entries.get(key).is_some_and(|kept| Arc::ptr_eq(kept, access)) {
            entries.remove(key);
        }
    }
}

const _: () = assert!(TICK.as_millis() < FRESH.as_millis());
