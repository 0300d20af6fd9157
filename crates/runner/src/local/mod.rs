//! The local runner: attempts as sandboxed processes of this machine.
//!
//! It keeps no state in memory that matters. Everything it says comes from an attempt's folder
//! ([`crate::records`]) and from the shim that may live there, so a new server goes on where the last one was killed.

mod capabilities;
mod check;
mod client;
mod connect;
mod containers;
mod gpu_use;
mod lost;
mod remove;
mod resolve;
mod start;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use folders::Layout;
use futures::FutureExt;
use futures::future::BoxFuture;
use ipnet::Ipv4Net;
use tokio::sync::Notify;

use crate::clock;
use crate::engine::ContainerEngine;
use crate::environments;
use crate::log::{Log, LogReader};
use crate::observation::{Capability, Containers, ExitCause, Observation, Stop, Usage};
use crate::protocol::{Answer, EngineInput, Request};
use crate::records::{AttemptDir, BOOT_ID, Started, boot_id};
use crate::runner::{Runner, RunnerError, Stream};
use crate::shim::limits::CgroupBase;
use crate::spec::{AttemptSpec, Resources};

use client::{Connection, Reached};
use containers::Presence;

/// How a local runner is set up.
#[derive(Debug, Clone)]
pub struct LocalConfig {
    /// Where attempts, volumes and environments lie. Nobody else may read the folder of attempts.
    pub layout: Layout,
    /// What starts a shim; the attempt's folder is added as the last argument.
    pub shim_command: Vec<OsString>,
    /// What may be claimed in sum; what the machine has when not given.
    pub capacity: Option<Resources>,
    /// Whether an attempt that cannot be isolated as asked ends with [`crate::ExitCause::SandboxFailed`]. Otherwise it
    /// runs with what there is, and its log begins with a line that says what is missing.
    pub require_isolation: bool,
    /// Whether to use control groups where the machine lets us. Without, limits are kept by the shims.
    pub control_groups: bool,
    /// bubblewrap, when it is not to be found in `PATH`.
    pub bubblewrap: Option<PathBuf>,
    /// slirp4netns, when it is not to be found in `PATH`.
    pub slirp4netns: Option<PathBuf>,
    /// uv, when it is not to be found in `PATH` or in the data directory.
    pub uv: Option<PathBuf>,
    /// nvidia-smi, when it is not to be found in `PATH`.
    pub nvidia_smi: Option<PathBuf>,
    /// What a workload with [`crate::Network::Outbound`] does not reach all the same.
    pub blocked_networks: Vec<Ipv4Net>,
    /// Where the kernel says which boot of the machine this is.
    pub boot_id_path: PathBuf,
    /// What runs attempts in container images.
    pub container_engine: ContainerEngine,
}

/// Where clouds hand out a machine's credentials to whoever asks (169.254.0.0/16, RFC 3927).
const LINK_LOCAL: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16);

impl LocalConfig {
    /// The usual set-up.
    pub fn new(layout: Layout, shim_command: Vec<OsString>) -> Self {
        LocalConfig {
            layout,
            shim_command,
            capacity: None,
            require_isolation: true,
            control_groups: true,
            bubblewrap: None,
            slirp4netns: None,
            uv: None,
            nvidia_smi: None,
            blocked_networks: vec![LINK_LOCAL],
            boot_id_path: PathBuf::from(BOOT_ID),
            container_engine: ContainerEngine::Off,
        }
    }
}

/// Runs attempts as sandboxed processes of this machine.
#[derive(Debug)]
pub struct LocalRunner {
    config: LocalConfig,
    bubblewrap: Option<PathBuf>,
    nvidia_smi: Option<PathBuf>,
    slirp4netns: Option<PathBuf>,
    cgroups: CgroupBase,
    /// Tells this runner's control groups and containers from those of other servers on the machine.
    place: String,
    /// Rings for those who wait for an attempt that has not started yet.
    beginnings: Mutex<HashMap<String, Arc<Notify>>>,
    /// What was found last, and when: trying a sandbox out takes a while.
    found: Mutex<Option<(Duration, Vec<Capability>)>>,
    /// The container engine as it was last, and when.
    known_engine: Mutex<Option<(Duration, EngineInput)>>,
    /// Whether the container engine answers.
    presence: Presence,
}

/// Whoever installs what was missing sees it after so long.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

impl LocalRunner {
    /// Makes the folder for attempts and finds out what the machine offers.
    pub fn new(config: LocalConfig) -> Result<Self, RunnerError> {
        let prepare = || -> io::Result<String> {
            std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700)
                .create(config.layout.attempts())?;
            remove::finish_removals(&config.layout.attempts())?;
            let found = fs_err::metadata(config.layout.attempts())?;
            Ok(format!("{:x}-{:x}", MetadataExt::dev(&found), MetadataExt::ino(&found)))
        };
        let place = prepare()
            .map_err(|error| RunnerError::failed("the folder for attempts cannot be used", error))?;
        let find = |configured: &Option<PathBuf>, name: &str| {
            configured.clone().or_else(|| capabilities::in_path(name))
        };
        let runner = LocalRunner {
            bubblewrap: find(&config.bubblewrap, "bwrap"),
            nvidia_smi: find(&config.nvidia_smi, "nvidia-smi"),
            slirp4netns: find(&config.slirp4netns, "slirp4netns"),
            cgroups: if config.control_groups { CgroupBase::discover() } else { CgroupBase::default() },
            config,
            place,
            beginnings: Mutex::default(),
            found: Mutex::default(),
            known_engine: Mutex::default(),
            presence: Presence::default(),
        };
        runner.sweep_containers();
        Ok(runner)
    }

    fn dir(&self, attempt: &str) -> Result<AttemptDir, RunnerError> {
        check::attempt_id(attempt)?;
        Ok(AttemptDir::new(self.config.layout.attempts().join(attempt)))
    }

    /// Where attempts, volumes and environments lie.
    pub fn layout(&self) -> &Layout {
        &self.config.layout
    }

    /// Where uv is, if that was set.
    pub(crate) fn configured_uv(&self) -> Option<&Path> {
        self.config.uv.as_deref()
    }

    /// An attempt's output, as files of this machine.
    pub(crate) fn log_reader(&self, attempt: &str) -> LogReader {
        // A name that is none reads like an attempt that does not exist.
        let known = check::attempt_id(attempt).is_ok();
        LogReader::new(self.config.layout.attempts().join(if known { attempt } else { "-" }))
    }

    /// No two attempts on the machine have the same, whatever servers there are.
    fn cgroup_name(&self, attempt: &str) -> String {
        format!("{}.{attempt}", self.place)
    }

    fn boot_id(&self) -> io::Result<String> {
        boot_id(&self.config.boot_id_path)
    }

    fn beginnings(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.beginnings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait for this attempt to begin or to be stopped before it does.
    fn begun(&self, attempt: &str) {
        if let Some(bell) = self.beginnings().remove(attempt) {
            bell.notify_waiters();
        }
    }

    async fn observe_now(&self, attempt: &str) -> Result<Observation, RunnerError> {
        let dir = self.dir(attempt)?;
        let failed = |error| RunnerError::failed(format!("attempt {attempt} cannot be observed"), error);
        let started = match recorded(&dir).map_err(failed)? {
            Ok(observation) => return Ok(observation),
            Err(started) => started,
        };
        match Connection::open(&dir).await.map_err(failed)? {
            Reached::Shim(_) => Ok(Observation::Running { started_at_us: started.at_us }),
            Reached::Nobody => self.without_shim(attempt, dir, started).await.map_err(failed),
        }
    }

    /// The shim does not answer: it recorded the end in this moment, or it is dead.
    async fn without_shim(
        &self,
        attempt: &str,
        dir: AttemptDir,
        started: Started,
    ) -> io::Result<Observation> {
        match recorded(&dir)? {
            Ok(observation) => Ok(observation),
            Err(_) => {
                let machine = lost::Machine {
                    boot_id: self.boot_id()?,
                    cgroup_name: self.cgroup_name(attempt),
                    cgroups: self.cgroups.clone(),
                };
                let declare = move || lost::declare(&dir, &started, &machine);
                tokio::task::spawn_blocking(declare).await.map_err(io::Error::other)?
            }
        }
    }

    async fn stop_now(&self, attempt: &str, stop: Stop) -> Result<(), RunnerError> {
        let dir = self.dir(attempt)?;
        let failed = |error| RunnerError::failed(format!("attempt {attempt} cannot be stopped"), error);
        let observation = match recorded(&dir).map_err(failed)? {
            Ok(Observation::NotStarted) if self.forbid_start(&dir, stop).map_err(failed)? => {
                self.begun(attempt);
                return Ok(());
            }
            // It started just now.
            Ok(Observation::NotStarted) => recorded(&dir).map_err(failed)?,
            recorded => recorded,
        };
        let Err(started) = observation else { return Ok(()) };
        match Connection::open(&dir).await.map_err(failed)? {
            Reached::Nobody => self.without_shim(attempt, dir, started).await.map(drop).map_err(failed),
            Reached::Shim(mut shim) => {
                let grace_ms = stop.grace.map(|grace| u64::try_from(grace.as_millis()).unwrap_or(u64::MAX));
                match shim.ask(&Request::Stop { reason: stop.reason, grace_ms }).await.map_err(failed)? {
                    // It may have ended by itself before it read this.
                    None | Some(Answer::Stopping | Answer::Ended) => Ok(()),
                    // It has ended and cannot record that yet.
                    Some(Answer::Running { .. }) => Ok(()),
                    Some(other) => Err(failed(client::unexpected(&other))),
                }
            }
        }
    }

    /// Makes sure an attempt never starts. `false` when it has started.
    fn forbid_start(&self, dir: &AttemptDir, stop: Stop) -> io::Result<bool> {
        start::create_dir(dir.path())?;
        let now = clock::wall_us();
        let record = Started { at_us: now, boot_id: self.boot_id()?, shim: None, stopped: Some(stop.reason) };
        let first = dir.record_started(&record)?;
        if first {
            crate::log::close_orphaned(dir.path(), now)?;
        }
        Ok(first)
    }

    async fn wait_now(&self, attempt: &str) -> Result<Observation, RunnerError> {
        let dir = self.dir(attempt)?;
        loop {
            let bell = Arc::clone(self.beginnings().entry(attempt.to_owned()).or_default());
            let mut rung = std::pin::pin!(bell.notified());
            rung.as_mut().enable();
            match self.observe_now(attempt).await? {
                Observation::NotStarted => {
                    rung.await;
                    continue;
                }
                Observation::Running { .. } => {}
                ended => {
                    self.begun(attempt);
                    if matches!(&ended, Observation::Finished(exit) if exit.cause == ExitCause::SandboxFailed)
                    {
                        // Perhaps it went away together with its engine.
                        self.presence.doubt();
                    }
                    return Ok(ended);
                }
            }
            self.begun(attempt);
            let failed =
                |error| RunnerError::failed(format!("attempt {attempt} cannot be waited for"), error);
            if let Reached::Shim(mut shim) = Connection::open(&dir).await.map_err(failed)? {
                // Whether it answered or died, the next look tells.
                shim.ask(&Request::Wait).await.map_err(failed)?;
            }
        }
    }

    async fn usage_now(&self, attempt: &str) -> Result<Option<Usage>, RunnerError> {
        let dir = self.dir(attempt)?;
        let failed =
            |error| RunnerError::failed(format!("the usage of attempt {attempt} cannot be read"), error);
        if recorded(&dir).map_err(failed)?.is_ok() {
            return Ok(None);
        }
        let Reached::Shim(mut shim) = Connection::open(&dir).await.map_err(failed)? else { return Ok(None) };
        match shim.ask(&Request::Usage).await.map_err(failed)? {
            Some(Answer::Usage(usage)) => Ok(Some(usage)),
            _ => Ok(None),
        }
    }
}

impl Runner for LocalRunner {
    fn name(&self) -> &'static str {
        "local"
    }

    fn capacity(&self) -> Resources {
        self.config.capacity.unwrap_or_else(capabilities::machine)
    }

    fn start<'a>(&'a self, spec: &'a AttemptSpec) -> BoxFuture<'a, Result<(), RunnerError>> {
        self.start_now(spec).boxed()
    }

    fn stop<'a>(&'a self, attempt: &'a str, stop: Stop) -> BoxFuture<'a, Result<(), RunnerError>> {
        self.stop_now(attempt, stop).boxed()
    }

    fn observe<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Observation, RunnerError>> {
        self.observe_now(attempt).boxed()
    }

    fn wait<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Observation, RunnerError>> {
        self.wait_now(attempt).boxed()
    }

    fn usage<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Option<Usage>, RunnerError>> {
        self.usage_now(attempt).boxed()
    }

    fn gpu_percent<'a>(&'a self, indices: &'a [u32]) -> BoxFuture<'a, Option<u8>> {
        async move {
            match &self.nvidia_smi {
                Some(program) if !indices.is_empty() => gpu_use::busiest(program, indices).await,
                _ => None,
            }
        }
        .boxed()
    }

    fn connect<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Box<dyn Stream>, RunnerError>> {
        self.connect_now(attempt).boxed()
    }

    fn log(&self, attempt: &str) -> Arc<dyn Log> {
        Arc::new(self.log_reader(attempt))
    }

    fn build_log(&self, digest: &str) -> Arc<dyn Log> {
        let known = environments::is_digest(digest);
        Arc::new(LogReader::new(self.config.layout.build_log(if known { digest } else { "-" })))
    }

    fn remove<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<(), RunnerError>> {
        self.remove_now(attempt).boxed()
    }

    fn containers(&self) -> BoxFuture<'_, Containers> {
        self.containers_now().boxed()
    }

    fn capabilities(&self) -> Vec<Capability> {
        let now = clock::elapsed();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match &*found {
            Some((at, capabilities)) if now < *at + LOOK_AGAIN => capabilities.clone(),
            _ => {
                let capabilities = self.find_capabilities();
                *found = Some((now, capabilities.clone()));
                capabilities
            }
        }
    }
}

/// What the records say, without asking the shim.
fn recorded(dir: &AttemptDir) -> io::Result<Result<Observation, Started>> {
    if let Some(exit) = dir.exit()? {
        return Ok(Ok(Observation::Finished(exit)));
    }
    let Some(started) = dir.started()? else { return Ok(Ok(Observation::NotStarted)) };
    if let Some(exit) = started.exit_without_start() {
        return Ok(Ok(Observation::Finished(exit)));
    }
    if let Some(lost) = dir.lost()? {
        return Ok(Ok(Observation::Lost { why: lost.why }));
    }
    Ok(Err(started))
}
