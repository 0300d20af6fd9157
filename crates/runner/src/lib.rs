//! Runners: what executes attempts.
//!
//! [`Runner`] says what any of them can do, [`LocalRunner`] does it with processes of this machine. Each attempt of a
//! local runner is watched over by a [shim](shim_main), a process of its own, so that work survives a restart of the
//! server. [`environments`] builds the software that attempts run in.

mod clock;
#[cfg(feature = "contract")]
pub mod contract;
mod engine;
pub mod environments;
mod local;
pub mod log;
mod observation;
mod procfs;
mod protocol;
mod records;
mod runner;
mod shim;
mod spec;

pub use engine::ContainerEngine;
pub use local::{LocalConfig, LocalRunner};
pub use log::{Log, LogReader};
pub use observation::{
    Capability, CapabilityState, Containers, Exit, ExitCause, Observation, Stop, StopReason, Usage,
};
pub use runner::{Runner, RunnerError, Stream};
pub use shim::shim_main;
pub use spec::{
    AttemptSpec, ENVIRONMENT_TARGET, HTTP_SOCKET, Image, LogLimits, Mount, Network, Resources, Serves, Volume,
};
