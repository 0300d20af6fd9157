//! Adding up what processes use, where no control group does it.

use crate::procfs::{Stat, TICKS_PER_SECOND, stat};

/// Memory of all of them. Pages they share count once for each, so this errs towards too much.
pub(crate) fn memory(processes: &[Stat]) -> u64 {
    let page = rustix::param::page_size() as u64;
    processes.iter().map(|process| process.resident_pages * page).sum()
}

/// Processor time of all of them and of those that have ended and were waited for.
pub(crate) fn cpu_time_us(init: i32, processes: &[Stat]) -> u64 {
    let ticks: u64 = stat(init).iter().chain(processes).map(|process| process.cpu_ticks).sum();
    ticks * (1_000_000 / TICKS_PER_SECOND)
}
