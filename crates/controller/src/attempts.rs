//! From a claim to an end: one small task per attempt starts it, waits for it and writes down what became of it.
//!
//! All state is in the database and with the runner, so after a restart the same task is simply begun again for every
//! attempt that holds a claim.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{AttemptId, Timestamp};
use runner::{Exit, ExitCause, Observation, RunnerError, Stop, StopReason};
use workloads::engine::AttemptEnd;
use workloads::engine::Cause;

use crate::{Bells, Controller, launch, serving, woken};

/// After a failure of ours, the first wait before the next try; it doubles up to [`MOST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(200);
const MOST_WAIT: Duration = Duration::from_secs(30);
/// A start that failed so often is the platform's fault.
const MAX_START_TRIES: u32 = 4;

/// Begins and remembers the tasks.
#[derive(Clone)]
pub(crate) struct Supervisor {
    controller: Controller,
    bells: Arc<Bells>,
    supervised: Arc<Mutex<HashSet<AttemptId>>>,
    stopped: Arc<Mutex<HashSet<AttemptId>>>,
}

impl Supervisor {
    pub(crate) fn new(controller: Controller, bells: Arc<Bells>) -> Self {
        Self { controller, bells, supervised: Arc::default(), stopped: Arc::default() }
    }

    /// Sees to the attempt from now on; does nothing when that is being done already.
    pub(crate) fn supervise(&self, attempt: AttemptId) {
        if !self.supervised.lock().is_ok_and(|mut supervised| supervised.insert(attempt)) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            let mut wait = FIRST_WAIT;
            while let Err(error) = this.see_to(attempt).await {
                tracing::error!(%attempt, error = ?error, "an attempt could not be seen to; trying again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(MOST_WAIT);
            }
            if let Ok(mut supervised) = this.supervised.lock() {
                supervised.remove(&attempt);
            }
            if let Ok(mut stopped) = this.stopped.lock() {
                stopped.remove(&attempt);
            }
            this.bells.schedule.notify_one();
        });
    }

    async fn see_to(&self, attempt: AttemptId) -> base::Result<()> {
        let (ctx, parts) = (self.controller.ctx("attempts"), &self.controller.parts);
        let name = attempt.to_string();
        let mut observed = parts.runner.observe(&name).await.map_err(trouble)?;
        if observed == Observation::NotStarted {
            match self.start(attempt).await? {
                Some(end) => return parts.workloads.attempt_ended(&ctx, attempt, end).await,
                None => observed = parts.runner.observe(&name).await.map_err(trouble)?,
            }
        }
        if let Observation::Running { started_at_us } = observed {
            parts.workloads.attempt_running(&ctx, attempt, Timestamp(started_at_us)).await?;
        }
        if !observed.is_final() {
            let mut wait = parts.runner.wait(&name);
            let ended = tokio::select! {
                biased;
                ended = &mut wait => ended,
                answers = serving::announce(&self.controller, attempt) => {
                    answers?;
                    wait.await
                }
            };
            observed = ended.map_err(trouble)?;
        }
        let end = match observed {
            Observation::Finished(exit) => ended(exit),
            Observation::Lost { why } => lost(why, ctx.now()),
            Observation::NotStarted | Observation::Running { .. } => {
                return Err(base::Error::internal("a runner stopped waiting before the end"));
            }
        };
        metrics::counter!("portico_attempts_ended_total", "cause" => end.cause.as_str()).increment(1);
        parts.workloads.attempt_ended(&ctx, attempt, end).await
    }

    /// Starts the attempt, or says how it ended without having started.
    async fn start(&self, attempt: AttemptId) -> base::Result<Option<AttemptEnd>> {
        let (ctx, parts) = (self.controller.ctx("attempts"), &self.controller.parts);
        let Some(launch) = parts.workloads.launch_spec(&ctx, attempt).await? else {
            // Asked to stop before it could start. The runner is told too, so that it never can.
            let stop = Stop { reason: StopReason::Cancelled, grace: None };
            parts.runner.stop(&attempt.to_string(), stop).await.map_err(trouble)?;
            return Ok(Some(never_started(
                Cause::Cancelled,
                "Cancelled before it started.".to_owned(),
                ctx.now(),
            )));
        };
        let Ok(spec) = launch::spec(parts, &launch) else {
            let message = "Its owner was deleted.".to_owned();
            return Ok(Some(never_started(Cause::Platform, message, ctx.now())));
        };
        let mut wait = FIRST_WAIT;
        for attempt_at_start in 1.. {
            match parts.runner.start(&spec).await {
                Ok(()) => break,
                Err(RunnerError::NoVolume { why, source }) => {
                    // The error names paths of the server, which are no business of whoever started it.
                    tracing::error!(%attempt, error = %source, "the folders of an attempt can't be made");
                    let message = format!("Its folders can't be made on the server: {why}.");
                    return Ok(Some(never_started(Cause::Platform, message, ctx.now())));
                }
                Err(RunnerError::Invalid(message) | RunnerError::NoImage(message)) => {
                    return Ok(Some(never_started(Cause::Platform, message, ctx.now())));
                }
                Err(error) if attempt_at_start >= MAX_START_TRIES => {
                    let stop = Stop { reason: StopReason::Maintenance, grace: None };
                    parts.runner.stop(&attempt.to_string(), stop).await.map_err(trouble)?;
                    let message = format!("It can't be started here: {error}.");
                    return Ok(Some(never_started(Cause::Platform, message, ctx.now())));
                }
                Err(error) => {
                    tracing::warn!(%attempt, error = %error, "an attempt did not start; trying again");
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
            }
        }
        Ok(None)
    }

    /// Tells the runner about attempts that people want to stop.
    pub(crate) async fn stop_asked(&self) -> base::Result<()> {
        let (ctx, parts) = (self.controller.ctx("attempts"), &self.controller.parts);
        let active = parts.workloads.active_attempts(&ctx, &self.controller.runner).await?;
        for attempt in &active {
            // After a restart.
            self.supervise(attempt.id);
            let is_new =
                attempt.stop_asked && self.stopped.lock().is_ok_and(|mut stopped| stopped.insert(attempt.id));
            if !is_new {
                continue;
            }
            let stop = Stop { reason: StopReason::Cancelled, grace: None };
            if let Err(error) = parts.runner.stop(&attempt.id.to_string(), stop).await {
                tracing::warn!(attempt = %attempt.id, error = %error, "an attempt could not be asked to stop; trying again");
                if let Ok(mut stopped) = self.stopped.lock() {
                    stopped.remove(&attempt.id);
                }
            }
        }
        metrics::gauge!("portico_active_attempts").set(active.len() as f64);
        Ok(())
    }
}

/// Adopts attempts and passes on wishes to stop, whenever something changed and now and then.
pub(crate) async fn run(controller: Controller, bells: Arc<Bells>, supervisor: Supervisor) {
    drop(controller);
    loop {
        if let Err(error) = supervisor.stop_asked().await {
            tracing::error!(error = ?error, "looking for attempts failed; trying again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        woken(&bells.stop).await;
        // Many jobs may end in a burst; one look is enough for all of them.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn trouble(error: RunnerError) -> base::Error {
    base::Error::internal_from("ask the runner", error)
}

fn never_started(cause: Cause, message: String, now: Timestamp) -> AttemptEnd {
    AttemptEnd {
        cause,
        message,
        started_at: None,
        finished_at: now,
        exit_code: None,
        signal: None,
        max_memory_bytes: None,
        cpu_time_us: None,
    }
}

fn lost(why: String, now: Timestamp) -> AttemptEnd {
    never_started(Cause::NodeLost, sentence(&why), now)
}

fn ended(exit: Exit) -> AttemptEnd {
    let cause = match exit.cause {
        ExitCause::Completed => Cause::Succeeded,
        ExitCause::Failed => Cause::UserCode,
        ExitCause::Stopped(StopReason::Cancelled | StopReason::Idle) => Cause::Cancelled,
        ExitCause::Stopped(StopReason::Preempted | StopReason::Maintenance) => Cause::Preempted,
        ExitCause::TimeLimit => Cause::TimeLimit,
        ExitCause::OutOfMemory => Cause::OutOfMemory,
        ExitCause::SandboxFailed => Cause::Platform,
        ExitCause::ImageFailed => Cause::Image,
    };
    let told = exit.message.as_deref().map(sentence);
    let message = match (cause, told) {
        (Cause::UserCode, None) => match (exit.signal, exit.code) {
            (Some(signal), _) => format!("Its script was ended by signal {signal}{}.", signal_name(signal)),
            (None, Some(code)) => format!("Its script ended with exit code {code}."),
            (None, None) => "Its script failed.".to_owned(),
        },
        (Cause::TimeLimit, None) => "It reached its time limit.".to_owned(),
        (Cause::OutOfMemory, None) => "It ran out of memory. Choose an instance type with more.".to_owned(),
        (Cause::Succeeded | Cause::Cancelled, None) => String::new(),
        (_, None) => "Its sandbox could not be made.".to_owned(),
        (_, Some(told)) => told,
    };
    AttemptEnd {
        cause,
        message,
        started_at: Some(Timestamp(exit.started_at_us)),
        finished_at: Timestamp(exit.finished_at_us),
        exit_code: exit.code.map(i64::from),
        signal: exit.signal.map(i64::from),
        max_memory_bytes: exit.max_memory_bytes,
        cpu_time_us: exit.cpu_time_us,
    }
}

/// The text with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

/// Names of the signals that end scripts in practice (signal(7)).
fn signal_name(signal: i32) -> &'static str {
    match signal {
        1 => " (SIGHUP)",
        2 => " (SIGINT)",
        3 => " (SIGQUIT)",
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        _ => "",
    }
}
