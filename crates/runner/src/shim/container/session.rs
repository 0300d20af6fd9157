//! A shim's talk with the engine. A shim is not async, so each question is waited for.

use std::io;
use std::time::Duration;

use bollard::models::{ContainerCreateBody, ContainerState};
use tokio::runtime::Runtime;

use crate::clock;
use crate::engine::{About, Engine, EngineError, ImageError, runtime};
use crate::protocol::EngineInput;

/// How long an engine that is gone may take to come back.
const RETURNS_WITHIN: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(200);

/// A runtime and an engine.
#[derive(Debug)]
pub(super) struct Session {
    runtime: Runtime,
    engine: Engine,
}

impl Session {
    pub(super) fn open(input: &EngineInput) -> io::Result<Self> {
        let runtime = runtime()?;
        let engine = Engine::to_known(&input.socket, &input.about).map_err(io::Error::other)?;
        Ok(Session { runtime, engine })
    }

    pub(super) fn outbound_network(&self, about: &About) -> Result<String, EngineError> {
        self.runtime.block_on(self.engine.outbound_network(about))
    }

    /// Sees to it that an image is there, until that is aborted.
    pub(super) fn have_image(
        &self,
        reference: &str,
        about: &About,
        tell: impl FnMut(String),
        abort: futures::future::AbortRegistration,
    ) -> Option<Result<(), ImageError>> {
        let having = self.engine.have_image(reference, about, tell);
        self.runtime.block_on(futures::future::Abortable::new(having, abort)).ok()
    }

    pub(super) fn create(&self, name: &str, body: ContainerCreateBody) -> Result<(), EngineError> {
        self.runtime.block_on(self.engine.create(name, body))
    }

    pub(super) fn start(&self, name: &str) -> Result<(), EngineError> {
        self.runtime.block_on(self.engine.start(name))
    }

    pub(super) fn state(&self, name: &str) -> Result<ContainerState, EngineError> {
        self.runtime.block_on(self.engine.state(name))
    }

    /// How a container ended whose first process is gone. Engines notice that a moment later, and one that is being
    /// started again is waited for.
    pub(super) fn final_state(&self, name: &str) -> Result<ContainerState, EngineError> {
        let until = clock::elapsed() + RETURNS_WITHIN;
        loop {
            match self.state(name) {
                Ok(state) if state.running != Some(true) => return Ok(state),
                Err(error @ (EngineError::NotThere(_) | EngineError::Other(_))) => return Err(error),
                Err(error) if clock::elapsed() >= until => return Err(error),
                Ok(state) if clock::elapsed() >= until => return Ok(state),
                _ => std::thread::sleep(PAUSE),
            }
        }
    }

    /// SIGTERM for every process of a container but the first.
    pub(super) fn terminate(&self, name: &str) -> Result<(), EngineError> {
        self.runtime.block_on(self.engine.run_in(name, &["/bin/sh", "-c", "kill -s TERM -- -1"]))
    }

    pub(super) fn kill(&self, name: &str) -> Result<(), EngineError> {
        self.runtime.block_on(self.engine.kill(name))
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), EngineError> {
        self.runtime.block_on(self.engine.remove(name))
    }
}
