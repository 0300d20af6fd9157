//! A cache of what was read of the catalogue, invalidated by its version.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use base::Result;

/// Values by key, all of one version of the catalogue ([`crate::Database::catalogue_version`]).
///
/// Only what is there is kept, so that something new needs no change of the version to be found.
#[derive(Debug)]
pub struct Cache<K, V> {
    entries: Mutex<Entries<K, V>>,
    capacity: usize,
}

#[derive(Debug)]
struct Entries<K, V> {
    version: i64,
    values: HashMap<K, V>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// Holds at most so many values.
    pub fn new(capacity: usize) -> Self {
        Self { entries: Mutex::new(Entries { version: i64::MIN, values: HashMap::new() }), capacity }
    }

    /// The value as of `version` or newer; loaded if it is not known. Without a version it is always loaded.
    pub async fn get_or_load(
        &self,
        version: Option<i64>,
        key: K,
        load: impl Future<Output = Result<Option<V>>>,
    ) -> Result<Option<V>> {
        let Some(version) = version else { return load.await };
        if let Some(value) = self.get(version, &key) {
            return Ok(Some(value));
        }
        let value = load.await?;
        if let Some(value) = &value {
            self.keep(version, key, value.clone());
        }
        Ok(value)
    }

    /// Makes the next one who asks load it.
    pub fn forget(&self, key: &K) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).values.remove(key);
    }

    fn get(&self, version: i64, key: &K) -> Option<V> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.version < version {
            entries.version = version;
            entries.values.clear();
        }
        // What is held may be newer than what was asked for, never older.
        entries.values.get(key).cloned()
    }

    fn keep(&self, version: i64, key: K, value: V) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // It was read after `version`, but perhaps before what made the newer one.
        if entries.version != version {
            return;
        }
        if entries.values.len() >= self.capacity {
            entries.values.clear();
        }
        entries.values.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(cache: &Cache<&'static str, u32>, version: i64, now: Option<u32>) -> Option<u32> {
        cache.get_or_load(Some(version), "key", async { Ok(now) }).await.unwrap()
    }

    #[tokio::test]
    async fn a_value_holds_for_its_version_only() {
        let cache = Cache::new(10);
        assert_eq!(ask(&cache, 1, None).await, None);
        assert_eq!(ask(&cache, 1, Some(1)).await, Some(1), "that nothing was there is not kept");
        assert_eq!(ask(&cache, 1, Some(2)).await, Some(1));
        assert_eq!(ask(&cache, 2, Some(2)).await, Some(2));
        assert_eq!(ask(&cache, 1, Some(3)).await, Some(2), "newer than asked for is right too");
        cache.forget(&"key");
        assert_eq!(ask(&cache, 1, Some(3)).await, Some(3));
        assert_eq!(ask(&cache, 2, Some(4)).await, Some(4), "what was read for an old version is not kept");
        assert_eq!(cache.get_or_load(None, "key", async { Ok(Some(5)) }).await.unwrap(), Some(5));
    }

    #[tokio::test]
    async fn it_does_not_grow_without_end() {
        let cache = Cache::new(2);
        for key in 0..10 {
            cache.get_or_load(Some(1), key, async { Ok(Some(key)) }).await.unwrap();
        }
        assert!(cache.entries.lock().unwrap().values.len() <= 2);
    }
}
