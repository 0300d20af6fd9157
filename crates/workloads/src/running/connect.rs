//! Connections to what workloads serve.

use std::sync::Arc;

use futures::future::BoxFuture;
use runner::{Runner, RunnerError, Stream};

use crate::Workloads;

/// The way to the HTTP servers of attempts. It is got once and kept: connecting asks no database.
#[derive(Clone)]
pub struct Connections(Arc<dyn Runner>);

impl Connections {
    /// A new connection to the HTTP server of an attempt; [`RunnerError::NotListening`] while there is none.
    pub fn connect<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Box<dyn Stream>, RunnerError>> {
        self.0.connect(attempt)
    }
}

impl Workloads {
    /// For the proxy, which finds out who may open a workload before it connects.
    pub fn connections(&self) -> Connections {
        Connections(self.runner.clone())
    }
}
