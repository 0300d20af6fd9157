//! Starting an attempt.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use super::{LocalRunner, check};
use crate::protocol::{Order, ShimGreeting, ShimInput};
use crate::records::{AttemptDir, SHIM_LOG};
use crate::runner::RunnerError;
use crate::shim::{ResolvedSpec, Software};
use crate::spec::AttemptSpec;

impl LocalRunner {
    pub(super) async fn start_now(&self, spec: &AttemptSpec) -> Result<(), RunnerError> {
        let started = self.dir(&spec.attempt)?.started();
        if started.map_err(|error| not_started(&spec.attempt, error))?.is_some() {
            // What started once needs nothing any more.
            self.begun(&spec.attempt);
            return Ok(());
        }
        self.start_resolved(self.resolve(spec).await?).await
    }

    /// Starts what is told in terms of this machine, or does nothing when it was started or stopped before.
    pub(crate) async fn start_resolved(&self, spec: ResolvedSpec) -> Result<(), RunnerError> {
        check::spec(&spec)?;
        let (attempt, dir) = (spec.attempt.clone(), self.dir(&spec.attempt)?);
        let failed = |error| not_started(&attempt, error);
        if dir.started().map_err(failed)?.is_none() {
            match self.greeting_of_new_shim(spec, &dir).await.map_err(failed)? {
                ShimGreeting::Started | ShimGreeting::Already => {}
                ShimGreeting::Failed(message) => return Err(failed(io::Error::other(message))),
            }
        }
        self.begun(&attempt);
        Ok(())
    }

    /// Starts a shim and waits until the start is recorded. That it happens once is seen to by the shim.
    async fn greeting_of_new_shim(&self, spec: ResolvedSpec, dir: &AttemptDir) -> io::Result<ShimGreeting> {
        let (bubblewrap, engine) = match (&spec.software, &self.bubblewrap) {
            (Software::Machine { .. }, None) => {
                return Err(io::Error::new(io::ErrorKind::NotFound, "bubblewrap (bwrap) is not installed"));
            }
            (Software::Machine { .. }, Some(bubblewrap)) => (bubblewrap.clone(), None),
            (Software::Container { .. }, _) => (PathBuf::new(), Some(self.known_engine().await?)),
        };
        let input = Order::Attempt(Box::new(ShimInput {
            boot_id_path: self.config.boot_id_path.clone(),
            bubblewrap,
            slirp4netns: self.slirp4netns.clone(),
            blocked_networks: self.config.blocked_networks.clone(),
            cgroups: self.cgroups.clone(),
            cgroup_name: self.cgroup_name(&spec.attempt),
            spec,
            require_isolation: self.config.require_isolation,
            engine,
            place: self.place.clone(),
        }))
        .line()?;
        create_dir(dir.path())?;
        let complaints = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(dir.path().join(SHIM_LOG))?;
        let (program, arguments) = self
            .config
            .shim_command
            .split_first()
            .ok_or_else(|| io::Error::other("no command for shims is set"))?;
        let mut shim = Command::new(program)
            .args(arguments)
            .arg(dir.path())
            // The server's variables are none of the workload's business, and some are secret.
            .env_clear()
            // By this what it starts can be found, should it die at once.
            .current_dir(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints)
            .kill_on_drop(false)
            .spawn()?;
        if let Some(mut stdin) = shim.stdin.take() {
            // A shim that does not read to the end says why in its greeting.
            let _ = stdin.write_all(&input).await;
        }
        let mut line = String::new();
        if let Some(stdout) = shim.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).await?;
        }
        // The handle is dropped: tokio reaps the process when it ends, if this server is still there then.
        serde_json::from_str(&line).map_err(|_| io::Error::other("the shim ended before it said anything"))
    }
}

fn not_started(attempt: &str, error: io::Error) -> RunnerError {
    RunnerError::failed(format!("attempt {attempt} cannot be started"), error)
}

/// Makes the private folder of one attempt, if it is not there.
pub(super) fn create_dir(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
