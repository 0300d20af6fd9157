//! Time and randomness as arguments, so that tests decide both.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// A moment in UTC microseconds since 1970: what every table stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    pub const fn micros(self) -> i64 {
        self.0
    }
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
    /// Seconds from `earlier` to `self`, negative when `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0) / 1_000_000
    }
    fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
    /// Reads RFC 3339, with any offset.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|at| Self(at.as_microsecond()))
    }
    /// RFC 3339 with milliseconds and `Z`.
    pub fn to_rfc3339(self) -> String {
        format!("{:.3}", self.to_jiff())
    }
    /// Year, month, day, hour and minute in UTC without separators, as job ids carry it.
    pub fn compact_minute(self) -> String {
        self.to_jiff().strftime("%Y%m%d%H%M").to_string()
    }
    /// "2026-11-22 14:05:09 CET" in an IANA time zone; in UTC when the zone is unknown.
    pub fn in_zone(self, zone: &str) -> String {
        let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
        self.to_jiff().to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
    }
    /// The hour of the day (0–23) in an IANA time zone; UTC when the zone is unknown.
    pub fn hour_in(self, zone: &str) -> i8 {
        let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
        self.to_jiff().to_zoned(zone).hour()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

/// Whether the name is a time zone of the IANA database.
pub fn is_time_zone(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

/// Where time and randomness come from.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
    /// Fills the buffer with unpredictable bytes.
    fn fill_random(&self, buffer: &mut [u8]);
}

/// The machine's clock and entropy.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine for the time")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }
    fn fill_random(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives randomness");
    }
}

/// A clock that stands still until told otherwise and gives repeatable "random" bytes; for tests only.
#[derive(Debug)]
pub struct MockClock {
    micros: AtomicI64,
    state: AtomicU64,
}

impl MockClock {
    pub fn new(start: Timestamp, seed: u64) -> Arc<Self> {
        Arc::new(Self { micros: AtomicI64::new(start.0), state: AtomicU64::new(seed) })
    }
    pub fn advance_seconds(&self, seconds: i64) {
        self.micros.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.micros.load(Ordering::SeqCst))
    }
    fn fill_random(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            // splitmix64: enough to make ids differ, and the same for the same seed.
            let mut z = self.state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        let at = Timestamp::from_micros(1_763_800_000_123_456);
        assert_eq!(at.to_rfc3339(), "2025-11-22T08:26:40.123Z");
        assert_eq!(at.compact_minute(), "202511220826");
        assert_eq!(at.hour_in("Asia/Tokyo"), 17);
    }

    #[test]
    fn a_mock_clock_repeats_itself() {
        let bytes = |seed| {
            let mut buffer = [0; 20];
            MockClock::new(Timestamp(0), seed).fill_random(&mut buffer);
            buffer
        };
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8));
    }
}
