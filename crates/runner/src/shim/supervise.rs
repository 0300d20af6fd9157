//! A shim's life after its start is recorded: run, watch, end, record.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, kill_process, pidfd_open, pidfd_send_signal, waitpid,
};

use super::Begun;
use super::control::Control;
use super::limits::{Cgroups, accounting, clear};
use super::setup::{Concessions, Sandbox, is_readable, start};
use crate::log::{LogPump, LogWriter, MARKER, Masker};
use crate::observation::{Exit, ExitCause, StopReason};
use crate::protocol::{Answer, Request, ShimInput};
use crate::records::{AttemptDir, Started};
use crate::{clock, procfs};

/// How often the shim adds up memory itself, where no control group watches it.
const ACCOUNTING: Duration = Duration::from_millis(100);
/// How often an exit record that could not be written is tried again.
const RECORD_RETRY: Duration = Duration::from_secs(1);

/// Runs one attempt to its recorded end.
pub(super) fn run(dir: &AttemptDir, begun: Begun) {
    let Begun { mut input, started, listener } = begun;
    let mut control = Control::new(listener);
    let cgroups = Cgroups::create(&input.cgroups, &input.cgroup_name, input.spec.resources);
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
    // Only now, as it may take long: what the workload left in its private home.
    let _ = fs_err::remove_dir_all(dir.path().join("home"));
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
    let masker = Masker::new(input.spec.masked.iter().map(String::as_str)).map_err(io::Error::other)?;
    let mut pump = LogPump::new(LogWriter::create(dir.path())?, masker, input.spec.log_limits);
    let (output, writes_output) = pipe_with(PipeFlags::CLOEXEC)?;
    let (closing, until_closed) = pipe_with(PipeFlags::CLOEXEC)?;
    let mut concessions = Concessions::new();
    let sandbox = start(input, dir, cgroups, writes_output, &mut concessions);
    for concession in &concessions {
        pump.note(concession);
    }
    let pumping = std::thread::Builder::new().name("output".into()).spawn(move || {
        let drained = pump.drain(&output, &closing);
        (pump, drained)
    })?;
    let mut sandbox = match sandbox {
        Ok(sandbox) => sandbox,
        Err(error) => {
            let said = finish_log(pumping, until_closed, &[]).ok();
            let said = said.and_then(|()| last_words_of_bubblewrap(dir));
            let message =
                [Some(error.to_string()), said].into_iter().flatten().collect::<Vec<_>>().join(": ");
            return Ok(exit(started, ExitCause::SandboxFailed, None, Some(message)));
        }
    };
    let mut watch = Watch::new(input, started, cgroups, sandbox.init.pid);
    let status = watch.until_exit(&mut sandbox, control)?;
    let usage_at_end = (cgroups.peak_memory(), cgroups.cpu_time_us());
    end_all(&sandbox);
    let began = sandbox.began();
    drop(sandbox);
    let code = code_of(status);
    let (cause, message) = watch.cause(code, began);
    let last_words: Vec<String> = match cause {
        ExitCause::Completed | ExitCause::Failed | ExitCause::SandboxFailed => Vec::new(),
        _ => message.iter().cloned().collect(),
    };
    if let Err(error) = finish_log(pumping, until_closed, &last_words) {
        complain(&format!("the log could not be finished: {error}"));
    }
    let message =
        if cause == ExitCause::SandboxFailed { last_words_of_bubblewrap(dir).or(message) } else { message };
    Ok(Exit {
        max_memory_bytes: usage_at_end.0.or(watch.peak_memory),
        cpu_time_us: usage_at_end.1.or(watch.cpu_time_us),
        ..exit(started, cause, Some(code), message)
    })
}

/// Why a sandbox is being ended before its script ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Stop(StopReason),
    TimeLimit,
    OutOfMemory,
}

struct Watch<'a> {
    cgroups: &'a Cgroups,
    init: i32,
    started_at_us: i64,
    default_grace: Duration,
    time_limit: Option<Duration>,
    memory_limit: Option<u64>,
    /// When the time limit strikes.
    deadline: Option<Duration>,
    ending: Option<Ending>,
    /// When the whole sandbox is killed.
    kill_at: Option<Duration>,
    killed: bool,
    peak_memory: Option<u64>,
    cpu_time_us: Option<u64>,
}

impl<'a> Watch<'a> {
    fn new(input: &ShimInput, started: &Started, cgroups: &'a Cgroups, init: i32) -> Self {
        let limit = u64::try_from(input.spec.resources.memory_mib).ok().filter(|mib| *mib > 0);
        Watch {
            cgroups,
            init,
            started_at_us: started.at_us,
            default_grace: input.spec.stop_grace,
            time_limit: input.spec.time_limit,
            memory_limit: limit.map(|mib| mib << 20),
            deadline: input.spec.time_limit.map(|limit| clock::elapsed() + limit),
            ending: None,
            kill_at: None,
            killed: false,
            peak_memory: None,
            cpu_time_us: None,
        }
    }

    /// Waits until the script has ended, and sees to it that it does when it must.
    fn until_exit(&mut self, sandbox: &mut Sandbox, control: &mut Control) -> io::Result<ExitStatus> {
        let id = Pid::from_child(&sandbox.bubblewrap);
        let ended = pidfd_open(id, PidfdFlags::empty())?;
        let accounts = !self.cgroups.limits_memory();
        loop {
            let now = clock::elapsed();
            let next = [
                self.deadline.filter(|_| self.ending.is_none()),
                self.kill_at.filter(|_| !self.killed),
                accounts.then(|| now + ACCOUNTING),
            ];
            let patience = next.into_iter().flatten().min().map(|at| at.saturating_sub(now));
            wait_for(control, &[&ended], patience);
            if is_readable(ended.as_fd(), Duration::ZERO) {
                return sandbox.bubblewrap.wait();
            }
            control.serve(|request| self.answer(request));
            if accounts {
                self.account();
            }
            let now = clock::elapsed();
            if self.ending.is_none() && self.deadline.is_some_and(|deadline| now >= deadline) {
                self.end(Ending::TimeLimit, self.default_grace);
            }
            if !self.killed && self.kill_at.is_some_and(|at| now >= at) {
                self.killed = true;
                let _ = pidfd_send_signal(&sandbox.init_fd, Signal::KILL);
            }
        }
    }

    fn answer(&mut self, request: Request) -> Option<Answer> {
        Some(match request {
            Request::Wait => return None,
            Request::Status => Answer::Running { started_at_us: self.started_at_us },
            Request::Usage => Answer::Usage(self.cgroups.usage(self.init)),
            Request::Stop { reason, grace_ms } => {
                self.end(Ending::Stop(reason), grace_ms.map_or(self.default_grace, Duration::from_millis));
                Answer::Stopping
            }
        })
    }

    /// Begins to end the sandbox. The first reason stays; a shorter grace is taken from whoever gives it.
    fn end(&mut self, ending: Ending, grace: Duration) {
        let kill_at = clock::elapsed() + grace;
        self.kill_at = Some(self.kill_at.map_or(kill_at, |known| known.min(kill_at)));
        if self.ending.is_none() {
            self.ending = Some(ending);
            terminate(self.init);
        }
    }

    fn account(&mut self) {
        let processes = procfs::descendants(self.init);
        let memory = accounting::memory(&processes);
        self.peak_memory = self.peak_memory.max(Some(memory));
        self.cpu_time_us = self.cpu_time_us.max(Some(accounting::cpu_time_us(self.init, &processes)));
        if self.ending.is_none() && self.memory_limit.is_some_and(|limit| memory > limit) {
            self.end(Ending::OutOfMemory, Duration::ZERO);
        }
    }

    /// The one cause, from what was asked for and what was seen.
    fn cause(&self, code: i32, began: bool) -> (ExitCause, Option<String>) {
        let how = if self.killed && self.ending != Some(Ending::OutOfMemory) {
            format!(" and was killed, as it had not ended within {} of SIGTERM", seconds(self.grace_given()))
        } else {
            String::new()
        };
        match self.ending {
            Some(Ending::Stop(reason)) => {
                let why = match reason {
                    StopReason::Cancelled => "cancelled",
                    StopReason::Preempted => "preempted",
                    StopReason::Idle => "stopped because nobody used it",
                    StopReason::Maintenance => "stopped for maintenance",
                };
                (ExitCause::Stopped(reason), Some(format!("{why}{how}")))
            }
            Some(Ending::TimeLimit) => {
                let limit = seconds(self.time_limit.unwrap_or_default());
                (ExitCause::TimeLimit, Some(format!("reached its time limit of {limit}{how}")))
            }
            Some(Ending::OutOfMemory) => (ExitCause::OutOfMemory, Some(self.out_of_memory())),
            None if !began => {
                (ExitCause::SandboxFailed, Some("bubblewrap gave up while it made the sandbox".into()))
            }
            None if code == 0 => (ExitCause::Completed, None),
            None if self.cgroups.memory_kills() > 0 => (ExitCause::OutOfMemory, Some(self.out_of_memory())),
            None => (ExitCause::Failed, None),
        }
    }

    fn grace_given(&self) -> Duration {
        self.default_grace
    }

    fn out_of_memory(&self) -> String {
        let limit = self.memory_limit.unwrap_or_default();
        let used = self.cgroups.peak_memory().or(self.peak_memory).unwrap_or(limit);
        format!(
            "needed more memory than it may have: used {} MiB of {} MiB",
            used.div_ceil(1 << 20),
            limit >> 20
        )
    }
}

/// SIGTERM for every process of the sandbox. Some may be started meanwhile, so it looks again until nobody is new.
fn terminate(init: i32) {
    let mut told = std::collections::HashSet::new();
    for _ in 0..4 {
        let mut news = false;
        for process in procfs::descendants(init) {
            if told.insert((process.pid, process.start_ticks)) {
                news = true;
                if let Some(pid) = Pid::from_raw(process.pid) {
                    let _ = kill_process(pid, Signal::TERM);
                }
            }
        }
        if !news {
            return;
        }
    }
}

/// Kills what is left of a sandbox and waits until it is gone.
fn end_all(sandbox: &Sandbox) {
    let _ = pidfd_send_signal(&sandbox.init_fd, Signal::KILL);
    // The first process of a pid namespace is gone only after all others are.
    while !is_readable(sandbox.init_fd.as_fd(), Duration::from_secs(3600)) {}
    let _ = waitpid(Pid::from_raw(sandbox.init.pid), WaitOptions::NOHANG);
}

fn finish_log(
    pumping: JoinHandle<(LogPump, io::Result<()>)>,
    until_closed: OwnedFd,
    last_words: &[String],
) -> io::Result<()> {
    drop(until_closed);
    let (mut pump, drained) =
        pumping.join().map_err(|_| io::Error::other("the thread that reads output panicked"))?;
    pump.finish(last_words)?;
    drained
}

/// What bubblewrap said in the log of an attempt whose script never ran.
fn last_words_of_bubblewrap(dir: &AttemptDir) -> Option<String> {
    let log = fs_err::read(dir.path().join(crate::log::LOG_FILE)).ok()?;
    let log = String::from_utf8_lossy(&log[log.len().saturating_sub(4096)..]).into_owned();
    let line = log.lines().rfind(|line| !line.starts_with(MARKER) && !line.is_empty())?;
    Some(line.chars().take(1000).collect())
}

fn wait_for(control: &Control, others: &[&OwnedFd], patience: Option<Duration>) {
    let mut fds = control.poll_fds();
    fds.extend(others.iter().map(|fd| PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)));
    let timeout = patience.map(|time| Timespec {
        tv_sec: time.as_secs().cast_signed(),
        tv_nsec: i64::from(time.subsec_nanos()),
    });
    // However this ends, the caller looks at everything again.
    let _ = poll(&mut fds, timeout.as_ref());
}

/// As a shell says it: 128 + n for signal n.
fn code_of(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
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

fn seconds(time: Duration) -> String {
    let time = Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    format!("{time:?}")
}

/// To the shim's own log.
fn complain(what: &str) {
    let _ = io::Write::write_all(&mut io::stderr(), format!("{what}\n").as_bytes());
}
