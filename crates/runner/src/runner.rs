//! What every runner can do, whatever runs beneath it.

use std::error::Error;
use std::sync::Arc;
use std::{fmt, io};

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::log::Log;
use crate::observation::{Capability, Containers, Observation, Stop, Usage};
use crate::spec::{AttemptSpec, Resources};

/// Something that executes attempts.
///
/// The words are chosen so that a reconciler can repeat anything: `start` and `stop` may be called again after any
/// crash, an attempt starts at most once in all, and an observation that [is final](Observation::is_final) never
/// changes.
pub trait Runner: Send + Sync + 'static {
    /// A short name for messages and columns, such as `local`.
    fn name(&self) -> &'static str;

    /// What may be claimed in sum.
    fn capacity(&self) -> Resources;

    /// Starts an attempt, or does nothing when it was started or stopped before.
    fn start<'a>(&'a self, spec: &'a AttemptSpec) -> BoxFuture<'a, Result<(), RunnerError>>;

    /// Asks an attempt to stop and returns when it has been asked; [`Runner::wait`] tells when it has ended.
    /// An attempt that never started can never start afterwards. The first reason given is the one recorded.
    fn stop<'a>(&'a self, attempt: &'a str, stop: Stop) -> BoxFuture<'a, Result<(), RunnerError>>;

    /// Where an attempt stands now.
    fn observe<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Observation, RunnerError>>;

    /// Resolves when an attempt has ended, with a final observation.
    fn wait<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Observation, RunnerError>>;

    /// What an attempt uses now; `None` when it does not run.
    fn usage<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Option<Usage>, RunnerError>>;

    /// For how much of the time, in percent, the busiest of the machine's GPUs with these numbers worked lately; `None`
    /// when that can't be told.
    fn gpu_percent<'a>(&'a self, indices: &'a [u32]) -> BoxFuture<'a, Option<u8>>;

    /// A new connection to the HTTP server of an attempt whose spec says that it [serves](AttemptSpec::serves).
    /// [`RunnerError::NotListening`] as long as nothing listens there, and after the attempt has ended.
    fn connect<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<Box<dyn Stream>, RunnerError>>;

    /// An attempt's output. It can be read while the attempt runs.
    fn log(&self, attempt: &str) -> Arc<dyn Log>;

    /// What was said when the environment with this digest was built last. It can be read meanwhile.
    fn build_log(&self, digest: &str) -> Arc<dyn Log>;

    /// Deletes every trace of an attempt that has ended. Afterwards the runner no longer knows that it ever ran, so
    /// this is for attempts whose end is recorded elsewhere.
    fn remove<'a>(&'a self, attempt: &'a str) -> BoxFuture<'a, Result<(), RunnerError>>;

    /// Whether attempts in container images can start now. It may be asked often: an answer holds for some seconds.
    fn containers(&self) -> BoxFuture<'_, Containers>;

    /// What works on this machine and what does not.
    fn capabilities(&self) -> Vec<Capability>;
}

/// Bytes in both directions. Each direction can be closed for itself.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// Why a runner could not do what it was asked. All of these are the platform's troubles, never the workload's: how a
/// workload fared is an [`Observation`].
#[derive(Debug)]
pub enum RunnerError {
    /// The attempt's id or its spec cannot be run by any runner.
    Invalid(String),
    /// The attempt still runs, and that forbids what was asked.
    Busy(String),
    /// No HTTP server of the workload listens, or not yet.
    NotListening,
    /// A volume that the attempt needs is not there and cannot be made.
    NoVolume {
        /// Why, in words that say nothing of the machine's paths.
        why: String,
        /// What went wrong, for the log.
        source: io::Error,
    },
    /// The image that the attempt is to run in is not there. The sentence is for people.
    NoImage(String),
    /// The machinery failed; asking again may help.
    Failed {
        /// What was being done.
        context: String,
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl RunnerError {
    /// The machinery failed while `context` was being done.
    pub fn failed(context: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        RunnerError::Failed { context: context.into(), source: source.into() }
    }
}

impl fmt::Display for RunnerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunnerError::Invalid(message) | RunnerError::Busy(message) | RunnerError::NoImage(message) => {
                formatter.write_str(message)
            }
            RunnerError::NotListening => formatter.write_str("the workload's HTTP server does not listen"),
            RunnerError::NoVolume { why, .. } => {
                write!(formatter, "a folder that it needs can't be made: {why}")
            }
            RunnerError::Failed { context, source } => write!(formatter, "{context}: {source}"),
        }
    }
}

impl Error for RunnerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            RunnerError::Failed { source, .. } => Some(&**source),
            RunnerError::NoVolume { source, .. } => Some(source),
            RunnerError::Invalid(_)
            | RunnerError::Busy(_)
            | RunnerError::NoImage(_)
            | RunnerError::NotListening => None,
        }
    }
}
