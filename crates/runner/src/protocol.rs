//! What the server and a shim say to each other: one JSON object per line.

use std::os::fd::RawFd;
use std::path::PathBuf;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::engine::About;
use crate::observation::{StopReason, Usage};
use crate::shim::ResolvedSpec;
use crate::shim::limits::CgroupBase;

/// What the program is to be, as one line on its standard input. Not through a file: it holds secrets.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Order {
    /// The shim of an attempt.
    Attempt(Box<ShimInput>),
    /// The door to a port of an attempt, for as long as its standard input stays open.
    Door(DoorInput),
    /// Whoever blocks networks for an attempt, and then ends.
    Block(BlockInput),
}

impl Order {
    pub(crate) fn line(&self) -> serde_json::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

/// What the door to a port is told by its shim.
#[derive(Serialize, Deserialize)]
pub(crate) struct DoorInput {
    pub(crate) port: u16,
    /// None when the workload has the machine's own network.
    pub(crate) inside: Option<Inside>,
}

/// Which networks are to be blocked in a workload's own.
#[derive(Serialize, Deserialize)]
pub(crate) struct BlockInput {
    pub(crate) networks: Vec<Ipv4Net>,
    pub(crate) inside: Inside,
}

/// Inherited handles on a workload's user and network namespace.
#[derive(Serialize, Deserialize)]
pub(crate) struct Inside {
    pub(crate) user: RawFd,
    pub(crate) network: RawFd,
}

/// What a shim is told.
#[derive(Serialize, Deserialize)]
pub(crate) struct ShimInput {
    pub(crate) spec: ResolvedSpec,
    pub(crate) boot_id_path: PathBuf,
    pub(crate) bubblewrap: PathBuf,
    pub(crate) slirp4netns: Option<PathBuf>,
    pub(crate) blocked_networks: Vec<Ipv4Net>,
    pub(crate) cgroups: CgroupBase,
    /// What this attempt's control groups are called.
    pub(crate) cgroup_name: String,
    pub(crate) require_isolation: bool,
    /// The container engine, if the attempt needs one.
    pub(crate) engine: Option<EngineInput>,
    /// Tells the containers of this data directory from those of others.
    pub(crate) place: String,
}

/// The container engine of an attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EngineInput {
    /// Where it listens.
    pub(crate) socket: PathBuf,
    pub(crate) about: About,
}

/// A shim's one line on its standard output.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ShimGreeting {
    /// The start is recorded and the socket answers.
    Started,
    /// The attempt was started or stopped before.
    Already,
    /// Nothing was recorded; starting again may help.
    Failed(String),
}

/// What a shim can be asked on its socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command")]
pub(crate) enum Request {
    Status,
    Stop {
        reason: StopReason,
        grace_ms: Option<u64>,
    },
    /// Answered when the attempt has ended and that is recorded.
    Wait,
    Usage,
}

/// What a shim answers. How an attempt ended is not among it: that is read from its record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer")]
pub(crate) enum Answer {
    Running { started_at_us: i64 },
    Stopping,
    Ended,
    Usage(Usage),
    Refused { message: String },
}
