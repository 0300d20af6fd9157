//! The contract in containers, and what only those can suffer.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bollard::models::ContainerSummary;
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures::FutureExt;
use futures::future::BoxFuture;
use runner::contract::{RunnerFixture, SandboxKind, TEST_IMAGE, test_engine};
use runner::{
    AttemptSpec, Capability, CapabilityState, ContainerEngine, Containers as Presence, Exit, ExitCause,
    Image, LocalConfig, LocalRunner, Log, Mount, Observation, Resources, Runner, RunnerError, Stop,
    StopReason, Stream, Usage, Volume,
};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::{UnixListener, UnixStream};

use crate::fixture::{Local, local, volume};

const PATIENCE: Duration = Duration::from_secs(60);

mod contract {
    runner::contract_tests!(super::containers, ignored: "PORTICO_TEST_PODMAN names no engine");
}

/// A local runner that runs everything in containers.
struct Containers {
    local: Local,
    engine: PathBuf,
}

fn containers() -> Containers {
    Containers { engine: test_engine(), local: local() }
}

impl Containers {
    fn config(&self) -> LocalConfig {
        LocalConfig { container_engine: ContainerEngine::Socket(self.engine.clone()), ..self.local.config() }
    }

    fn local_runner(&self) -> LocalRunner {
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

    fn volume(&self, name: &str) -> Volume {
        volume(name)
    }

    fn log_file(&self, attempt: &str) -> PathBuf {
        self.local.log_file(attempt)
    }

    fn data_dir(&self) -> PathBuf {
        self.local.data_dir()
    }

    fn sandbox(&self) -> SandboxKind {
        SandboxKind::Container
    }
}

fn in_container(spec: AttemptSpec) -> AttemptSpec {
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

    fn gpu_percent<'a>(&'a self, indices: &'a [u32]) -> BoxFuture<'a, Option<u8>> {
        self.0.gpu_percent(indices)
    }
    fn connect<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Box<dyn Stream>, RunnerError>> {
        self.0.connect(attempt)
    }

    fn log(&self, attempt: &str) -> Arc<dyn Log> {
        self.0.log(attempt)
    }

    fn build_log(&self, digest: &str) -> Arc<dyn Log> {
        self.0.build_log(digest)
    }

    fn remove<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<(), RunnerError>> {
        self.0.remove(attempt)
    }

    fn containers(&self) -> BoxFuture<'_, Presence> {
        self.0.containers()
    }

    fn capabilities(&self) -> Vec<Capability> {
        self.0.capabilities()
    }
}

async fn ended(runner: &dyn Runner, attempt: &str) -> Observation {
    tokio::time::timeout(PATIENCE, runner.wait(attempt)).await.expect("it does not end").unwrap()
}

/// Runs to the end and answers how it ended.
async fn run(runner: &LocalRunner, spec: AttemptSpec) -> Exit {
    runner.start(&spec).await.unwrap();
    let Observation::Finished(exit) = ended(runner, &spec.attempt).await else { panic!("lost") };
    exit
}

async fn lines(runner: &LocalRunner, attempt: &str) -> Vec<String> {
    let page = runner.log(attempt).lines(0, 100).await.unwrap();
    page.lines.into_iter().map(|line| line.text).collect()
}

async fn start_until_ready(runner: &LocalRunner, spec: AttemptSpec) {
    runner.start(&spec).await.unwrap();
    let log = runner.log(&spec.attempt);
    let ready = async {
        let mut mark = log.mark().await.unwrap();
        while !lines(runner, &spec.attempt).await.iter().any(|line| line == "ready") {
            assert!(!mark.complete(), "it ended before it was ready");
            mark = log.changed(mark).await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.unwrap();
}

/// What the engine knows of an attempt's container, if there is one.
async fn container_of(engine: &Path, attempt: &str) -> Option<ContainerSummary> {
    let docker = Docker::connect_with_unix(&engine.to_string_lossy(), 60, API_DEFAULT_VERSION).unwrap();
    let docker = docker.negotiate_version().await.unwrap();
    let filters = HashMap::from([("label", vec![format!("portico.attempt={attempt}")])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let settled = async {
        loop {
            match docker.list_containers(Some(options.clone())).await {
                // Podman tells of containers between two states in words that the API does not have.
                Err(bollard::errors::Error::JsonDataError { .. }) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                found => return found.unwrap().pop(),
            }
        }
    };
    tokio::time::timeout(PATIENCE, settled).await.unwrap()
}

/// Attempts of all tests are known to one engine, so their names differ.
fn unique(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

fn kill_shim(containers: &Containers, attempt: &str) {
    let started = fs_err::read(containers.local.attempts().join(attempt).join("started")).unwrap();
    let started: serde_json::Value = serde_json::from_slice(&started).unwrap();
    let shim = i32::try_from(started["shim"]["pid"].as_i64().unwrap()).unwrap();
    kill_process(Pid::from_raw(shim).unwrap(), Signal::KILL).unwrap();
}

#[tokio::test]
#[ignore = "PORTICO_TEST_PODMAN names no engine"]
async fn nothing_is_left_of_a_container() {
    let containers = containers();
    let (runner, attempt) = (containers.local_runner(), unique("left"));
    let exit = run(&runner, in_container(AttemptSpec::new(&attempt, "sleep 600 & exit 3"))).await;
    assert_eq!((exit.cause, exit.code), (ExitCause::Failed, Some(3)));
    assert_eq!(container_of(&containers.engine, &attempt).await, None);
}

#[tokio::test]
#[ignore = "PORTICO_TEST_PODMAN names no engine"]
async fn an_image_that_is_not_there_is_told() {
    let containers = containers();
    let runner = containers.local_runner();
    // Nothing listens at port 1, so nobody has to be reached for this.
    let reference = "localhost:1/nobody/nothing:1";
    let image = Image::Container { reference: reference.into() };
    let exit = run(&runner, AttemptSpec { image, ..AttemptSpec::new("a", "true") }).await;
    let message = exit.message.unwrap();
    assert_eq!(exit.cause, ExitCause::SandboxFailed, "{message}");
    assert!(message.contains(reference) && message.contains("cannot be reached"), "{message}");
    assert_eq!(lines(&runner, "a").await[0], format!("[portico] pulling the image {reference}"));
}

#[tokio::test]
#[ignore = "PORTICO_TEST_PODMAN names no engine"]
async fn the_engine_is_told_in_the_capabilities() {
    let containers = containers();
    let runner = containers.local_runner();
    assert_eq!(runner.containers().await, Presence::Run);
    let found = runner.capabilities().into_iter().find(|found| found.name == "containers").unwrap();
    assert_eq!(found.state, CapabilityState::Ok, "{}", found.detail);
    assert!(found.detail.contains("Podman") || found.detail.contains("Docker"), "{}", found.detail);
    let config = LocalConfig {
        container_engine: ContainerEngine::Socket("/nonexistent/engine.sock".into()),
        ..containers.local.config()
    };
    let found = LocalRunner::new(config).unwrap().capabilities();
    let found = found.into_iter().find(|found| found.name == "containers").unwrap();
    assert!(found.state == CapabilityState::Missing && found.fix.is_some(), "{found:?}");
}

#[tokio::test]
#[ignore = "PORTICO_TEST_PODMAN names no engine"]
async fn a_killed_shim_takes_its_container_along() {
    let containers = containers();
    let (runner, attempt) = (containers.local_runner(), unique("shim"));
    start_until_ready(&runner, in_container(AttemptSpec::new(&attempt, "echo ready; sleep 600"))).await;
    kill_shim(&containers, &attempt);
    let seen = ended(&runner, &attempt).await;
    assert!(matches!(seen, Observation::Lost { .. }), "{seen:?}");
    assert_eq!(container_of(&containers.engine, &attempt).await, None);
}

#[tokio::test]
#[ignore = "PORTICO_TEST_PODMAN names no engine"]
async fn what_is_left_over_is_removed_at_the_start() {
    let containers = containers();
    let (runner, attempt) = (containers.local_runner(), unique("sweep"));
    start_until_ready(&runner, in_container(AttemptSpec::new(&attempt, "echo ready; sleep 600"))).await;
    kill_shim(&containers, &attempt);
    drop(runner);
    let restarted = containers.local_runner();
    let swept = async {
        while container_of(&containers.engine, &attempt).await.is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, swept).await.expect("its container stays");
    assert!(matches!(ended(&restarted, &attempt).await, Observation::Lost { .. }));
}

/// What an administrator does by hand, or an engine that is told to stop.
#[tokio::test]
#[ignore = "PORTICO_TEST_PODMAN names no engine"]
async fn a_container_ended_from_outside_is_no_fault_of_the_script() {
    let containers = containers();
    let (runner, attempt) = (containers.local_runner(), unique("outside"));
    start_until_ready(&runner, in_container(AttemptSpec::new(&attempt, "echo ready; sleep 600"))).await;
    let record = fs_err::read(containers.local.attempts().join(&attempt).join("sandbox.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let init = i32::try_from(record["init"]["pid"].as_i64().unwrap()).unwrap();
    kill_process(Pid::from_raw(init).unwrap(), Signal::KILL).unwrap();
    let Observation::Finished(exit) = ended(&runner, &attempt).await else { panic!("lost") };
    assert_eq!(exit.cause, ExitCause::SandboxFailed, "{exit:?}");
    let message = exit.message.unwrap();
    assert!(message.contains("from outside"), "{message}");
}

/// The engine's socket goes away while an attempt runs: it goes on to its end all the same, or can be stopped.
#[tokio::test]
#[ignore = "PORTICO_TEST_PODMAN names no engine"]
async fn an_engine_that_goes_away_keeps_nobody_waiting() {
    let containers = containers();
    // A socket's path is short, so it does not lie in a volume.
    let folder = tempfile::tempdir().unwrap();
    let (own, attempt) = (folder.path().join("own.sock"), unique("gone"));
    let relay = Relay::start(&containers.engine, &own);
    let config =
        LocalConfig { container_engine: ContainerEngine::Socket(own.clone()), ..containers.local.config() };
    let runner = LocalRunner::new(config).unwrap();
    start_until_ready(&runner, in_container(AttemptSpec::new(&attempt, "echo ready; sleep 600"))).await;
    relay.stop();
    fs_err::remove_file(&own).unwrap();
    runner.stop(&attempt, Stop { reason: StopReason::Cancelled, grace: None }).await.unwrap();
    let Observation::Finished(exit) = ended(&runner, &attempt).await else { panic!("lost") };
    assert_eq!((exit.cause, exit.code), (ExitCause::Stopped(StopReason::Cancelled), Some(143)), "{exit:?}");
    // Nobody could remove it; that is done when the engine is back.
    assert!(container_of(&containers.engine, &attempt).await.is_some());
    let refused = runner.start(&in_container(AttemptSpec::new("b", "true"))).await.unwrap_err().to_string();
    assert!(refused.contains("nothing answers"), "{refused}");
    assert_eq!(runner.containers().await, Presence::Away);
    let _back = Relay::start(&containers.engine, &own);
    let there = async {
        while runner.containers().await != Presence::Run {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, there).await.expect("it is not seen that the engine is back");
    let swept = async {
        while container_of(&containers.engine, &attempt).await.is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, swept).await.expect("its container stays");
}

/// Files belong to whoever runs the server, as those of other workloads do, and the engine learns no variable.
#[tokio::test]
#[ignore = "PORTICO_TEST_PODMAN names no engine"]
async fn files_and_secrets_are_in_the_right_hands() {
    let containers = containers();
    let (runner, attempt) = (containers.local_runner(), unique("files"));
    let shared = containers.local.folder("shared");
    let mut spec = in_container(AttemptSpec::new(
        &attempt,
        "touch /mnt/file; echo \"$TOKEN\"; echo ready; until [ -e /mnt/go ]; do sleep 0.05; done",
    ));
    spec.mounts.push(Mount::writable(volume("shared"), "/mnt"));
    spec.env.insert("TOKEN".into(), "a-very-secret-word".into());
    spec.masked.push("a-very-secret-word".into());
    start_until_ready(&runner, spec).await;
    assert_eq!(
        MetadataExt::uid(&fs_err::metadata(shared.join("file")).unwrap()),
        rustix::process::geteuid().as_raw()
    );
    let docker =
        Docker::connect_with_unix(&containers.engine.to_string_lossy(), 60, API_DEFAULT_VERSION).unwrap();
    let docker = docker.negotiate_version().await.unwrap();
    let id = container_of(&containers.engine, &attempt).await.unwrap().id.unwrap();
    let known = docker.inspect_container(&id, None::<InspectContainerOptions>).await.unwrap();
    assert!(!serde_json::to_string(&known).unwrap().contains("secret"), "{known:?}");
    assert!(!lines(&runner, &attempt).await.concat().contains("secret"));
    fs_err::write(shared.join("go"), "").unwrap();
    ended(&runner, &attempt).await;
}

/// Passes connections on to an engine until it is stopped, as a service does that is stopped under its clients.
struct Relay(tokio::task::JoinHandle<()>);

impl Relay {
    fn start(engine: &Path, socket: &Path) -> Self {
        let (engine, listener) = (engine.to_owned(), UnixListener::bind(socket).unwrap());
        Relay(tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let engine = engine.clone();
                connections.spawn(async move {
                    let mut engine = UnixStream::connect(engine).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut engine).await;
                });
            }
        }))
    }

    fn stop(self) {
        self.0.abort();
    }
}
