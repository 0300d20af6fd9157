//! What a runner says about an attempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// It never started here, and nothing forbids starting it.
    NotStarted,
    /// It runs.
    Running {
        /// When it started, in microseconds since 1970 (UTC).
        started_at_us: i64,
    },
    /// It ended, and how is known. This never changes again.
    Finished(Exit),
    /// It started and is gone without a record: nobody can say whether it did its work. This never changes again.
    Lost {
        /// What happened, as far as can be told.
        why: String,
    },
}

impl Observation {
    /// Whether this is final.
    pub fn is_final(&self) -> bool {
        matches!(self, Observation::Finished(_) | Observation::Lost { .. })
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The one cause.
    pub cause: ExitCause,
    /// The exit status as a shell reports it: 128 + n when signal n ended the script.
    pub code: Option<i32>,
    /// The signal, when the status says that one ended the script.
    pub signal: Option<i32>,
    /// When it started, in microseconds since 1970 (UTC).
    pub started_at_us: i64,
    /// When it ended, in microseconds since 1970 (UTC).
    pub finished_at_us: i64,
    /// The most memory it used, where that was measured.
    pub max_memory_bytes: Option<u64>,
    /// The processor time it used, where that was measured.
    pub cpu_time_us: Option<u64>,
    /// What a person should know beyond the cause.
    pub message: Option<String>,
}

/// Why an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExitCause {
    /// The script ended by itself with status 0.
    Completed,
    /// The script ended by itself with another status, or by a signal nobody here sent.
    Failed,
    /// Somebody asked for it to stop.
    Stopped(StopReason),
    /// It ran for as long as it was allowed to.
    TimeLimit,
    /// It wanted more memory than it was allowed.
    OutOfMemory,
    /// The script never ran, because its sandbox could not be made.
    SandboxFailed,
    /// The script never ran, because its image cannot be had, and trying again does not help.
    ImageFailed,
}

/// Why somebody asks for an attempt to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// A person or a program cancelled it.
    Cancelled,
    /// Its place is needed for something more important.
    Preempted,
    /// Nobody used it for long enough.
    Idle,
    /// The machine or the platform is being taken out of service.
    Maintenance,
}

/// The wish that an attempt stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub reason: StopReason,
    /// How long it has between SIGTERM and SIGKILL; the attempt's own grace when not given.
    pub grace: Option<Duration>,
}

/// What an attempt uses at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// When this was measured, in microseconds since 1970 (UTC).
    pub at_us: i64,
    /// Processor time since the start.
    pub cpu_time_us: u64,
    /// Memory in use, without files that are only cached.
    pub memory_bytes: u64,
    /// Processes alive.
    pub processes: u32,
}

/// One thing a runner can or cannot do on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capability {
    /// A short name, such as `sandbox` or `limit-memory`.
    pub name: &'static str,
    /// How well it works.
    pub state: CapabilityState,
    /// What was found, in a sentence.
    pub detail: String,
    /// What an administrator can do about it.
    pub fix: Option<String>,
}

/// Whether attempts in container images can start. Engines come and go, so this is true for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Containers {
    /// An engine answers.
    Run,
    /// The engine that was there does not answer now; it may come back.
    Away,
    /// No engine is known here.
    #[default]
    None,
}

/// How well one thing works on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CapabilityState {
    /// As designed.
    Ok,
    /// In a weaker way, which the detail tells.
    Degraded,
    /// Not at all.
    Missing,
    /// Not there, and nothing is wrong with that.
    Absent,
}
