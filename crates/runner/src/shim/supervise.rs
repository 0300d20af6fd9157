//! A shim's life after its start is recorded: run, watch, end, record.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, WaitOptions, pidfd_send_signal, waitpid};

use super::Begun;
use super::container;
use super::control::Control;
use super::limits::{Cgroups, clear};
use super::setup::{Plan, Sandbox, is_readable, plan, start};
use super::watch::{Watch, wait_for};
use crate::clock;
use crate::log::{LogPump, LogWriter, MARKER, Masker};
use crate::observation::{Exit, ExitCause};
use crate::protocol::{Answer, Request, ShimInput};
use crate::records::{AttemptDir, SERVING, Started};
use crate::shim::Software;

/// How often a sandbox is tried that fails for a reason that may pass.
const MOST_TRIES: u32 = 4;
/// How often an exit record that could not be written is tried again.
const RECORD_RETRY: Duration = Duration::from_secs(1);

/// Runs one attempt to its recorded end.
pub(super) fn run(dir: &AttemptDir, begun: Begun) {
    let Begun { mut input, started, listener } = begun;
    let mut control = Control::new(listener);
    // A container gets its control groups from its engine.
    let cgroups = match input.spec.software {
        Software::Machine { .. } => Cgroups::create(&input.cgroups, &input.cgroup_name, input.spec.resources),
        Software::Container { .. } => Cgroups::default(),
    };
    let exit = attempt(dir, &mut input, &started, &mut control, &cgroups).unwrap_or_else(|error| {
        exit(
            &started,
            ExitCause::SandboxFailed,
            None,
            Some(format!("the sandbox could not be made: {error}")),
        )
    });
    clear(cgroups.folders());
    while let Err(error) = dir.record_exit(&exit) {
        complain(&format!("the end could not be recorded: {error}"));
        let _ = dir.reserve_exit();
        wait_for(&control, &[], Some(RECORD_RETRY));
        control.serve(|request| match request {
            Request::Wait => None,
            _ => Some(Answer::Running { started_at_us: started.at_us }),
        });
    }
    // Whoever connected in the last moment waits as well.
    control.serve(|_| Some(Answer::Ended));
    control.release_waiting();
    // Only now, as it may take long: what the workload left in folders of its own.
    for private in ["home", SERVING, container::PIPES] {
        let _ = fs_err::remove_dir_all(dir.path().join(private));
    }
}

fn attempt(
    dir: &AttemptDir,
    input: &mut ShimInput,
    started: &Started,
    control: &mut Control,
    cgroups: &Cgroups,
) -> io::Result<Exit> {
    // What bubblewrap leaves behind when it dies becomes our child, so that we can wait for it.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let (mut pump, ended) = match input.spec.software.clone() {
        Software::Container { reference } => {
            container::run(&reference, dir, input, started, control, new_log(dir, input)?)?
        }
        Software::Machine { .. } => in_sandbox(dir, input, started, control, cgroups)?,
    };
    let last_words: Vec<String> = match ended.cause {
        ExitCause::Completed | ExitCause::Failed | ExitCause::SandboxFailed => Vec::new(),
        _ => ended.message.iter().cloned().collect(),
    };
    if let Err(error) = pump.finish(&last_words) {
        complain(&format!("the log could not be finished: {error}"));
    }
    Ok(Exit {
        max_memory_bytes: ended.peak_memory,
        cpu_time_us: ended.cpu_time_us,
        ..exit(started, ended.cause, ended.code, ended.message)
    })
}

/// Runs the attempt in a sandbox of our own, which now and then takes several tries to make.
fn in_sandbox(
    dir: &AttemptDir,
    input: &mut ShimInput,
    started: &Started,
    control: &mut Control,
    cgroups: &Cgroups,
) -> io::Result<(LogPump, Ended)> {
    let mut pump = new_log(dir, input)?;
    let plan = match plan(input, dir) {
        Err(error) => return Ok((pump, Ended::without_sandbox(error.to_string()))),
        Ok(plan) => plan,
    };
    for _ in 1..MOST_TRIES {
        let ended;
        (pump, ended) = try_once(&plan, dir, input, started, control, cgroups, pump)?;
        if ended.cause != ExitCause::SandboxFailed || !ended.may_pass() {
            return Ok((pump, ended));
        }
        // Nobody needs to know.
        pump = new_log(dir, input)?;
    }
    try_once(&plan, dir, input, started, control, cgroups, pump)
}

fn new_log(dir: &AttemptDir, input: &ShimInput) -> io::Result<LogPump> {
    let masker = Masker::new(input.spec.masked.iter().map(String::as_str)).map_err(io::Error::other)?;
    Ok(LogPump::new(LogWriter::create(dir.path())?, masker, input.spec.log_limits))
}

/// How one try went.
pub(super) struct Ended {
    pub(super) cause: ExitCause,
    pub(super) code: Option<i32>,
    pub(super) message: Option<String>,
    pub(super) peak_memory: Option<u64>,
    pub(super) cpu_time_us: Option<u64>,
}

impl Ended {
    pub(super) fn without_sandbox(message: String) -> Self {
        Ended::before_start(ExitCause::SandboxFailed, message)
    }

    /// The script never ran.
    pub(super) fn before_start(cause: ExitCause, message: String) -> Self {
        Ended { cause, code: None, message: Some(message), peak_memory: None, cpu_time_us: None }
    }

    /// Whether it may work when tried again. On a busy machine the kernel now and then answers bubblewrap's question
    /// for a loopback in a way that bubblewrap does not expect.
    fn may_pass(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.contains("loopback: "))
    }
}

/// Makes the sandbox and runs the script in it to the end. As long as the script has not begun, this can be repeated.
fn try_once(
    plan: &Plan,
    dir: &AttemptDir,
    input: &ShimInput,
    started: &Started,
    control: &mut Control,
    cgroups: &Cgroups,
    mut pump: LogPump,
) -> io::Result<(LogPump, Ended)> {
    let (output, writes_output) = pipe_with(PipeFlags::CLOEXEC)?;
    let mut concessions = plan.concessions.clone();
    let sandbox = start(plan, input, dir, cgroups, writes_output, &mut concessions);
    for concession in &concessions {
        pump.note(concession);
    }
    let (pump, ended) = pump_output(pump, output, || match sandbox {
        Ok(sandbox) => watch_over(sandbox, input, started, control, cgroups),
        Err(error) => Ok(Ended::without_sandbox(error.to_string())),
    })?;
    let said = if ended.cause == ExitCause::SandboxFailed { last_words_of_bubblewrap(dir) } else { None };
    let message = match (ended.message, said) {
        (Some(message), Some(said)) => Some(format!("{message}: {said}")),
        (message, said) => message.or(said),
    };
    Ok((pump, Ended { message, ..ended }))
}

/// Writes what comes out of `output` to the log while `work` goes on, and what is in it when that is done.
pub(super) fn pump_output(
    mut pump: LogPump,
    output: OwnedFd,
    work: impl FnOnce() -> io::Result<Ended>,
) -> io::Result<(LogPump, Ended)> {
    let (closing, until_closed) = pipe_with(PipeFlags::CLOEXEC)?;
    let pumping = std::thread::Builder::new().name("output".into()).spawn(move || {
        let drained = pump.drain(&output, &closing);
        pump.flush();
        (pump, drained)
    })?;
    let ended = work()?;
    drop(until_closed);
    let (pump, drained) =
        pumping.join().map_err(|_| io::Error::other("the thread that reads output panicked"))?;
    if let Err(error) = drained {
        complain(&format!("the output could not be read to its end: {error}"));
    }
    Ok((pump, ended))
}

fn watch_over(
    mut sandbox: Sandbox,
    input: &ShimInput,
    started: &Started,
    control: &mut Control,
    cgroups: &Cgroups,
) -> io::Result<Ended> {
    let mut watch = Watch::new(input, started, cgroups, Some(sandbox.init.pid));
    let code = watch.until_exit(&mut sandbox, control)?;
    let (peak_memory, cpu_time_us) = (cgroups.peak_memory(), cgroups.cpu_time_us());
    end_all(&sandbox);
    let (cause, message) = watch.cause(code, sandbox.began());
    Ok(Ended {
        cause,
        code: Some(code),
        message,
        peak_memory: peak_memory.or(watch.peak_memory),
        cpu_time_us: cpu_time_us.or(watch.cpu_time_us),
    })
}

/// Kills what is left of a sandbox and waits until it is gone.
fn end_all(sandbox: &Sandbox) {
    let _ = pidfd_send_signal(&sandbox.init_fd, Signal::KILL);
    // The first process of a pid namespace is gone only after all others are.
    while !is_readable(sandbox.init_fd.as_fd(), Duration::from_secs(3600)) {}
    let _ = waitpid(Pid::from_raw(sandbox.init.pid), WaitOptions::NOHANG);
}

/// What bubblewrap said in the log of an attempt whose script never ran.
fn last_words_of_bubblewrap(dir: &AttemptDir) -> Option<String> {
    let log = fs_err::read(dir.path().join(crate::log::LOG_FILE)).ok()?;
    let log = String::from_utf8_lossy(&log[log.len().saturating_sub(4096)..]).into_owned();
    let line = log.lines().rfind(|line| !line.starts_with(MARKER) && !line.is_empty())?;
    Some(line.chars().take(1000).collect())
}

fn exit(started: &Started, cause: ExitCause, code: Option<i32>, message: Option<String>) -> Exit {
    Exit {
        cause,
        code,
        signal: code.map(|code| code - 128).filter(|signal| (1..=64).contains(signal)),
        started_at_us: started.at_us,
        finished_at_us: clock::wall_us().max(started.at_us),
        max_memory_bytes: None,
        cpu_time_us: None,
        message,
    }
}

/// To the shim's own log.
pub(super) fn complain(what: &str) {
    let _ = io::Write::write_all(&mut io::stderr(), format!("{what}\n").as_bytes());
}
