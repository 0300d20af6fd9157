//! What a runner is asked to run.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base::{AttemptId, GroupId, UserId};
use serde::{Deserialize, Serialize};

/// An amount of the things a machine has. Used for what an attempt may take and for what a runner has in sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Thousandths of a processor.
    pub cpu_milli: i64,
    /// Memory in MiB.
    pub memory_mib: i64,
    /// Whole GPUs.
    pub gpu: i64,
}

/// What can be mounted into a workload. Where it lies, the runner knows; what is missing is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volume {
    /// A person's home in a group.
    Home {
        /// The group.
        group: GroupId,
        /// Whose home it is.
        person: UserId,
    },
    /// The files that the members of a group share, its datasets among them.
    GroupFiles {
        /// The group.
        group: GroupId,
    },
    /// What an attempt leaves for others to see.
    Results {
        /// The attempt.
        attempt: AttemptId,
    },
    /// The program uv, which needs nothing but the system's libraries.
    Uv,
}

/// A volume as a workload sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// What it is.
    pub what: Volume,
    /// Where the workload sees it.
    pub target: PathBuf,
    /// Whether the workload may change it.
    pub writable: bool,
    /// Whether the attempt cannot do without. Otherwise it starts without a volume that cannot be had.
    pub required: bool,
}

impl Mount {
    /// A volume that the workload needs and may change.
    pub fn writable(what: Volume, target: impl Into<PathBuf>) -> Self {
        Mount { what, target: target.into(), writable: true, required: true }
    }

    /// A volume that the workload needs and may not change.
    pub fn read_only(what: Volume, target: impl Into<PathBuf>) -> Self {
        Mount { writable: false, ..Mount::writable(what, target) }
    }

    /// The same for a workload that can do without.
    #[must_use]
    pub fn optional(self) -> Self {
        Mount { required: false, ..self }
    }
}

/// The software an attempt runs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Image {
    /// The machine's own system and nothing else.
    #[default]
    System,
    /// The machine's system with an environment, which appears read-only at [`ENVIRONMENT_TARGET`], first in `PATH`.
    Environment {
        /// The [digest](crate::environments::Recipe::digest) of its recipe.
        digest: String,
    },
    /// A container image, which the machine's container engine has or pulls.
    Container {
        /// Where it is, such as `docker.io/library/python:3.12`.
        reference: String,
    },
}

const DEFAULT_HOME: &str = "/home/portico";

/// Where a workload finds its environment.
pub const ENVIRONMENT_TARGET: &str = "/opt/portico/environment";

/// What a workload may reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// A loopback of its own and nothing else.
    None,
    /// A network of its own that can open connections to the outside, but not to the machine's loopback.
    #[default]
    Outbound,
    /// The machine's own network.
    Host,
}

/// Where a workload that [serves a socket](Serves::Socket) has to listen. The folder is its own and it may write there.
pub const HTTP_SOCKET: &str = "/run/portico/http.sock";

/// How a workload serves HTTP, for [`crate::Runner::connect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Serves {
    /// It listens at [`HTTP_SOCKET`].
    Socket,
    /// It listens at this TCP port of its own loopback device.
    Port(u16),
}

/// How much of a workload's output is kept. What is cut is always said by a line in the log itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLimits {
    /// What a log may hold in all, the tail included.
    pub total_bytes: u64,
    /// How much of the end is kept once `total_bytes` is reached.
    pub tail_bytes: u64,
    /// Output above this rate is dropped by whole lines, once the burst is used up.
    pub rate_bytes_per_second: u64,
    /// How much may be written at once before the rate counts.
    pub burst_bytes: u64,
    /// Logs stop growing when the disk has less than this left, so that records can still be written.
    pub keep_free_bytes: u64,
}

impl Default for LogLimits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        LogLimits {
            total_bytes: 256 * MIB,
            tail_bytes: MIB,
            rate_bytes_per_second: 8 * MIB,
            burst_bytes: 32 * MIB,
            keep_free_bytes: 64 * MIB,
        }
    }
}

/// One attempt, complete: a runner needs nothing else to run it.
#[derive(Clone)]
pub struct AttemptSpec {
    /// The attempt's id. It names a folder, so only letters, digits, `-` and `_` are taken.
    pub attempt: String,
    /// The group it belongs to (for names and messages; isolation does not depend on it).
    pub group: String,
    /// The bash script to run.
    pub script: String,
    /// The workload's whole environment. `PATH`, `HOME`, `LANG` and the like are added where they are missing.
    pub env: BTreeMap<String, String>,
    /// The workload's home: a folder of its own unless it lies in one of the mounts. What the environment says of a
    /// home is for programs only: it may come from a person, and no person's text becomes a path of the machine.
    pub home: PathBuf,
    /// Where the script starts, as the workload sees it.
    pub working_dir: PathBuf,
    /// What the workload sees beside the system.
    pub mounts: Vec<Mount>,
    /// The software it runs in.
    pub image: Image,
    /// What it may take. Zero or less means no limit.
    pub resources: Resources,
    /// Which of the machine's GPUs it gets.
    pub gpu_indices: Vec<u32>,
    /// How long it may run, by a clock that does not jump.
    pub time_limit: Option<Duration>,
    /// How long it has between SIGTERM and SIGKILL.
    pub stop_grace: Duration,
    /// What it may reach.
    pub network: Network,
    /// How it serves HTTP, if it does.
    pub serves: Option<Serves>,
    /// How much of its output is kept.
    pub log_limits: LogLimits,
    /// Values that must not appear in the log.
    pub masked: Vec<String>,
}

impl AttemptSpec {
    /// An attempt with nothing but a script: no mounts, no limits, no network.
    pub fn new(attempt: impl Into<String>, script: impl Into<String>) -> Self {
        AttemptSpec {
            attempt: attempt.into(),
            group: String::new(),
            script: script.into(),
            env: BTreeMap::new(),
            home: PathBuf::from(DEFAULT_HOME),
            working_dir: PathBuf::from("/tmp"),
            mounts: Vec::new(),
            image: Image::default(),
            resources: Resources::default(),
            gpu_indices: Vec::new(),
            time_limit: None,
            stop_grace: Duration::from_secs(30),
            network: Network::None,
            serves: None,
            log_limits: LogLimits::default(),
            masked: Vec::new(),
        }
    }
}

// Not derived: environment values and masked values are secrets, and a spec ends up in traces.
impl fmt::Debug for AttemptSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AttemptSpec")
            .field("attempt", &self.attempt)
            .field("group", &self.group)
            .field("script_bytes", &self.script.len())
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .field("home", &self.home)
            .field("working_dir", &self.working_dir)
            .field("mounts", &self.mounts)
            .field("image", &self.image)
            .field("resources", &self.resources)
            .field("gpu_indices", &self.gpu_indices)
            .field("time_limit", &self.time_limit)
            .field("stop_grace", &self.stop_grace)
            .field("network", &self.network)
            .field("serves", &self.serves)
            .field("log_limits", &self.log_limits)
            .field("masked", &self.masked.len())
            .finish()
    }
}
