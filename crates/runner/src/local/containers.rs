//! Containers of this data directory that no shim looks after any more, and what the machine offers for them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{LOOK_AGAIN, LocalRunner};
use crate::clock;
use crate::engine::{self, About, ContainerEngine, Engine, EngineError};
use crate::observation::{Capability, CapabilityState, Containers};
use crate::protocol::EngineInput;
use crate::records::{AttemptDir, ProcessName};

/// How long an answer of the engine holds.
const ANSWER_HOLDS: Duration = Duration::from_secs(5);

/// What is known of the engine's coming and going.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// Whoever looks keeps others waiting, so that an engine is asked once at a time.
    seen: tokio::sync::Mutex<Seen>,
    is_doubted: AtomicBool,
}

#[derive(Debug, Default)]
struct Seen {
    at: Option<Duration>,
    answers: bool,
    was_there: bool,
}

impl Presence {
    /// Something failed for which an engine that is gone may be the reason: what was seen last counts no more.
    pub(super) fn doubt(&self) {
        self.is_doubted.store(true, Ordering::Relaxed);
    }
}

impl LocalRunner {
    /// Whether the engine answers. One that comes, or comes back, may hold containers that nobody removed.
    pub(super) async fn containers_now(&self) -> Containers {
        let wanted = &self.config.container_engine;
        if *wanted == ContainerEngine::Off {
            return Containers::None;
        }
        let mut seen = self.presence.seen.lock().await;
        let is_doubted = self.presence.is_doubted.swap(false, Ordering::Relaxed);
        if is_doubted || seen.at.is_none_or(|at| clock::elapsed() >= at + ANSWER_HOLDS) {
            let answers = match engine::find(wanted) {
                Ok(socket) => engine::answers(&socket).await,
                Err(_) => false,
            };
            if answers && !seen.answers {
                self.sweep_containers();
            }
            *seen = Seen { at: Some(clock::elapsed()), answers, was_there: seen.was_there || answers };
        }
        match wanted {
            _ if seen.answers => Containers::Run,
            // Whoever names a socket means an engine that is to be there.
            ContainerEngine::Socket(_) => Containers::Away,
            _ if seen.was_there => Containers::Away,
            _ => Containers::None,
        }
    }

    /// Removes, in the background, containers whose shim died together with the last server, and those whose shim could
    /// not reach the engine in the end.
    pub(super) fn sweep_containers(&self) {
        let Ok(socket) = engine::find(&self.config.container_engine) else { return };
        let (root, place) = (self.config.layout.attempts(), self.place.clone());
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
        self.remember(&socket, &about);
        Ok((socket, about))
    }

    /// The engine that attempts are to use. It is asked about itself once a minute at most.
    pub(super) async fn known_engine(&self) -> io::Result<EngineInput> {
        let found = self.find_engine().await;
        if found.is_err() {
            self.presence.doubt();
        }
        found
    }

    async fn find_engine(&self) -> io::Result<EngineInput> {
        let no_engine =
            |why: String| io::Error::other(format!("this machine has no container engine: {why}"));
        let socket = engine::find(&self.config.container_engine).map_err(no_engine)?;
        let known = self.known_engine.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, known)) = known
            && known.socket == socket
            && clock::elapsed() < at + LOOK_AGAIN
        {
            return Ok(known);
        }
        let asked = async { Engine::connect(&socket).await?.about().await };
        let about = asked.await.map_err(io::Error::other)?;
        self.remember(&socket, &about);
        Ok(EngineInput { socket, about })
    }

    fn remember(&self, socket: &Path, about: &About) {
        let known = EngineInput { socket: socket.to_owned(), about: about.clone() };
        *self.known_engine.lock().unwrap_or_else(PoisonError::into_inner) = Some((clock::elapsed(), known));
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
