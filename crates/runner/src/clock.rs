//! The kernel's clocks.
//!
//! Elsewhere time is an argument. Here it is what is measured: when a process started and ended, and how long it has
//! run. The shim is a program of its own that nobody could hand a clock to.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Microseconds since 1970 (UTC). May jump; for records and for people.
pub(crate) fn wall_us() -> i64 {
    let now = clock_gettime(ClockId::Realtime);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

/// Time since some fixed point. Never jumps, and goes on while the machine sleeps; for limits.
pub(crate) fn elapsed() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
