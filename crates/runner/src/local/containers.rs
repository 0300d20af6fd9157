//! Containers of this data directory that no shim looks after any more, and what the machine offers for them.

use std::path::{Path, PathBuf};

use super::LocalRunner;
use crate::engine::{self, About, ContainerEngine, EngineError};
use crate::observation::{Capability, CapabilityState};
use crate::records::{AttemptDir, ProcessName};

impl LocalRunner {
    /// Whether attempts can run in container images now.
    pub fn runs_containers(&self) -> bool {
        self.engine().is_ok()
    }

    /// Removes, in the background, containers whose shim died together with the last server, and those whose shim could
    /// not reach the engine in the end.
    pub(super) fn sweep_containers(&self) {
        let Ok(socket) = engine::find(&self.config.container_engine) else { return };
        let (root, place) = (self.config.root.clone(), self.place.clone());
        std::thread::spawn(move || {
            if let Err(error) = sweep(&socket, &root, &place) {
                tracing::warn!(%error, "containers that were left over could not be removed");
            }
        });
    }

    fn engine(&self) -> Result<(PathBuf, About), String> {
        let socket = engine::find(&self.config.container_engine)?;
        let about = engine::with_engine(&socket, async |engine| engine.about().await)
            .map_err(|error| format!("{}: {error}", socket.display()))?;
        Ok((socket, about))
    }

    pub(super) fn containers(&self) -> Capability {
        let (state, detail, fix) = match self.engine() {
            Ok((socket, about)) => {
                let how = if about.rootless { ", rootless" } else { "" };
                let detail = format!("container images run with {}{how} at {}", about.name, socket.display());
                (CapabilityState::Ok, detail, None)
            }
            Err(why) => {
                let detail = format!("container images cannot run: {why}");
                // Only who names an engine misses it.
                let state = match self.config.container_engine {
                    ContainerEngine::Socket(_) => CapabilityState::Missing,
                    ContainerEngine::Auto | ContainerEngine::Off => CapabilityState::Absent,
                };
                (state, detail, fix_for(&self.config.container_engine))
            }
        };
        Capability { name: "containers", state, detail, fix }
    }
}

fn fix_for(engine: &ContainerEngine) -> Option<String> {
    let fix = "start Docker or `podman system service` and let the server's user use its socket, or name the socket in \
               the setting container_engine";
    (*engine != ContainerEngine::Off).then(|| fix.to_owned())
}

fn sweep(socket: &Path, root: &Path, place: &str) -> Result<(), EngineError> {
    engine::with_engine(socket, async |engine| {
        for left in engine.containers_of(place).await? {
            if !is_looked_after(&AttemptDir::new(root.join(&left.attempt))) {
                engine.remove(&left.id).await?;
            }
        }
        Ok(())
    })
}

/// Whether a shim lives that will remove the container. When in doubt it does.
fn is_looked_after(dir: &AttemptDir) -> bool {
    match dir.started() {
        Ok(Some(started)) => started.shim.is_some_and(ProcessName::is_alive),
        Ok(None) => false,
        Err(_) => true,
    }
}
