//! Bringing a sandbox up, step by step, until its script runs.
//!
//! bubblewrap is started with the whole sandbox described, but told to wait before it runs the script. Meanwhile its
//! first process goes into its control groups and gets its network, so that the script never runs without either.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, Mode, OFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions, kill_process, pidfd_open, pidfd_send_signal,
    prlimit, wait,
};
use serde::Deserialize;

use super::blocked::Blocking;
use super::devices;
use super::door::Door;
use super::limits::{Cgroups, MOST_PROCESSES};
use super::sandbox::{self, SCRIPT_TARGET};
use super::seccomp;
use super::slirp::{Namespaces, Slirp, await_loopback};
use super::watch::{Sandboxed, terminate};
use crate::protocol::ShimInput;
use crate::records::{AttemptDir, ProcessName, SandboxRecord};
use crate::spec::{Network, Serves};
use crate::{clock, procfs};

const PATIENCE: Duration = Duration::from_secs(20);

/// A sandbox whose script may run.
pub(super) struct Sandbox {
    bubblewrap: Child,
    /// Readable when bubblewrap has ended.
    ended: OwnedFd,
    /// The first process of the sandbox; when it dies, all of them are dead.
    pub(super) init: ProcessName,
    pub(super) init_fd: OwnedFd,
    /// As long as this can be read, the script has not begun.
    gate: OwnedFd,
    _slirp: Option<Slirp>,
    _door: Option<Door>,
    /// bubblewrap writes its last word here, which nobody needs, but it must not fail to.
    _status: OwnedFd,
}

impl Sandbox {
    /// Whether the sandbox was complete and the script began.
    pub(super) fn began(&self) -> bool {
        !is_readable(self.gate.as_fd(), Duration::ZERO)
    }
}

impl Sandboxed for Sandbox {
    fn bell(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    fn exit_code(&mut self) -> io::Result<Option<i32>> {
        let status = self.bubblewrap.wait()?;
        // As a shell says it.
        Ok(Some(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))))
    }

    fn terminate(&mut self) {
        terminate(self.init.pid);
    }

    fn kill(&mut self) {
        let _ = pidfd_send_signal(&self.init_fd, Signal::KILL);
    }
}

/// What could not be done as asked, where that is allowed.
pub(super) type Concessions = Vec<String>;

/// What to start, worked out once.
pub(super) struct Plan {
    arguments: Vec<u8>,
    filter: Option<Vec<u8>>,
    pub(super) concessions: Concessions,
}

/// Works out the sandbox and writes the files it needs.
pub(super) fn plan(input: &mut ShimInput, dir: &AttemptDir) -> io::Result<Plan> {
    let mut concessions = Concessions::new();
    if input.spec.network == Network::Outbound && input.slirp4netns.is_none() {
        concede(
            input,
            &mut concessions,
            "slirp4netns is not installed, so there is no separate network with a way out",
        )?;
        input.spec.network = Network::Host;
    }
    let filter = seccomp::filter().map_err(io::Error::other)?;
    if filter.is_none() {
        concede(input, &mut concessions, "there is no filter of system calls for this kind of processor")?;
    }
    if let Err(error) = devices::protect(&sandbox::gpu_devices(&input.spec.gpu_indices)) {
        concessions.push(format!(
            "isolation is weaker than asked for: /dev/null and its like can be changed by their owner, as the server \
             may not mount: {error}"
        ));
    }
    let arguments = sandbox::encode(&sandbox::arguments(&input.spec, dir.path())?);
    // A large script is not needed any more.
    input.spec.script = String::new();
    Ok(Plan { arguments, filter, concessions })
}

/// Makes the sandbox and lets the script run. Its output goes to `output`.
pub(super) fn start(
    plan: &Plan,
    input: &ShimInput,
    dir: &AttemptDir,
    cgroups: &Cgroups,
    output: OwnedFd,
    concessions: &mut Concessions,
) -> io::Result<Sandbox> {
    let (info, tells_info) = pipe_with(PipeFlags::CLOEXEC)?;
    let status = FullPipe::new()?;
    let gate = gate()?;
    let arguments = sealed("arguments", &plan.arguments)?;
    let filter = plan.filter.as_ref().map(|bytes| sealed("filter", bytes)).transpose()?;
    let mut bubblewrap = {
        let mut flags: Vec<OsString> = Vec::new();
        let mut inherited = vec![tells_info.as_fd(), status.writer.as_fd(), gate.as_fd(), arguments.as_fd()];
        for (flag, fd) in [
            ("--info-fd", tells_info.as_fd()),
            ("--json-status-fd", status.writer.as_fd()),
            ("--block-fd", gate.as_fd()),
            ("--args", arguments.as_fd()),
        ] {
            flags.extend([flag.into(), fd.as_raw_fd().to_string().into()]);
        }
        if let Some(filter) = &filter {
            flags.extend(["--seccomp".into(), filter.as_raw_fd().to_string().into()]);
            inherited.push(filter.as_fd());
        }
        let _inherited = inheritable(inherited)?;
        Command::new(&input.bubblewrap)
            .args(flags)
            .args(["--", "bash", SCRIPT_TARGET])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("bubblewrap could not be run: {error}")))?
    };
    drop((tells_info, arguments, filter));
    match attach(input, dir, cgroups, &info, status, concessions) {
        Ok(Attached { init, init_fd, slirp, door, status }) => {
            let ended = pidfd_open(Pid::from_child(&bubblewrap), PidfdFlags::empty())?;
            rustix::io::write(&gate, b"1")?;
            Ok(Sandbox {
                bubblewrap,
                ended,
                init,
                init_fd,
                gate,
                _slirp: slirp,
                _door: door,
                _status: status,
            })
        }
        Err(error) => {
            let _ = bubblewrap.kill();
            let _ = bubblewrap.wait();
            // Its first process may wait for a word from bubblewrap that never comes. It is our child now.
            for orphan in procfs::descendants(rustix::process::getpid().as_raw_pid()) {
                let _ = Pid::from_raw(orphan.pid).map(|pid| kill_process(pid, Signal::KILL));
            }
            while matches!(wait(WaitOptions::empty()), Ok(Some(_))) {}
            Err(error)
        }
    }
}

struct Attached {
    init: ProcessName,
    init_fd: OwnedFd,
    slirp: Option<Slirp>,
    door: Option<Door>,
    status: OwnedFd,
}

/// Puts limits and network around the first process, which waits.
fn attach(
    input: &ShimInput,
    dir: &AttemptDir,
    cgroups: &Cgroups,
    info: &OwnedFd,
    status: FullPipe,
    concessions: &mut Concessions,
) -> io::Result<Attached> {
    let init = first_process(info)?;
    let gone = || io::Error::other("bubblewrap gave up while it made the sandbox");
    let pid = Pid::from_raw(init).ok_or_else(gone)?;
    let init_fd = pidfd_open(pid, PidfdFlags::empty()).map_err(|_| gone())?;
    let init = ProcessName::of(init).ok_or_else(gone)?;
    dir.record_sandbox(&SandboxRecord { init })?;
    let network = input.spec.network;
    let port = match input.spec.serves {
        Some(Serves::Port(port)) => Some(port),
        _ => None,
    };
    let enters = network == Network::Outbound || (port.is_some() && network != Network::Host);
    let namespaces = enters.then(|| Namespaces::of(init.pid)).transpose()?;
    let status = status.release()?;
    // It goes on to make its file system meanwhile. Joining control groups takes the kernel several milliseconds.
    let limited = cgroups.add(init.pid).and_then(|()| limit_directly(input, cgroups, init.pid, concessions));
    // That it could not be found says nothing; bubblewrap will have said why it is gone.
    limited.map_err(|error| if init.is_alive() { error } else { gone() })?;
    let slirp = match (&namespaces, &input.slirp4netns) {
        (Some(namespaces), Some(program)) if network == Network::Outbound => {
            let blocking = Blocking::start(dir.path(), namespaces, &input.blocked_networks)?;
            await_loopback(init.pid);
            let slirp = Slirp::start(program, namespaces);
            blocking.finish()?;
            Some(slirp?)
        }
        _ => None,
    };
    let door = port.map(|port| Door::open(dir, port, namespaces.as_ref())).transpose()?;
    Ok(Attached { init, init_fd, slirp, door, status })
}

/// Limits that processes carry themselves, and the ones that stand in for a control group.
fn limit_directly(
    input: &ShimInput,
    cgroups: &Cgroups,
    init: i32,
    concessions: &mut Concessions,
) -> io::Result<()> {
    let pid = Pid::from_raw(init);
    let limit = |resource, most| prlimit(pid, resource, Rlimit { current: Some(most), maximum: Some(most) });
    limit(Resource::Core, 0)?;
    if !cgroups.limits_processes() {
        limit(Resource::Nproc, MOST_PROCESSES)?;
    }
    if !cgroups.limits_cpu() && input.spec.resources.cpu_milli > 0 {
        concessions.push(
            "this machine lets us make no control group for processors: their number is not limited".into(),
        );
    }
    // When the machine runs out of memory, a workload is to go rather than the server. Refused is no harm.
    let _ = fs_err::write(format!("/proc/{init}/oom_score_adj"), "500");
    Ok(())
}

fn concede(input: &ShimInput, concessions: &mut Concessions, what: &str) -> io::Result<()> {
    if input.require_isolation {
        return Err(io::Error::other(what.to_owned()));
    }
    concessions.push(format!("isolation is weaker than asked for: {what}"));
    Ok(())
}

fn first_process(info: &OwnedFd) -> io::Result<i32> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Info {
        child_pid: i32,
    }
    let text = read_within(info, PATIENCE, |bytes| bytes.contains(&b'}'))?;
    let info: Info = serde_json::from_slice(&text)
        .map_err(|_| io::Error::other("bubblewrap could not make the sandbox on this machine"))?;
    Ok(info.child_pid)
}

/// A pipe on which a write waits until [`FullPipe::release`].
///
/// bubblewrap writes to its status pipe after it has told the first process's id and before it lets that process go
/// on, so this holds the process in its first user namespace for as long as we need.
struct FullPipe {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl FullPipe {
    fn new() -> io::Result<Self> {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        let size = fcntl_setpipe_size(&writer, 4096)?;
        File::from(writer.try_clone()?).write_all(&vec![b'\n'; size])?;
        Ok(FullPipe { reader, writer })
    }

    fn release(self) -> io::Result<OwnedFd> {
        let size = rustix::pipe::fcntl_getpipe_size(&self.reader)?;
        File::from(self.reader.try_clone()?).read_exact(&mut vec![0; size])?;
        Ok(self.reader)
    }
}

/// A pipe whose one handle reads and writes. Whoever waits on it does not go on when we die, as would happen with an
/// ordinary pipe.
fn gate() -> io::Result<OwnedFd> {
    let (reader, _writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
    Ok(rustix::fs::open(Path::new(&path), OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?)
}

/// A file in memory with these contents.
fn sealed(name: &str, contents: &[u8]) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create(name, MemfdFlags::CLOEXEC)?);
    file.write_all(contents)?;
    file.rewind()?;
    Ok(file.into())
}

/// Lets the next program inherit some handles, until this is dropped. Only the main thread starts programs, so no
/// other one gets them by accident.
pub(super) struct Inheritable<'a>(Vec<BorrowedFd<'a>>);

pub(super) fn inheritable(fds: Vec<BorrowedFd<'_>>) -> io::Result<Inheritable<'_>> {
    for fd in &fds {
        fcntl_setfd(fd, FdFlags::empty())?;
    }
    Ok(Inheritable(fds))
}

impl Drop for Inheritable<'_> {
    fn drop(&mut self) {
        for fd in &self.0 {
            let _ = fcntl_setfd(fd, FdFlags::CLOEXEC);
        }
    }
}

/// Reads until `enough`, the end, or the time is up, whichever comes first.
pub(super) fn read_within(
    fd: &OwnedFd,
    patience: Duration,
    enough: impl Fn(&[u8]) -> bool,
) -> io::Result<Vec<u8>> {
    let until = clock::elapsed() + patience;
    let mut bytes = Vec::new();
    let mut buffer = [0; 1024];
    while !enough(&bytes) && is_readable(fd.as_fd(), until.saturating_sub(clock::elapsed())) {
        match rustix::io::read(fd, &mut buffer[..])? {
            0 => break,
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(bytes)
}

/// Whether there is something to read, or the end was reached, within some time.
pub(super) fn is_readable(fd: BorrowedFd<'_>, patience: Duration) -> bool {
    let until = clock::elapsed() + patience;
    loop {
        let left = until.saturating_sub(clock::elapsed());
        let timeout =
            Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: i64::from(left.subsec_nanos()) };
        match poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&timeout)) {
            Err(rustix::io::Errno::INTR) => {}
            ready => return ready.is_ok_and(|count| count > 0),
        }
    }
}
