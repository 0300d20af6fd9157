//! Keeping a workload within its memory, its processors and a number of processes.
//!
//! Control groups do this best, so they are used where the machine lets us make any: version 2 where a subtree is
//! delegated, version 1 where its folders are writable. What they cannot do here is done by the shim itself: it
//! [adds up](accounting) what the processes use.

pub(crate) mod accounting;
mod discover;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::observation::Usage;
use crate::spec::Resources;
use crate::{clock, procfs};

/// How many processes and threads a workload may have.
pub(crate) const MOST_PROCESSES: u64 = 8192;

const CPU_PERIOD_US: i64 = 100_000;

/// Where control groups can be made, by what they limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CgroupBase {
    pub(crate) version: Version,
    pub(crate) memory: Option<PathBuf>,
    pub(crate) cpu: Option<PathBuf>,
    pub(crate) cpuacct: Option<PathBuf>,
    pub(crate) pids: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Version {
    #[default]
    One,
    Two,
}

impl CgroupBase {
    /// Where the groups of that name lie, if there are any.
    pub(crate) fn folders_of(&self, name: &str) -> Vec<PathBuf> {
        self.folders().into_iter().map(|folder| folder.join(name)).collect()
    }

    /// Each folder once.
    fn folders(&self) -> Vec<PathBuf> {
        let all = [&self.memory, &self.cpu, &self.cpuacct, &self.pids];
        let mut folders: Vec<PathBuf> = all.into_iter().flatten().cloned().collect();
        folders.sort();
        folders.dedup();
        folders
    }
}

/// One attempt's control groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cgroups {
    base: CgroupBase,
    /// Each folder once.
    folders: Vec<PathBuf>,
}

impl Cgroups {
    /// Makes the groups of one attempt and sets its limits. A group that cannot be made or set is left out, so that
    /// the caller sees from [`Cgroups::limits_memory`] and [`Cgroups::limits_cpu`] what is in force.
    pub(crate) fn create(base: &CgroupBase, name: &str, resources: Resources) -> Self {
        let make = |folder: &Option<PathBuf>, set: &dyn Fn(&Path) -> io::Result<()>| {
            let folder = folder.as_ref()?.join(name);
            match fs_err::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return None,
                _ => {}
            }
            if set(&folder).is_err() {
                let _ = fs_err::remove_dir(&folder);
                return None;
            }
            Some(folder)
        };
        let version = base.version;
        let memory = make(&base.memory, &|folder| set_memory(version, folder, resources.memory_mib));
        let cpu = make(&base.cpu, &|folder| set_cpu(version, folder, resources.cpu_milli));
        let cpuacct = make(&base.cpuacct, &|_| Ok(()));
        let pids = make(&base.pids, &|folder| write(folder, "pids.max", &MOST_PROCESSES.to_string()));
        let base = CgroupBase { version, memory, cpu, cpuacct, pids };
        let folders = base.folders();
        Cgroups { base, folders }
    }

    /// The groups in which a container engine has put a process. A limit that is not in force there is left out.
    pub(crate) fn of_process(pid: i32, resources: Resources) -> Self {
        let mut base = discover::of_process(pid).unwrap_or_default();
        let file = match base.version {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        };
        let wanted = u64::try_from(resources.memory_mib).unwrap_or(0) << 20;
        let keeps =
            |folder: &PathBuf| wanted == 0 || number(folder, file).is_some_and(|limit| limit <= wanted);
        base.memory = base.memory.filter(keeps);
        // Nothing is ours to clean up.
        Cgroups { base, folders: Vec::new() }
    }

    pub(crate) fn limits_memory(&self) -> bool {
        self.base.memory.is_some()
    }

    pub(crate) fn limits_cpu(&self) -> bool {
        self.base.cpu.is_some()
    }

    pub(crate) fn limits_processes(&self) -> bool {
        self.base.pids.is_some()
    }

    /// The folders, for whoever has to clean up.
    pub(crate) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Puts a process, and so whatever it starts, into the groups.
    pub(crate) fn add(&self, pid: i32) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| write(folder, "cgroup.procs", &pid.to_string()))
    }

    /// For the end: thousands of processes that are killed would go at the pace of the limit.
    pub(crate) fn lift_cpu_limit(&self) {
        let Some(folder) = &self.base.cpu else { return };
        let lifted = match self.base.version {
            Version::One => write(folder, "cpu.cfs_quota_us", "-1"),
            Version::Two => write(folder, "cpu.max", "max"),
        };
        // Without it they go all the same, later.
        drop(lifted);
    }

    /// How often the kernel killed a process for want of memory.
    pub(crate) fn memory_kills(&self) -> u64 {
        let Some(folder) = &self.base.memory else { return 0 };
        let file = match self.base.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        keyed(folder, file, "oom_kill").unwrap_or(0)
    }

    /// The most memory that was in use.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let file = match self.base.version {
            Version::One => "memory.max_usage_in_bytes",
            Version::Two => "memory.peak",
        };
        number(self.base.memory.as_deref()?, file)
    }

    /// Memory in use, without files that are only cached.
    pub(crate) fn memory(&self) -> Option<u64> {
        let folder = self.base.memory.as_deref()?;
        let (usage, inactive) = match self.base.version {
            Version::One => ("memory.usage_in_bytes", "total_inactive_file"),
            Version::Two => ("memory.current", "inactive_file"),
        };
        Some(number(folder, usage)?.saturating_sub(keyed(folder, "memory.stat", inactive).unwrap_or(0)))
    }

    pub(crate) fn cpu_time_us(&self) -> Option<u64> {
        match self.base.version {
            Version::One => number(self.base.cpuacct.as_deref()?, "cpuacct.usage").map(|nanos| nanos / 1000),
            Version::Two => keyed(self.base.cpu.as_deref()?, "cpu.stat", "usage_usec"),
        }
    }

    /// Everything at once, from the processes themselves where the groups do not tell.
    pub(crate) fn usage(&self, init: i32) -> Usage {
        let processes = procfs::descendants(init);
        Usage {
            at_us: clock::wall_us(),
            cpu_time_us: self.cpu_time_us().unwrap_or_else(|| accounting::cpu_time_us(init, &processes)),
            memory_bytes: self.memory().unwrap_or_else(|| accounting::memory(&processes)),
            processes: u32::try_from(processes.len()).unwrap_or(u32::MAX),
        }
    }
}

/// Kills whatever is left in control groups and removes them. They may be gone already.
pub(crate) fn clear(folders: &[PathBuf]) {
    for folder in folders {
        // A group stays busy for a moment after its last process has died.
        for _ in 0..50 {
            match fs_err::remove_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => kill_all(folder),
                _ => break,
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
}

fn kill_all(folder: &Path) {
    if write(folder, "cgroup.kill", "1").is_ok() {
        return;
    }
    let processes = fs_err::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    for pid in
        processes.lines().filter_map(|line| line.parse().ok()).filter_map(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

fn set_memory(version: Version, folder: &Path, memory_mib: i64) -> io::Result<()> {
    if memory_mib <= 0 {
        return Ok(());
    }
    let bytes = (memory_mib << 20).to_string();
    match version {
        Version::One => {
            write(folder, "memory.limit_in_bytes", &bytes)?;
            // Neither is there when the kernel does not account for swap, and then there is nothing to forbid.
            let _ = write(folder, "memory.memsw.limit_in_bytes", &bytes);
            let _ = write(folder, "memory.swappiness", "0");
        }
        Version::Two => {
            write(folder, "memory.max", &bytes)?;
            let _ = write(folder, "memory.swap.max", "0");
        }
    }
    Ok(())
}

fn set_cpu(version: Version, folder: &Path, cpu_milli: i64) -> io::Result<()> {
    if cpu_milli <= 0 {
        return Ok(());
    }
    let quota = (cpu_milli * CPU_PERIOD_US / 1000).max(1000);
    match version {
        Version::One => {
            write(folder, "cpu.cfs_period_us", &CPU_PERIOD_US.to_string())?;
            write(folder, "cpu.cfs_quota_us", &quota.to_string())
        }
        Version::Two => write(folder, "cpu.max", &format!("{quota} {CPU_PERIOD_US}")),
    }
}

fn write(folder: &Path, file: &str, value: &str) -> io::Result<()> {
    // Never created: on the kernel's file system all files are there, and elsewhere a stray file would hide a mistake.
    io::Write::write_all(
        &mut fs_err::OpenOptions::new().write(true).open(folder.join(file))?,
        value.as_bytes(),
    )
}

fn number(folder: &Path, file: &str) -> Option<u64> {
    fs_err::read_to_string(folder.join(file)).ok()?.trim().parse().ok()
}

fn keyed(folder: &Path, file: &str, key: &str) -> Option<u64> {
    let text = fs_err::read_to_string(folder.join(file)).ok()?;
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests;
