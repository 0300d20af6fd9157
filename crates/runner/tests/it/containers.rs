//! The contract in containers, and what only those can suffer. Without an engine all of this is skipped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use runner::contract::{RunnerFixture, SandboxKind, TEST_IMAGE, test_engine};
use runner::{
    AttemptSpec, Capability, ContainerEngine, Image, LocalConfig, LocalRunner, LogReader, Observation,
    Resources, Runner, RunnerError, Stop, Stream, Usage,
};

use crate::fixture::{Local, local};

mod contract {
    runner::contract_tests!(super::containers, where it can);
}

/// A local runner that runs everything in containers.
pub(crate) struct Containers {
    pub(crate) local: Local,
    pub(crate) engine: PathBuf,
}

pub(crate) fn containers() -> Option<Containers> {
    Some(Containers { engine: test_engine()?, local: local() })
}

impl Containers {
    pub(crate) fn config(&self) -> LocalConfig {
        LocalConfig { container_engine: ContainerEngine::Socket(self.engine.clone()), ..self.local.config() }
    }

    pub(crate) fn local_runner(&self) -> LocalRunner {
        LocalRunner::new(self.config()).unwrap()
    }
}

impl RunnerFixture for Containers {
    fn runner(&self) -> Arc<dyn Runner> {
        Arc::new(InContainers(self.local_runner()))
    }

    fn restarted(&self) -> Arc<dyn Runner> {
        self.runner()
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.local.folder(name)
    }

    fn data_dir(&self) -> PathBuf {
        self.local.data_dir()
    }

    fn sandbox(&self) -> SandboxKind {
        SandboxKind::Container
    }
}

pub(crate) fn in_container(spec: AttemptSpec) -> AttemptSpec {
    AttemptSpec { image: Image::Container { reference: TEST_IMAGE.into() }, ..spec }
}

struct InContainers(LocalRunner);

impl Runner for InContainers {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn capacity(&self) -> Resources {
        self.0.capacity()
    }

    fn start<'a>(&'a self, spec: &'a AttemptSpec) -> BoxFuture<'a, Result<(), RunnerError>> {
        let spec = in_container(spec.clone());
        async move { self.0.start(&spec).await }.boxed()
    }

    fn stop<'a>(&'a self, attempt: &'a str, stop: Stop) -> BoxFuture<'a, Result<(), RunnerError>> {
        self.0.stop(attempt, stop)
    }

    fn observe<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Observation, RunnerError>> {
        self.0.observe(attempt)
    }

    fn wait<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Observation, RunnerError>> {
        self.0.wait(attempt)
    }

    fn usage<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Option<Usage>, RunnerError>> {
        self.0.usage(attempt)
    }

    fn connect<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Box<dyn Stream>, RunnerError>> {
        self.0.connect(attempt)
    }

    fn log(&self, attempt: &str) -> LogReader {
        self.0.log(attempt)
    }

    fn remove<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<(), RunnerError>> {
        self.0.remove(attempt)
    }

    fn capabilities(&self) -> Vec<Capability> {
        self.0.capabilities()
    }
}

pub(crate) async fn ended(runner: &dyn Runner, attempt: &str) -> Observation {
    tokio::time::timeout(Duration::from_secs(60), runner.wait(attempt))
        .await
        .expect("it does not end")
        .unwrap()
}
