//! This very program once more, as a small process in a workload's own network.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::setup::{inheritable, read_within};
use super::slirp::Namespaces;
use crate::protocol::{Inside, Order};

const PATIENCE: Duration = Duration::from_secs(10);

/// Starts it with an order that says which namespaces it is to enter. It ends when its standard input is closed.
pub(super) fn spawn(dir: &Path, order: &Order, namespaces: Option<&Namespaces>) -> io::Result<Child> {
    let handles: Vec<_> =
        namespaces.iter().flat_map(|both| [both.user.as_fd(), both.network.as_fd()]).collect();
    let mut arguments = std::env::args_os();
    // Even when a newer program was installed meanwhile.
    let mut command = Command::new("/proc/self/exe");
    command.arg0(arguments.next().unwrap_or_else(|| OsString::from("portico"))).args(arguments);
    command.current_dir(dir).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = {
        let _inherited = inheritable(handles)?;
        command.spawn()?
    };
    if let Some(stdin) = &mut child.stdin {
        stdin.write_all(&order.line()?)?;
    }
    Ok(child)
}

/// How it is to find these namespaces.
pub(super) fn inside(namespaces: &Namespaces) -> Inside {
    Inside { user: namespaces.user.as_raw_fd(), network: namespaces.network.as_raw_fd() }
}

/// Waits for its one line and compares it with what it says when all is well.
pub(super) fn expect(stdout: Option<ChildStdout>, word: &str) -> io::Result<()> {
    let said = match stdout {
        Some(stdout) => read_within(&stdout.into(), PATIENCE, |bytes| bytes.contains(&b'\n'))?,
        None => Vec::new(),
    };
    if said == word.as_bytes() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&said).trim_end().to_owned()))
}

/// Goes into the workload's network.
pub(super) fn enter(inside: &Inside) -> io::Result<()> {
    // Both before the first step: from the other side they may be out of reach.
    let (user, network) = (inherited(inside.user)?, inherited(inside.network)?);
    // Nobody can go to where they are: containers of an engine that runs as root are in our own.
    let (own, theirs) = (rustix::fs::stat("/proc/self/ns/user")?, rustix::fs::fstat(&user)?);
    if (own.st_dev, own.st_ino) != (theirs.st_dev, theirs.st_ino) {
        move_into_link_name_space(user.as_fd(), Some(LinkNameSpaceType::User))?;
    }
    Ok(move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?)
}

/// A handle of our own on what was inherited under this number.
fn inherited(fd: RawFd) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(format!("/proc/self/fd/{fd}"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}
