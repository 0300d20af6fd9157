//! What a shim is told to run: an attempt whose volumes and image were found on this machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::spec::{AttemptSpec, LogLimits, Network, Resources, Serves};

/// An attempt in terms of this machine. The fields without a comment are those of [`AttemptSpec`].
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ResolvedSpec {
    pub(crate) attempt: String,
    pub(crate) script: String,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) home: PathBuf,
    pub(crate) working_dir: PathBuf,
    /// What the workload sees beside the system.
    pub(crate) binds: Vec<Bind>,
    /// What it runs in.
    pub(crate) software: Software,
    pub(crate) resources: Resources,
    pub(crate) gpu_indices: Vec<u32>,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) stop_grace: Duration,
    pub(crate) network: Network,
    pub(crate) serves: Option<Serves>,
    pub(crate) log_limits: LogLimits,
    pub(crate) masked: Vec<String>,
}

/// One folder or file of the machine that a workload sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bind {
    /// Where it lies on the machine.
    pub(crate) source: PathBuf,
    /// Where the workload sees it.
    pub(crate) target: PathBuf,
    /// Whether the workload may change it.
    pub(crate) writable: bool,
}

/// The software an attempt runs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Software {
    /// The machine's own system.
    Machine {
        /// An environment's folder. It appears read-only at [`crate::ENVIRONMENT_TARGET`], first in `PATH`.
        environment: Option<PathBuf>,
        /// The interpreter's own prefix, mounted read-only at the same path unless it lies below `/usr`.
        base_prefix: Option<PathBuf>,
    },
    /// A container image, which the machine's container engine has or pulls.
    Container {
        /// Where it is.
        reference: String,
    },
}

impl ResolvedSpec {
    /// The attempt with these in place of its mounts and its image.
    pub(crate) fn new(spec: AttemptSpec, binds: Vec<Bind>, software: Software) -> Self {
        ResolvedSpec {
            attempt: spec.attempt,
            script: spec.script,
            env: spec.env,
            home: spec.home,
            working_dir: spec.working_dir,
            binds,
            software,
            resources: spec.resources,
            gpu_indices: spec.gpu_indices,
            time_limit: spec.time_limit,
            stop_grace: spec.stop_grace,
            network: spec.network,
            serves: spec.serves,
            log_limits: spec.log_limits,
            masked: spec.masked,
        }
    }

    /// An attempt with nothing but a script in the machine's own system.
    pub(crate) fn bare(attempt: &str, script: &str) -> Self {
        let software = Software::Machine { environment: None, base_prefix: None };
        ResolvedSpec::new(AttemptSpec::new(attempt, script), Vec::new(), software)
    }
}
