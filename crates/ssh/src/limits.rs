//! How many connections there may be.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base::UserId;

/// Connections that have not shown a key yet, all together and from one address.
const UNKNOWN: u32 = 256;
const UNKNOWN_OF_ADDRESS: u32 = 20;
/// People behind one address share it.
const OF_ADDRESS: u32 = 256;
const OF_PERSON: u32 = 64;

/// Counts of what is open, by whom.
#[derive(Clone, Default)]
pub(crate) struct Limits {
    unknown: Counts<()>,
    unknown_of: Counts<IpAddr>,
    of_address: Counts<IpAddr>,
    of_person: Counts<UserId>,
}

/// The places of a connection that nobody is known for.
pub(crate) struct Unknown {
    _all: Place<()>,
    _of: Place<IpAddr>,
}

impl Limits {
    /// A place for a new connection, and one among those that have not shown a key.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<(Place<IpAddr>, Unknown)> {
        let unknown = Unknown {
            _all: self.unknown.take((), UNKNOWN)?,
            _of: self.unknown_of.take(address, UNKNOWN_OF_ADDRESS)?,
        };
        Some((self.of_address.take(address, OF_ADDRESS)?, unknown))
    }

    pub(crate) fn person(&self, user: UserId) -> Option<Place<UserId>> {
        self.of_person.take(user, OF_PERSON)
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
    fn take(&self, key: K, most: u32) -> Option<Place<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { counts: self.clone(), key })
    }
}

/// Given back when it is dropped.
pub(crate) struct Place<K: Copy + Eq + Hash> {
    counts: Counts<K>,
    key: K,
}

impl<K: Copy + Eq + Hash> Drop for Place<K> {
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
    fn places_are_given_back() {
        let limits = Limits::default();
        let address: IpAddr = [127, 0, 0, 1].into();
        let held: Vec<_> = (0..UNKNOWN_OF_ADDRESS).map(|_| limits.enter(address).unwrap()).collect();
        assert!(limits.enter(address).is_none());
        assert!(limits.enter([127, 0, 0, 2].into()).is_some(), "others are not kept out");
        // Those that showed a key are counted otherwise.
        let known: Vec<_> = held.into_iter().map(|(place, _)| place).collect();
        assert!(limits.enter(address).is_some());
        drop(known);
        assert!(limits.of_address.0.lock().unwrap().is_empty());
    }
}
