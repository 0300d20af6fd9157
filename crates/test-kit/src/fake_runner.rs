//! A runner that runs nothing: tests say when an attempt ends, and how.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use runner::{
    AttemptSpec, Capability, Containers, Log, LogReader, Observation, Resources, Runner, RunnerError, Stop,
    Stream, Usage,
};
use tokio::sync::watch;

/// See the module's text.
pub struct FakeRunner {
    attempts: Mutex<HashMap<String, watch::Sender<Observation>>>,
    stops: Mutex<Vec<String>>,
    servers: Mutex<HashMap<String, PathBuf>>,
    connections: AtomicUsize,
    gpu_percent: AtomicU8,
    usage: Mutex<Option<Usage>>,
    containers: Mutex<Containers>,
    logs: tempfile::TempDir,
    capacity: Resources,
}

impl Default for FakeRunner {
    fn default() -> Self {
        Self {
            attempts: Mutex::default(),
            stops: Mutex::default(),
            servers: Mutex::default(),
            connections: AtomicUsize::default(),
            gpu_percent: AtomicU8::default(),
            usage: Mutex::default(),
            containers: Mutex::default(),
            logs: tempfile::tempdir().unwrap(),
            capacity: Resources { cpu_milli: 64_000, memory_mib: 256 * 1024, gpu: 8 },
        }
    }
}

impl FakeRunner {
    /// Ids of the attempts that were started and have not ended.
    pub fn running(&self) -> Vec<String> {
        let attempts = self.attempts.lock().unwrap();
        attempts.iter().filter(|(_, at)| !at.borrow().is_final()).map(|(id, _)| id.clone()).collect()
    }
    /// Ids of the attempts that were asked to stop.
    pub fn stopped(&self) -> Vec<String> {
        self.stops.lock().unwrap().clone()
    }
    /// Ends an attempt.
    pub fn end(&self, attempt: &str, observation: Observation) {
        let attempts = self.attempts.lock().unwrap();
        attempts.get(attempt).unwrap().send_replace(observation);
    }
    /// From now on an attempt's HTTP server is whoever listens on this unix socket.
    pub fn serve(&self, attempt: &str, socket: impl Into<PathBuf>) {
        self.servers.lock().unwrap().insert(attempt.to_owned(), socket.into());
    }
    /// From now on the log of an attempt holds this.
    pub fn say(&self, attempt: &str, text: &str) {
        let folder = self.logs.path().join(attempt);
        fs_err::create_dir_all(&folder).unwrap();
        fs_err::write(folder.join(runner::log::LOG_FILE), text).unwrap();
    }
    /// What every attempt uses from now on.
    pub fn set_usage(&self, usage: Usage) {
        *self.usage.lock().unwrap() = Some(usage);
    }
    /// How busy all GPUs are from now on.
    pub fn set_gpu_percent(&self, percent: u8) {
        self.gpu_percent.store(percent, Ordering::Relaxed);
    }
    /// Whether containers run from now on.
    pub fn set_containers(&self, containers: Containers) {
        *self.containers.lock().unwrap() = containers;
    }
    /// How many connections to attempts were made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
    fn state(&self, attempt: &str) -> Option<Observation> {
        self.attempts.lock().unwrap().get(attempt).map(|at| at.borrow().clone())
    }
}

impl Runner for FakeRunner {
    fn name(&self) -> &'static str {
        "fake"
    }
    fn capacity(&self) -> Resources {
        self.capacity
    }
    fn start<'a>(&'a self, spec: &'a AttemptSpec) -> BoxFuture<'a, Result<(), RunnerError>> {
        let running = Observation::Running { started_at_us: 1 };
        self.attempts
            .lock()
            .unwrap()
            .entry(spec.attempt.clone())
            .or_insert_with(|| watch::Sender::new(running));
        async { Ok(()) }.boxed()
    }
    fn stop<'a>(&'a self, attempt: &'a str, _stop: Stop) -> BoxFuture<'a, Result<(), RunnerError>> {
        self.stops.lock().unwrap().push(attempt.to_owned());
        async { Ok(()) }.boxed()
    }
    fn observe<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Observation, RunnerError>> {
        let state = self.state(attempt).unwrap_or(Observation::NotStarted);
        async { Ok(state) }.boxed()
    }
    fn wait<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Observation, RunnerError>> {
        let mut state = self.attempts.lock().unwrap().get(attempt).unwrap().subscribe();
        async move { Ok(state.wait_for(Observation::is_final).await.unwrap().clone()) }.boxed()
    }
    fn usage<'a>(&'a self, _attempt: &'a str) -> BoxFuture<'a, Result<Option<Usage>, RunnerError>> {
        let usage = *self.usage.lock().unwrap();
        async move { Ok(usage) }.boxed()
    }
    fn gpu_percent<'a>(&'a self, indices: &'a [u32]) -> BoxFuture<'a, Option<u8>> {
        let percent = self.gpu_percent.load(Ordering::Relaxed);
        async move { (!indices.is_empty()).then_some(percent) }.boxed()
    }
    fn containers(&self) -> BoxFuture<'_, Containers> {
        let containers = *self.containers.lock().unwrap();
        async move { containers }.boxed()
    }
    fn connect<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Box<dyn Stream>, RunnerError>> {
        let running = self.state(attempt).is_some_and(|state| !state.is_final());
        let socket = self.servers.lock().unwrap().get(attempt).filter(|_| running).cloned();
        async move {
            let socket = socket.ok_or(RunnerError::NotListening)?;
            match tokio::net::UnixStream::connect(socket).await {
                Ok(stream) => {
                    self.connections.fetch_add(1, Ordering::Relaxed);
                    Ok(Box::new(stream) as Box<dyn Stream>)
                }
                Err(_) => Err(RunnerError::NotListening),
            }
        }
        .boxed()
    }
    fn log(&self, attempt: &str) -> Arc<dyn Log> {
        Arc::new(LogReader::new(self.logs.path().join(attempt)))
    }
    fn build_log(&self, digest: &str) -> Arc<dyn Log> {
        Arc::new(LogReader::new(self.logs.path().join("builds").join(digest)))
    }
    fn remove<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<(), RunnerError>> {
        self.attempts.lock().unwrap().remove(attempt);
        async { Ok(()) }.boxed()
    }
    fn capabilities(&self) -> Vec<Capability> {
        Vec::new()
    }
}
