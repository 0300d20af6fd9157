//! What this machine lets a local runner do.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::LocalRunner;
use crate::observation::{Capability, CapabilityState};
use crate::shim::SECCOMP_SUPPORTED;
use crate::shim::limits::Version;
use crate::spec::Resources;

/// Left to the machine when its memory is offered.
const RESERVED_MIB: i64 = 512;

impl LocalRunner {
    pub(super) fn find_capabilities(&self) -> Vec<Capability> {
        vec![
            self.sandbox(),
            system_calls(),
            user(),
            self.network(),
            self.memory(),
            self.cpu(),
            self.processes(),
            gpu(),
            self.containers(),
        ]
    }

    fn sandbox(&self) -> Capability {
        const NAME: &str = "sandbox";
        let Some(program) = &self.bubblewrap else {
            return missing(NAME, "bubblewrap is not installed", "install the package bubblewrap");
        };
        match try_bubblewrap(program) {
            Ok(version) => ok(NAME, format!("{version} makes sandboxes here")),
            Err(why) => {
                missing(NAME, &format!("bubblewrap cannot make a sandbox: {why}"), user_namespace_fix())
            }
        }
    }

    fn network(&self) -> Capability {
        const NAME: &str = "network";
        let fix = "install the package slirp4netns and make the device /dev/net/tun available";
        if self.slirp4netns.is_none() {
            let what =
                "slirp4netns is not installed: workloads cannot have a separate network with a way out";
            return missing(NAME, what, fix);
        }
        if !Path::new("/dev/net/tun").exists() {
            return missing(NAME, "there is no /dev/net/tun: slirp4netns cannot work", fix);
        }
        ok(NAME, "workloads have a network of their own with a way out (slirp4netns)".into())
    }

    fn memory(&self) -> Capability {
        const NAME: &str = "limit-memory";
        match self.cgroups.memory {
            Some(_) => ok(NAME, format!("memory is limited by {}", self.version())),
            None => degraded(
                NAME,
                "memory is added up ten times a second: a workload can be over its limit for a moment",
                delegation_fix(),
            ),
        }
    }

    fn cpu(&self) -> Capability {
        const NAME: &str = "limit-cpu";
        match self.cgroups.cpu {
            Some(_) => ok(NAME, format!("processors are limited by {}", self.version())),
            None => missing(NAME, "a workload can use all processors", delegation_fix()),
        }
    }

    fn processes(&self) -> Capability {
        const NAME: &str = "limit-processes";
        match self.cgroups.pids {
            Some(_) => ok(NAME, format!("the number of processes is limited by {}", self.version())),
            None => ok(NAME, "the number of processes is limited by a resource limit".into()),
        }
    }

    fn version(&self) -> &'static str {
        match self.cgroups.version {
            Version::One => "control groups (version 1)",
            Version::Two => "control groups (version 2)",
        }
    }
}

/// What the machine has, less a reserve of memory.
pub(super) fn machine() -> Resources {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = fs_err::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<i64>().ok()
    });
    Resources {
        cpu_milli: i64::try_from(cores).unwrap_or(1) * 1000,
        memory_mib: (memory.unwrap_or(0) / 1024 - RESERVED_MIB).max(0),
        gpu: i64::try_from(gpus()).unwrap_or(0),
    }
}

/// Where a program lies in `PATH`.
pub(super) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|candidate| {
        candidate.is_file() && rustix::fs::access(candidate, rustix::fs::Access::EXEC_OK).is_ok()
    })
}

fn try_bubblewrap(program: &Path) -> Result<String, String> {
    let run = |arguments: &[&str]| -> Result<String, String> {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().stdin(Stdio::null());
        let output = command.output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    };
    run(&[
        "--unshare-all",
        "--uid",
        "1000",
        "--gid",
        "1000",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--size",
        "4096",
        "--tmpfs",
        "/tmp",
        "/usr/bin/env",
        "true",
    ])?;
    run(&["--version"])
}

/// Distributions forbid user namespaces in different ways.
fn user_namespace_fix() -> &'static str {
    let reads = |path: &str, value: &str| fs_err::read_to_string(path).is_ok_and(|text| text.trim() == value);
    if reads("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        "allow user namespaces for bwrap with an AppArmor profile, or set kernel.apparmor_restrict_unprivileged_userns=0"
    } else if reads("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        "set kernel.unprivileged_userns_clone=1 with sysctl"
    } else if reads("/proc/sys/user/max_user_namespaces", "0") {
        "set user.max_user_namespaces to a number such as 10000 with sysctl"
    } else {
        "use bubblewrap 0.8 or newer; inside a container, allow it user namespaces and an unmasked /proc"
    }
}

fn delegation_fix() -> &'static str {
    "let systemd delegate control groups to the service: Delegate=yes, DelegateSubgroup=server, KillMode=process"
}

fn system_calls() -> Capability {
    const NAME: &str = "system-calls";
    if SECCOMP_SUPPORTED {
        ok(NAME, "dangerous system calls are filtered (seccomp)".into())
    } else {
        missing(
            NAME,
            "there is no filter of system calls for this kind of processor",
            "use x86-64 or 64-bit ARM",
        )
    }
}

fn user() -> Capability {
    const NAME: &str = "user";
    if rustix::process::geteuid().is_root() {
        let what =
            "the server runs as root, so outside its namespaces a workload would be root without privileges";
        degraded(NAME, what, "run the server as a user of its own")
    } else {
        ok(NAME, "the server and its workloads run as a plain user".into())
    }
}

fn gpu() -> Capability {
    match gpus() {
        0 => Capability {
            name: "gpu",
            state: CapabilityState::Absent,
            detail: "this machine has no NVIDIA GPU".into(),
            fix: None,
        },
        count => ok("gpu", format!("{count} NVIDIA GPU(s)")),
    }
}

fn gpus() -> usize {
    let Ok(entries) = fs_err::read_dir("/dev") else { return 0 };
    let is_gpu = |name: &str| {
        name.strip_prefix("nvidia")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_gpu)).count()
}

fn ok(name: &'static str, detail: String) -> Capability {
    Capability { name, state: CapabilityState::Ok, detail, fix: None }
}

fn degraded(name: &'static str, detail: &str, fix: &str) -> Capability {
    Capability { name, state: CapabilityState::Degraded, detail: detail.into(), fix: Some(fix.into()) }
}

fn missing(name: &'static str, detail: &str, fix: &str) -> Capability {
    Capability { name, state: CapabilityState::Missing, detail: detail.into(), fix: Some(fix.into()) }
}
