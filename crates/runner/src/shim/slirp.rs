//! A way out of a workload's own network namespace: slirp4netns, a TCP/IP stack that runs as an ordinary program.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};

use super::setup::{inheritable, read_within};
use crate::clock;

/// Where slirp4netns answers questions about names.
pub(super) const RESOLVER: &str = "10.0.2.3";

/// Part of util-linux; it becomes the program that it starts.
const UNSHARE: &str = "/usr/bin/unshare";

const PATIENCE: Duration = Duration::from_secs(10);
const LOOPBACK: &str = "127.0.0.1";
/// How often the loopback device is looked at; bubblewrap needs less than that to set it up, most of the time.
const LOOK: Duration = Duration::from_millis(1);

/// The namespaces of a sandbox that has not gone on to its second user namespace yet.
///
/// bubblewrap makes the network namespace with a first user namespace and later moves the workload to a second one
/// below. Only who is in the first may set up the network, so its handle has to be taken while it is still there.
#[derive(Debug)]
pub(super) struct Namespaces {
    pub(super) user: OwnedFd,
    pub(super) network: OwnedFd,
}

impl Namespaces {
    pub(super) fn of(pid: i32) -> io::Result<Self> {
        let open = |kind: &str| {
            fs_err::File::open(format!("/proc/{pid}/ns/{kind}"))
                .map(|file| OwnedFd::from(file.into_parts().0))
        };
        Ok(Namespaces { user: open("user")?, network: open("net")? })
    }
}

/// Waits until bubblewrap has given the loopback device its address.
///
/// slirp4netns brings that device up, and then the kernel gives it the address by itself. bubblewrap, coming second,
/// would take the address that is there already for a failure.
pub(super) fn await_loopback(pid: i32) {
    let until = clock::elapsed() + PATIENCE;
    // Without an answer there is nothing to wait for: whoever comes next says what is wrong.
    while let Ok(addresses) = fs_err::read_to_string(format!("/proc/{pid}/net/fib_trie")) {
        if addresses.contains(LOOPBACK) || clock::elapsed() >= until {
            return;
        }
        std::thread::sleep(LOOK);
    }
}

/// A running slirp4netns. It ends when this is dropped, and also when the shim dies.
#[derive(Debug)]
pub(super) struct Slirp {
    child: Child,
    complaints: OwnedFd,
    _until_closed: OwnedFd,
}

impl Slirp {
    /// Starts it and waits until the network works.
    pub(super) fn start(program: &Path, namespaces: &Namespaces) -> io::Result<Self> {
        let (ready, tells_ready) = pipe_with(PipeFlags::CLOEXEC)?;
        let (ends, until_closed) = pipe_with(PipeFlags::CLOEXEC)?;
        let mut command = program_command(program);
        command.args(["--configure", "--mtu=65520", "--disable-host-loopback", "--enable-seccomp"]);
        command.arg("--netns-type=path");
        command.arg(format!("--ready-fd={}", tells_ready.as_raw_fd()));
        command.arg(format!("--exit-fd={}", ends.as_raw_fd()));
        command.arg(format!("--userns-path=/proc/self/fd/{}", namespaces.user.as_raw_fd()));
        command.args([&format!("/proc/self/fd/{}", namespaces.network.as_raw_fd()), "tap0"]);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        // Nobody reads its messages once it runs, so writing them must not block it.
        let (complaints, complains) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(complains);
        let child = {
            let _inherited = inheritable(vec![
                tells_ready.as_fd(),
                ends.as_fd(),
                namespaces.user.as_fd(),
                namespaces.network.as_fd(),
            ])?;
            command.spawn()?
        };
        drop((tells_ready, ends, command));
        let mut slirp = Slirp { child, complaints, _until_closed: until_closed };
        if read_within(&ready, PATIENCE, |bytes| !bytes.is_empty())?.is_empty() {
            return Err(io::Error::other(format!(
                "slirp4netns could not set up the network: {}",
                slirp.complaint()
            )));
        }
        Ok(slirp)
    }

    fn complaint(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut buffer = [0; 4096];
        let count = rustix::io::read(&self.complaints, &mut buffer[..]).unwrap_or(0);
        let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("WARNING")).collect();
        lines[lines.len().saturating_sub(3)..].join("; ")
    }
}

/// The program, locked into a root of its own where that can be done, which takes the machine's own rights.
///
/// When it leaves the old root it unmounts what lies there, and where mounts are shared, as those of other programs'
/// network namespaces below /run/netns are, the machine would lose them too. So it gets mounts that are its own.
fn program_command(program: &Path) -> Command {
    let may_lock = rustix::process::geteuid().is_root() && Path::new(UNSHARE).exists();
    if !may_lock {
        return Command::new(program);
    }
    let mut command = Command::new(UNSHARE);
    command.args(["--mount", "--propagation=private", "--"]).arg(program).arg("--enable-sandbox");
    command
}

impl Drop for Slirp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
