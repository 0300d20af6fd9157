//! Admission control: how many connections there may be, each held by a permit.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base::UserId;

/// Connections before authentication, all together and from one address: what a slow loris could hold open.
const MAX_UNAUTHENTICATED: u32 = 256;
const MAX_UNAUTHENTICATED_OF_ADDRESS: u32 = 20;
/// People behind one address share it.
const MAX_OF_ADDRESS: u32 = 256;
const MAX_OF_PERSON: u32 = 64;

/// Counts of what is open, by whom.
#[derive(Clone, Default)]
pub(crate) struct Limits {
    unauthenticated: Counts<()>,
    unauthenticated_of_address: Counts<IpAddr>,
    of_address: Counts<IpAddr>,
    of_person: Counts<UserId>,
}

/// The permits of a connection that is not authenticated yet.
pub(crate) struct PreAuthPermits {
    _all: ConnectionPermit<()>,
    _of: ConnectionPermit<IpAddr>,
}

impl Limits {
    /// A permit for a new connection, and one for as long as it is not authenticated.
    pub(crate) fn admit(&self, address: IpAddr) -> Option<(ConnectionPermit<IpAddr>, PreAuthPermits)> {
        let pre_auth = PreAuthPermits {
            _all: self.unauthenticated.acquire((), MAX_UNAUTHENTICATED)?,
            _of: self.unauthenticated_of_address.acquire(address, MAX_UNAUTHENTICATED_OF_ADDRESS)?,
        };
        Some((self.of_address.acquire(address, MAX_OF_ADDRESS)?, pre_auth))
    }

    pub(crate) fn person(&self, user: UserId) -> Option<ConnectionPermit<UserId>> {
        self.of_person.acquire(user, MAX_OF_PERSON)
    }
}

#[derive(Clone)]
struct Counts<K>(Arc<Mutex<HashMap<K, u32>>>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Copy + Eq + Hash> Counts<K> {
    fn acquire(&self, key: K, max: u32) -> Option<ConnectionPermit<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(ConnectionPermit { counts: self.clone(), key })
    }
}

/// Counts a connection; given back when it is dropped.
pub(crate) struct ConnectionPermit<K: Copy + Eq + Hash> {
    counts: Counts<K>,
    key: K,
}

impl<K: Copy + Eq + Hash> Drop for ConnectionPermit<K> {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_given_back() {
        let limits = Limits::default();
        let address: IpAddr = [127, 0, 0, 1].into();
        let held: Vec<_> =
            (0..MAX_UNAUTHENTICATED_OF_ADDRESS).map(|_| limits.admit(address).unwrap()).collect();
        assert!(limits.admit(address).is_none());
        assert!(limits.admit([127, 0, 0, 2].into()).is_some(), "others are not kept out");
        // Those that showed a key are counted otherwise.
        let known: Vec<_> = held.into_iter().map(|(permit, _)| permit).collect();
        assert!(limits.admit(address).is_some());
        drop(known);
        assert!(limits.of_address.0.lock().unwrap().is_empty());
    }
}
