//! The steps of a build, each an attempt of its own in a sandbox.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::explain::explained;
use super::log::BuildLog;
use super::store::ENVIRONMENT;
use super::uv::{Python, Uv};
use super::workshop::{CACHE, SCRATCH, Workshop, end};
use super::{BuildError, BuildErrorKind, EnvironmentStore, LONGEST_BUILD, Recipe};
use crate::shim::{Bind, ResolvedSpec, Software};
use crate::spec::{ENVIRONMENT_TARGET, Network, Resources};
use crate::{ExitCause, Observation, Runner};

/// Where a sandbox sees the folder of all builds, or what it may see of it.
const BUILDS_TARGET: &str = "/build";
/// Where the list of all packages with their versions is written.
pub(super) const LOCK: &str = "lock.txt";
const REQUIREMENTS: &str = "requirements.txt";

/// Memory for a build, what lies in `/tmp` included.
const MEMORY_MIB: i64 = 4096;
/// Processors for what packages run.
const CPU_MILLI: i64 = 2000;
/// No environment takes more on disk.
const MOST_BYTES: u64 = 32 << 30;
/// A build ends rather than fill the disk.
const KEEP_FREE_BYTES: u64 = 512 << 20;
const LOOK: Duration = Duration::from_secs(2);
/// So many lines of what was said last hold an explanation.
const EXPLANATION_LINES: usize = 300;

/// Makes the environment, finds the packages and unpacks them. With `WHEELS_ONLY`, nothing of a package runs.
const INSTALL: &str = "\
set -e
uv venv --relocatable --no-project --prompt portico --python=\"$PYTHON\" \"$ENVIRONMENT\"
only=(${WHEELS_ONLY:+--only-binary :all:})
uv pip compile --no-header --no-annotate \"${only[@]}\" --python \"$ENVIRONMENT/bin/python\" \\
    --output-file lock.txt requirements.txt
uv pip install --no-deps --strict \"${only[@]}\" --python \"$ENVIRONMENT/bin/python\" --requirements lock.txt
";

/// The machine's interpreter, not the environment's, which a package may have replaced; and without site packages
/// (`-S`), the folder and the variables that it is started with (`-I`), so that packages are read and not run.
/// Some bring files for other Pythons, which do not compile; that is no matter.
const COMPILE: &str = "\
\"$PYTHON\" -I -S -m compileall -q -q -j 2 -s \"$ENVIRONMENT\" -p \"$TARGET\" \"$ENVIRONMENT/lib\" > /dev/null 2>&1 || true
";

/// One build under way.
pub(super) struct Build<'a> {
    pub(super) store: &'a EnvironmentStore,
    pub(super) uv: &'a Uv<'a>,
    pub(super) python: &'a Python,
    pub(super) recipe: &'a Recipe,
    pub(super) workshop: &'a Workshop,
    pub(super) log: &'a BuildLog,
}

impl Build<'_> {
    /// Installs wheels. No program of a package runs, so this works in the cache that all builds share, and its files
    /// are hard links into it.
    pub(super) async fn install_wheels(&self, network: Network) -> Result<(), BuildError> {
        let mut spec = self.installing(network, &format!("{BUILDS_TARGET}/{CACHE}"))?;
        spec.env.insert("WHEELS_ONLY".to_owned(), "1".to_owned());
        spec.binds.push(writable(self.store.builds(), BUILDS_TARGET.into()));
        self.run(spec).await
    }

    /// Installs what there is, and builds what there is no wheel of. Packages run their programs here, so the sandbox
    /// sees nothing that another build will use: it has a cache of its own, and copies from it.
    pub(super) async fn install_from_source(&self, network: Network) -> Result<(), BuildError> {
        self.workshop.empty()?;
        let mut spec = self.installing(network, &self.sandboxed("scratch/cache"))?;
        spec.env.insert("UV_LINK_MODE".to_owned(), "copy".to_owned());
        spec.binds.push(writable(self.workshop.scratch(), self.sandboxed(SCRATCH).into()));
        spec.binds.push(self.environment());
        spec.resources.cpu_milli = CPU_MILLI;
        self.run(spec).await
    }

    /// Compiles what was installed, so that it starts faster.
    pub(super) async fn compile(&self) -> Result<(), BuildError> {
        let mut spec = self.spec(COMPILE);
        spec.env.insert("TARGET".to_owned(), ENVIRONMENT_TARGET.to_owned());
        spec.binds.push(self.environment());
        self.run(spec).await
    }

    fn installing(&self, network: Network, cache: &str) -> Result<ResolvedSpec, BuildError> {
        let requirements = self.recipe.requirements_file();
        fs_err::write(self.workshop.scratch().join(REQUIREMENTS), requirements)?;
        let mut spec = self.spec(INSTALL);
        spec.env.extend(self.uv.variables(&self.recipe.torch_backend));
        spec.env.insert("UV_CACHE_DIR".to_owned(), cache.to_owned());
        // On disk, as what lies in the folder in memory would count as memory.
        spec.env.insert("TMPDIR".to_owned(), self.sandboxed("scratch/tmp"));
        spec.working_dir = self.sandboxed(SCRATCH).into();
        spec.binds = self.uv.binds()?;
        spec.network = network;
        Ok(spec)
    }

    fn spec(&self, script: &str) -> ResolvedSpec {
        let mut spec = ResolvedSpec::bare(&self.workshop.name, script);
        spec.software =
            Software::Machine { environment: None, base_prefix: Some(self.python.base_prefix.clone()) };
        spec.resources = Resources { memory_mib: MEMORY_MIB, ..Resources::default() };
        spec.time_limit = Some(LONGEST_BUILD);
        spec.stop_grace = Duration::ZERO;
        spec.masked = self.uv.passwords();
        let path = "/opt/portico/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        for (name, value) in [
            ("PATH", path.to_owned()),
            ("PYTHON", self.python.program.display().to_string()),
            ("ENVIRONMENT", self.sandboxed(ENVIRONMENT)),
        ] {
            spec.env.insert(name.to_owned(), value);
        }
        spec
    }

    /// Where a sandbox sees what lies in the workshop.
    fn sandboxed(&self, name: &str) -> String {
        format!("{BUILDS_TARGET}/{}/{name}", self.workshop.name)
    }

    fn environment(&self) -> Bind {
        writable(self.workshop.environment(), self.sandboxed(ENVIRONMENT).into())
    }

    /// Runs one step to its end, with its output in the log.
    async fn run(&self, spec: ResolvedSpec) -> Result<(), BuildError> {
        let (runner, attempt) = (&*self.store.runner, self.workshop.name.as_str());
        runner.start_resolved(spec).await.map_err(of_runner)?;
        let log = runner.log_reader(attempt);
        let mut follower = self.log.follow(log.path())?;
        let observation = tokio::select! {
            ended = runner.wait(attempt) => ended.map_err(of_runner)?,
            error = follower.until_dropped() => return Err(error.into()),
            full = self.until_too_large() => return Err(full?),
        };
        follower.copy().await?;
        let said = log.tail(EXPLANATION_LINES).await?.lines;
        end(runner, attempt).await.map_err(of_runner)?;
        outcome(observation, said.into_iter().map(|line| line.text).collect())
    }

    /// Returns when the build takes more of the disk than it may.
    async fn until_too_large(&self) -> io::Result<BuildError> {
        loop {
            tokio::time::sleep(LOOK).await;
            let free = rustix::fs::statvfs(self.store.builds())?;
            if free.f_bavail.saturating_mul(free.f_frsize) < KEEP_FREE_BYTES {
                let message = "the disk is nearly full; the build was stopped".to_owned();
                return Ok(BuildError { kind: BuildErrorKind::Machine, message });
            }
            let folder = self.workshop.measure();
            let taken = tokio::task::spawn_blocking(folder).await.map_err(io::Error::other)??;
            if taken > MOST_BYTES {
                let message =
                    format!("the build took more than {} GiB of disk and was stopped", MOST_BYTES >> 30);
                return Ok(BuildError { kind: BuildErrorKind::Packages, message });
            }
        }
    }
}

fn outcome(observation: Observation, said: Vec<String>) -> Result<(), BuildError> {
    let exit = match observation {
        Observation::Finished(exit) => exit,
        Observation::Lost { why } => return Err(BuildError { kind: BuildErrorKind::Machine, message: why }),
        Observation::NotStarted | Observation::Running { .. } => {
            let message = "the build has not ended".to_owned();
            return Err(BuildError { kind: BuildErrorKind::Machine, message });
        }
    };
    let told = |kind, otherwise: &str| {
        let message = exit.message.clone().unwrap_or_else(|| otherwise.to_owned());
        Err(BuildError { kind, message })
    };
    match exit.cause {
        ExitCause::Completed => Ok(()),
        ExitCause::Failed => Err(explained(&said)),
        ExitCause::OutOfMemory => told(BuildErrorKind::Packages, "the build ran out of memory"),
        ExitCause::TimeLimit => told(BuildErrorKind::Packages, "the build took too long and was stopped"),
        ExitCause::Stopped(_) => told(BuildErrorKind::Machine, "the build was stopped"),
        ExitCause::SandboxFailed | ExitCause::ImageFailed => {
            told(BuildErrorKind::Machine, "the sandbox could not be made")
        }
    }
}

fn of_runner(error: crate::RunnerError) -> BuildError {
    BuildError { kind: BuildErrorKind::Machine, message: error.to_string() }
}

fn writable(source: PathBuf, target: PathBuf) -> Bind {
    Bind { source, target, writable: true }
}
