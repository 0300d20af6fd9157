//! Watching over a running sandbox: limits, wishes to stop, and what in the end was the cause.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::control::Control;
use super::limits::{Cgroups, accounting};
use super::setup::is_readable;
use crate::observation::{ExitCause, StopReason};
use crate::protocol::{Answer, Request, ShimInput};
use crate::records::Started;
use crate::{clock, procfs};

/// How often the shim adds up memory itself, where no control group watches it.
const ACCOUNTING: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Why a sandbox is being ended before its script ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Stop(StopReason),
    TimeLimit,
    OutOfMemory,
}

/// What can be watched over.
pub(super) trait Sandboxed {
    /// Readable when there may be an exit code.
    fn bell(&self) -> BorrowedFd<'_>;
    /// The exit status as a shell reports it, once the script has ended. Asked for when the bell has rung.
    fn exit_code(&mut self) -> io::Result<Option<i32>>;
    /// SIGTERM for every process of the workload.
    fn terminate(&mut self);
    /// SIGKILL for every process of the workload.
    fn kill(&mut self);
}

pub(super) struct Watch<'a> {
    cgroups: &'a Cgroups,
    /// The sandbox's first process, if it can be seen.
    init: Option<i32>,
    started_at_us: i64,
    default_grace: Duration,
    time_limit: Option<Duration>,
    memory_limit: Option<u64>,
    /// When the time limit strikes.
    deadline: Option<Duration>,
    ending: Option<Ending>,
    /// How long it was given in the end.
    grace: Duration,
    /// When the whole sandbox is killed.
    kill_at: Option<Duration>,
    killed: bool,
    pub(super) peak_memory: Option<u64>,
    pub(super) cpu_time_us: Option<u64>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(input: &ShimInput, started: &Started, cgroups: &'a Cgroups, init: Option<i32>) -> Self {
        let limit = u64::try_from(input.spec.resources.memory_mib).ok().filter(|mib| *mib > 0);
        Watch {
            cgroups,
            init,
            started_at_us: started.at_us,
            default_grace: input.spec.stop_grace,
            time_limit: input.spec.time_limit,
            memory_limit: limit.map(|mib| mib << 20),
            deadline: input.spec.time_limit.map(|limit| clock::elapsed().saturating_add(limit)),
            ending: None,
            grace: Duration::ZERO,
            kill_at: None,
            killed: false,
            peak_memory: None,
            cpu_time_us: None,
        }
    }

    /// Waits until the script has ended, and sees to it that it does when it must.
    pub(super) fn until_exit(
        &mut self,
        sandbox: &mut impl Sandboxed,
        control: &mut Control,
    ) -> io::Result<i32> {
        let accounts = !self.cgroups.limits_memory();
        loop {
            let now = clock::elapsed();
            let next = [
                self.deadline.filter(|_| self.ending.is_none()),
                self.kill_at.filter(|_| !self.killed),
                accounts.then(|| now + ACCOUNTING),
            ];
            let patience = next.into_iter().flatten().min().map(|at| at.saturating_sub(now));
            wait_for(control, &[sandbox.bell()], patience);
            if is_readable(sandbox.bell(), Duration::ZERO)
                && let Some(code) = sandbox.exit_code()?
            {
                return Ok(code);
            }
            control.serve(|request| self.answer(request, sandbox));
            if accounts {
                self.account(sandbox);
            }
            let now = clock::elapsed();
            if self.ending.is_none() && self.deadline.is_some_and(|deadline| now >= deadline) {
                self.end(Ending::TimeLimit, self.default_grace, sandbox);
            }
            if !self.killed && self.kill_at.is_some_and(|at| now >= at) {
                self.killed = true;
                sandbox.kill();
            }
        }
    }

    fn answer(&mut self, request: Request, sandbox: &mut impl Sandboxed) -> Option<Answer> {
        Some(match request {
            Request::Wait => return None,
            Request::Status => Answer::Running { started_at_us: self.started_at_us },
            Request::Usage => match self.init {
                Some(init) => Answer::Usage(self.cgroups.usage(init)),
                None => Answer::Refused { message: "its processes cannot be seen from here".into() },
            },
            Request::Stop { reason, grace_ms } => {
                let grace = grace_ms.map_or(self.default_grace, Duration::from_millis);
                self.end(Ending::Stop(reason), grace, sandbox);
                Answer::Stopping
            }
        })
    }

    /// Begins to end the sandbox. The first reason stays; a shorter grace is taken from whoever gives it.
    fn end(&mut self, ending: Ending, grace: Duration, sandbox: &mut impl Sandboxed) {
        let kill_at = clock::elapsed().saturating_add(grace);
        if self.kill_at.is_none_or(|known| kill_at < known) {
            (self.kill_at, self.grace) = (Some(kill_at), grace);
        }
        if self.ending.is_none() {
            self.ending = Some(ending);
            sandbox.terminate();
        }
    }

    fn account(&mut self, sandbox: &mut impl Sandboxed) {
        let Some(init) = self.init else { return };
        let processes = procfs::descendants(init);
        let memory = accounting::memory(&processes);
        self.peak_memory = self.peak_memory.max(Some(memory));
        self.cpu_time_us = self.cpu_time_us.max(Some(accounting::cpu_time_us(init, &processes)));
        if self.ending.is_none() && self.memory_limit.is_some_and(|limit| memory > limit) {
            self.end(Ending::OutOfMemory, Duration::ZERO, sandbox);
        }
    }

    /// The one cause, from what was asked for and what was seen.
    pub(super) fn cause(&self, code: i32, began: bool) -> (ExitCause, Option<String>) {
        let how = if self.killed && self.ending != Some(Ending::OutOfMemory) {
            format!(" and was killed, as it had not ended within {} of SIGTERM", seconds(self.grace))
        } else {
            String::new()
        };
        match self.ending {
            Some(Ending::Stop(reason)) => {
                (ExitCause::Stopped(reason), Some(format!("{}{how}", stopped(reason))))
            }
            Some(Ending::TimeLimit) => {
                let limit = seconds(self.time_limit.unwrap_or_default());
                (ExitCause::TimeLimit, Some(format!("reached its time limit of {limit}{how}")))
            }
            Some(Ending::OutOfMemory) => self.out_of_memory_cause(),
            None if !began => {
                (ExitCause::SandboxFailed, Some("bubblewrap gave up while it made the sandbox".into()))
            }
            None if code == 0 => (ExitCause::Completed, None),
            None if self.cgroups.memory_kills() > 0 => self.out_of_memory_cause(),
            None => (ExitCause::Failed, None),
        }
    }

    /// Whether nobody here has begun to end it.
    pub(super) fn ends_by_itself(&self) -> bool {
        self.ending.is_none()
    }

    pub(super) fn out_of_memory_cause(&self) -> (ExitCause, Option<String>) {
        let limit = self.memory_limit.unwrap_or_default();
        let used = self.cgroups.peak_memory().or(self.peak_memory).unwrap_or(limit);
        let message = format!(
            "needed more memory than it may have: used {} MiB of {} MiB",
            used.div_ceil(1 << 20),
            limit >> 20
        );
        (ExitCause::OutOfMemory, Some(message))
    }
}

/// Why somebody asked it to stop.
pub(super) fn stopped(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Cancelled => "cancelled",
        StopReason::Preempted => "preempted",
        StopReason::Idle => "stopped because nobody used it",
        StopReason::Maintenance => "stopped for maintenance",
    }
}

/// SIGTERM for every process of the sandbox below the first. Some may be started meanwhile, so it looks again until nobody is new.
pub(super) fn terminate(init: i32) {
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

pub(super) fn wait_for(control: &Control, others: &[BorrowedFd<'_>], patience: Option<Duration>) {
    let mut fds = control.poll_fds();
    fds.extend(others.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)));
    // No longer than the kernel takes; the caller looks again and waits on.
    let timeout = patience.map(|time| time.min(LONGEST_WAIT)).map(|time| Timespec {
        tv_sec: time.as_secs().cast_signed(),
        tv_nsec: i64::from(time.subsec_nanos()),
    });
    // However this ends, the caller looks at everything again.
    let _ = poll(&mut fds, timeout.as_ref());
}

fn seconds(time: Duration) -> String {
    let time = Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    format!("{} s", time.as_secs_f64())
}
