//! Amounts of CPU, memory and GPU: what instance types offer, claims take and quotas bound.

use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// An amount. CPU in thousandths of a core, memory in MiB, GPUs whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resources {
    pub cpu_milli: i64,
    pub memory_mib: i64,
    pub gpu: i64,
}

impl Resources {
    pub const ZERO: Self = Self { cpu_milli: 0, memory_mib: 0, gpu: 0 };

    pub const fn new(cpu_milli: i64, memory_mib: i64, gpu: i64) -> Self {
        Self { cpu_milli, memory_mib, gpu }
    }
    /// Whether every amount is at most that of `limit`.
    pub const fn fits_in(self, limit: Self) -> bool {
        self.cpu_milli <= limit.cpu_milli && self.memory_mib <= limit.memory_mib && self.gpu <= limit.gpu
    }
    /// "2 cores · 8 GiB · 1 GPU"
    pub fn describe(self) -> String {
        let mut text = format!("{} · {}", cores(self.cpu_milli), memory(self.memory_mib));
        if self.gpu > 0 {
            text.push_str(&format!(" · {}", gpus(self.gpu)));
        }
        text
    }
}

impl Add for Resources {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.cpu_milli + other.cpu_milli, self.memory_mib + other.memory_mib, self.gpu + other.gpu)
    }
}
impl AddAssign for Resources {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl Sub for Resources {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.cpu_milli - other.cpu_milli, self.memory_mib - other.memory_mib, self.gpu - other.gpu)
    }
}

/// An upper bound for each amount; `None` is unlimited, 0 is none at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    pub cpu_milli: Option<i64>,
    pub memory_mib: Option<i64>,
    pub gpu: Option<i64>,
}

/// The first amount that would pass a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    pub what: Amount,
    pub asked: i64,
    pub used: i64,
    pub limit: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Cpu,
    Memory,
    Gpu,
}

impl Amount {
    /// PrimeHub's words for it: "Cpu", "Memory", "Gpu".
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Gpu => "GPU",
        }
    }
    /// "2 cores", "8 GiB", "1 GPU"
    pub fn describe(self, amount: i64) -> String {
        match self {
            Self::Cpu => cores(amount),
            Self::Memory => memory(amount),
            Self::Gpu => gpus(amount),
        }
    }
}

impl Quota {
    pub const UNLIMITED: Self = Self { cpu_milli: None, memory_mib: None, gpu: None };

    /// What stands in the way of taking `ask` on top of `used`, if anything.
    pub fn excess(&self, used: Resources, ask: Resources) -> Option<Excess> {
        let check = |what, limit: Option<i64>, used: i64, asked: i64| {
            let limit = limit?;
            (asked > 0 && used + asked > limit).then_some(Excess { what, asked, used, limit })
        };
        check(Amount::Gpu, self.gpu, used.gpu, ask.gpu)
            .or_else(|| check(Amount::Cpu, self.cpu_milli, used.cpu_milli, ask.cpu_milli))
            .or_else(|| check(Amount::Memory, self.memory_mib, used.memory_mib, ask.memory_mib))
    }
    /// The bound that a machine of this size sets.
    pub const fn of(resources: Resources) -> Self {
        Self {
            cpu_milli: Some(resources.cpu_milli),
            memory_mib: Some(resources.memory_mib),
            gpu: Some(resources.gpu),
        }
    }
}

/// "0.5 cores", "1 core", "2 cores"
pub fn cores(milli: i64) -> String {
    let number = decimal(milli);
    if number == "1" { "1 core".to_owned() } else { format!("{number} cores") }
}

/// Thousandths as a plain decimal: 500 → "0.5", 2000 → "2".
pub fn decimal(milli: i64) -> String {
    let text = format!("{}.{:03}", milli / 1000, (milli % 1000).abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// "512 MiB", "8 GiB", "1.5 GiB"
pub fn memory(mib: i64) -> String {
    if mib < 1024 { format!("{mib} MiB") } else { format!("{} GiB", decimal((mib * 1000 + 512) / 1024)) }
}

/// Memory in use, in the units that its limit has: "0.6 MiB", "1.1 GiB".
pub fn memory_bytes(count: u64) -> String {
    let mib = count as f64 / f64::from(1 << 20);
    if mib < 1023.95 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

fn gpus(count: i64) -> String {
    if count == 1 { "1 GPU".to_owned() } else { format!("{count} GPUs") }
}

/// Bytes for people: "12 B", "4.1 MB", "2 GB" (powers of ten, as disks are sold).
pub fn bytes(count: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 || value.fract() < 0.05 {
        format!("{value:.0} {}", units[unit])
    } else {
        format!("{value:.1} {}", units[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_like_a_person_would_write_them() {
        assert_eq!(cores(500), "0.5 cores");
        assert_eq!(
            (memory_bytes(643_072), memory_bytes(1 << 30)),
            ("0.6 MiB".to_owned(), "1.0 GiB".to_owned())
        );
        assert_eq!(cores(1000), "1 core");
        assert_eq!(memory(512), "512 MiB");
        assert_eq!(memory(8192), "8 GiB");
        assert_eq!(memory(1536), "1.5 GiB");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(173_400_000), "173.4 MB");
        assert_eq!(Resources::new(4000, 16384, 1).describe(), "4 cores · 16 GiB · 1 GPU");
    }

    #[test]
    fn zero_refuses_and_null_does_not() {
        let ask = Resources::new(500, 1024, 0);
        assert_eq!(Quota::UNLIMITED.excess(Resources::new(1 << 40, 1 << 40, 9), ask), None);
        let none = Quota { cpu_milli: Some(0), ..Quota::UNLIMITED };
        assert_eq!(none.excess(Resources::ZERO, ask).map(|e| e.what), Some(Amount::Cpu));
        // A GPU quota of 0 must not hide what asks for no GPU (a bug that PrimeHub once had).
        let no_gpu = Quota { gpu: Some(0), ..Quota::UNLIMITED };
        assert_eq!(no_gpu.excess(Resources::ZERO, ask), None);
    }
}
