//! An attempt in a container of the machine's engine, instead of a sandbox of our own.
//!
//! The engine makes the container, and nothing more is asked of it until the end: output, exit code and the word that
//! the script began come through [named pipes](pipes). So an engine that is started again meanwhile does no harm.

mod description;
mod pipes;
mod prepare;
pub(crate) mod script;
mod session;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use bollard::models::ContainerCreateBody;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal, test_kill_process};

use super::control::Control;
use super::door::Door;
use super::limits::Cgroups;
use super::setup::is_readable;
use super::slirp::Namespaces;
use super::supervise::{Ended, complain, pump_output};
use super::watch::{Sandboxed, Watch, stopped, terminate};
use crate::clock;
use crate::engine::{About, EngineError, ImageError};
use crate::log::LogPump;
use crate::observation::ExitCause;
use crate::protocol::ShimInput;
use crate::records::{AttemptDir, ContainerRecord, ProcessName, SandboxRecord, Started};
use crate::shim::ResolvedSpec;
use crate::spec::{Network, Serves};

pub(super) use pipes::PIPES;
use pipes::{Pipes, Said, Status};
use session::Session;

/// How long the first process may take to say that the script begins.
const BEGINS_WITHIN: Duration = Duration::from_secs(60);
/// How often it is looked at whether that process is still there, as long as it has said nothing.
const LOOK: Duration = Duration::from_millis(500);
const MOST_TRIES: u32 = 4;
const REMOVE_TRIES: u32 = 3;
const REMOVE_PAUSE: Duration = Duration::from_secs(1);
/// What a shell says of a process that was ended by SIGKILL.
const KILLED: i32 = 137;

/// Runs one attempt in a container to its end.
pub(super) fn run(
    reference: &str,
    dir: &AttemptDir,
    input: &ShimInput,
    started: &Started,
    control: &mut Control,
    mut pump: LogPump,
) -> io::Result<(LogPump, Ended)> {
    let Some(engine) = &input.engine else {
        return Err(io::Error::other("no container engine was given"));
    };
    let session = match Session::open(engine) {
        Ok(session) => session,
        Err(error) => return Ok((pump, Ended::without_sandbox(error.to_string()))),
    };
    match prepare::image(&session, reference, &engine.about, started, control, &mut pump)? {
        prepare::Image::There => {}
        prepare::Image::Stopped(reason) => {
            return Ok((pump, Ended::before_start(ExitCause::Stopped(reason), stopped(reason).into())));
        }
        prepare::Image::Failed(ImageError::Unusable(why)) => {
            return Ok((pump, Ended::before_start(ExitCause::ImageFailed, why)));
        }
        prepare::Image::Failed(ImageError::Passing(why)) => {
            return Ok((pump, Ended::without_sandbox(why)));
        }
    }
    let pipes = Pipes::create(dir.path())?;
    let (output, holds_output) = pipes.output()?;
    let record = ContainerRecord { socket: engine.socket.clone(), name: input.cgroup_name.clone() };
    dir.record_container(&record)?;
    pump_output(pump, output, || {
        let ended = match Container::start(&record, reference, dir, input, &engine.about, session, pipes) {
            Ok(container) => container.watch_over(input, started, control),
            Err(failure) => Ok(failure),
        };
        drop(holds_output);
        ended
    })
}

/// A container whose script has begun.
struct Container<'a> {
    name: &'a str,
    session: Session,
    status: Status,
    /// Its first process, where this machine's list of processes shows it.
    init: Option<(ProcessName, OwnedFd)>,
    cgroups: Cgroups,
    was_killed: bool,
    /// That something from outside ended it, and what.
    fault: Option<(ExitCause, String)>,
    _door: Option<Door>,
}

impl<'a> Container<'a> {
    /// Makes the container and waits until the script begins. What fails is told as an end.
    fn start(
        record: &'a ContainerRecord,
        reference: &str,
        dir: &AttemptDir,
        input: &ShimInput,
        about: &About,
        session: Session,
        pipes: Pipes,
    ) -> Result<Self, Ended> {
        let name = &record.name;
        let mut container = Container {
            name,
            session,
            status: pipes.status,
            init: None,
            cgroups: Cgroups::default(),
            was_killed: false,
            fault: None,
            _door: None,
        };
        match container.bring_up(reference, dir, input, about, &pipes.input) {
            Ok(()) => Ok(container),
            Err(why) => {
                container.remove();
                Err(Ended::without_sandbox(why.to_string()))
            }
        }
    }

    fn bring_up(
        &mut self,
        reference: &str,
        dir: &AttemptDir,
        input: &ShimInput,
        about: &About,
        variables: &Path,
    ) -> io::Result<()> {
        let spec = &input.spec;
        let network = match spec.network {
            Network::None => "none".into(),
            Network::Outbound => self.session.outbound_network(about).map_err(io::Error::other)?,
            Network::Host => "host".into(),
        };
        let body = description::describe(spec, reference, dir, &input.place, about, network)?;
        self.make(reference, &body)?;
        let state = self.session.state(self.name).map_err(io::Error::other)?;
        let pid = state.pid.and_then(|pid| i32::try_from(pid).ok()).filter(|pid| *pid > 0);
        self.init = pid.and_then(ProcessName::of).and_then(|init| {
            let handle = pidfd_open(Pid::from_raw(init.pid)?, PidfdFlags::empty()).ok()?;
            Some((init, handle))
        });
        if let Some((init, _)) = &self.init {
            dir.record_sandbox(&SandboxRecord { init: *init })?;
            self.cgroups = Cgroups::of_process(init.pid, spec.resources);
        }
        if let Some(Serves::Port(port)) = spec.serves {
            self._door = Some(self.open_door(dir, spec, port)?);
        }
        pipes::give(variables.to_owned(), script::variables(spec))?;
        self.await_begin(reference)
    }

    /// Makes and starts the container.
    fn make(&self, reference: &str, body: &ContainerCreateBody) -> io::Result<()> {
        let mut tries = 1;
        loop {
            self.session.create(self.name, body.clone()).map_err(io::Error::other)?;
            match self.session.start(self.name) {
                Ok(()) => return Ok(()),
                // On a busy machine runc now and then loses its child before it runs anything.
                Err(error) if tries < MOST_TRIES && error.to_string().contains("final child's PID") => {
                    self.session.remove(self.name).map_err(io::Error::other)?;
                    tries += 1;
                }
                Err(error) => return Err(not_started(reference, &error)),
            }
        }
    }

    fn open_door(&self, dir: &AttemptDir, spec: &ResolvedSpec, port: u16) -> io::Result<Door> {
        if spec.network == Network::Host {
            return Door::open(dir, port, None);
        }
        let no_way = |why: &dyn std::fmt::Display| {
            io::Error::other(format!(
                "port {port} of the container cannot be reached: its network belongs to the container engine's user \
                 ({why}). Run the server and the engine as the same user, or serve at a socket"
            ))
        };
        let (init, _) = self.init.as_ref().ok_or_else(|| no_way(&"its process is not to be seen"))?;
        let namespaces = Namespaces::of(init.pid).map_err(|error| no_way(&error))?;
        Door::open(dir, port, Some(&namespaces))
    }

    /// Waits for the word of the first process. Before it has opened the pipe, the end of that process can only be
    /// learned from the engine.
    fn await_begin(&mut self, reference: &str) -> io::Result<()> {
        let until = clock::elapsed() + BEGINS_WITHIN;
        while clock::elapsed() < until {
            if is_readable(self.status.pipe.as_fd(), LOOK) {
                match self.status.next()? {
                    Said::Began => return Ok(()),
                    Said::Gone => return Err(self.ended_early(reference)),
                    Said::Ended(_) | Said::Nothing => {}
                }
            } else if self.session.state(self.name).is_ok_and(|state| state.running != Some(true)) {
                return Err(self.ended_early(reference));
            }
        }
        Err(io::Error::other("the container's first process does not begin its work"))
    }

    fn ended_early(&self, reference: &str) -> io::Error {
        let state = self.session.final_state(self.name).unwrap_or_default();
        let code = state.exit_code.unwrap_or_default();
        io::Error::other(format!(
            "the shell of the image {reference} ended with exit code {code} before it could run the script"
        ))
    }

    fn watch_over(
        mut self,
        input: &ShimInput,
        started: &Started,
        control: &mut Control,
    ) -> io::Result<Ended> {
        let cgroups = self.cgroups.clone();
        let init = self.init.as_ref().map(|(init, _)| init.pid);
        let mut watch = Watch::new(input, started, &cgroups, init);
        let code = watch.until_exit(&mut self, control);
        // Before it is removed: the groups go with the container.
        let (peak_memory, cpu_time_us) = (cgroups.peak_memory(), cgroups.cpu_time_us());
        let ended = code.map(|code| {
            let (cause, message) = match self.fault.take() {
                Some((ExitCause::OutOfMemory, _)) => watch.out_of_memory_cause(),
                Some((cause, message)) if watch.ends_by_itself() => (cause, Some(message)),
                _ => watch.cause(code, true),
            };
            Ended {
                cause,
                code: Some(code),
                message,
                peak_memory: peak_memory.or(watch.peak_memory),
                cpu_time_us: cpu_time_us.or(watch.cpu_time_us),
            }
        });
        self.remove();
        ended
    }

    /// The exit code of a container whose first process was ended by somebody else than us.
    fn ended_from_outside(&mut self) -> i32 {
        // At once: the groups go with the container, and an engine on a busy machine misses now and then why it ended.
        let was_killed_for_memory = self.cgroups.memory_kills() > 0;
        let (code, cause, message) = match self.session.final_state(self.name) {
            Ok(state) if was_killed_for_memory || state.oom_killed == Some(true) => {
                (KILLED, ExitCause::OutOfMemory, String::new())
            }
            Ok(state) => {
                let code = state.exit_code.and_then(|code| i32::try_from(code).ok()).unwrap_or(KILLED);
                let message = "the container was ended from outside, perhaps with its engine".to_owned();
                (code, ExitCause::SandboxFailed, message)
            }
            Err(error) => (
                KILLED,
                ExitCause::SandboxFailed,
                format!("the container is gone, and how it ended is not known: {error}"),
            ),
        };
        self.fault = Some((cause, message));
        code
    }

    fn remove(&mut self) {
        self.kill_first_process();
        for tried in 1..=REMOVE_TRIES {
            match self.session.remove(self.name) {
                Ok(()) => return,
                // What is left is found by its label when the server starts.
                Err(error) if tried == REMOVE_TRIES => {
                    complain(&format!("the container {} could not be removed: {error}", self.name));
                }
                Err(_) => std::thread::sleep(REMOVE_PAUSE),
            }
        }
    }

    /// Whether that could be done.
    fn kill_first_process(&self) -> bool {
        self.init.as_ref().is_some_and(|(_, handle)| pidfd_send_signal(handle, Signal::KILL).is_ok())
    }
}

impl Sandboxed for Container<'_> {
    fn bell(&self) -> BorrowedFd<'_> {
        self.status.pipe.as_fd()
    }

    fn exit_code(&mut self) -> io::Result<Option<i32>> {
        loop {
            match self.status.next()? {
                Said::Ended(code) => return Ok(Some(code)),
                Said::Gone if self.was_killed => return Ok(Some(KILLED)),
                Said::Gone => return Ok(Some(self.ended_from_outside())),
                Said::Began => {}
                Said::Nothing => return Ok(None),
            }
        }
    }

    fn terminate(&mut self) {
        let may_signal = self.init.as_ref().filter(|(init, _)| {
            Pid::from_raw(init.pid).is_some_and(|pid| test_kill_process(pid).is_ok()) && init.is_alive()
        });
        match may_signal {
            Some((init, _)) => terminate(init.pid),
            None => {
                if let Err(error) = self.session.terminate(self.name) {
                    complain(&format!("the container {} could not be asked to end: {error}", self.name));
                }
            }
        }
    }

    fn kill(&mut self) {
        self.was_killed = true;
        self.cgroups.lift_cpu_limit();
        if !self.kill_first_process()
            && let Err(error) = self.session.kill(self.name)
        {
            complain(&format!("the container {} could not be killed: {error}", self.name));
        }
    }
}

/// Why a container did not start, in words that help.
fn not_started(reference: &str, error: &EngineError) -> io::Error {
    let text = error.to_string();
    if text.contains("/bin/sh") {
        return io::Error::other(format!(
            "the image {reference} has no shell at /bin/sh, so it cannot run a script"
        ));
    }
    io::Error::other(text)
}
