//! The door to a port that a workload serves: a way for the server into the workload's own network.
//!
//! A socket belongs to the network of whoever makes it, wherever it is used afterwards. So the door is a tiny process
//! in the workload's network that makes TCP sockets and hands them to whoever connects to its unix socket; the server
//! then speaks to the port directly and nobody copies a byte. Nothing of the workload can reach the door.

use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, ExitCode};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sendmsg,
    socket_with,
};

use super::again;
use super::slirp::Namespaces;
use crate::protocol::{DoorInput, Order};
use crate::records::{AttemptDir, DOOR};

const PAUSE: Duration = Duration::from_millis(100);
/// What a door says when it is open.
const OPEN: &str = "open\n";

/// A door that is open. It closes when this is dropped, and also when the shim dies.
#[derive(Debug)]
pub(super) struct Door(Child);

impl Door {
    /// Opens a door to a port, in these namespaces or in the machine's own network.
    pub(super) fn open(dir: &AttemptDir, port: u16, namespaces: Option<&Namespaces>) -> io::Result<Self> {
        let order = Order::Door(DoorInput { port, inside: namespaces.map(again::inside) });
        let child = again::spawn(dir.path(), &order, namespaces)?;
        let mut door = Door(child);
        let said = again::expect(door.0.stdout.take(), OPEN);
        said.map_err(|error| io::Error::other(format!("port {port} could not be made reachable: {error}")))?;
        Ok(door)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Is the door, until standard input closes.
pub(super) fn keep(dir: &AttemptDir, input: &DoorInput) -> ExitCode {
    let mut out = io::stdout();
    let listener = match enter(dir.path(), input) {
        Ok(listener) => listener,
        Err(error) => {
            let _ = writeln!(out, "{error}");
            return ExitCode::FAILURE;
        }
    };
    if out.write_all(OPEN.as_bytes()).and_then(|()| out.flush()).is_err() {
        return ExitCode::FAILURE;
    }
    let stdin = io::stdin();
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return ExitCode::FAILURE,
            Ok(_) => {}
        }
        // Nothing is ever said after the first line, so this is the end.
        if !fds[0].revents().is_empty() {
            return ExitCode::SUCCESS;
        }
        if let Err(error) = hand_out(&listener, input.port) {
            let _ = writeln!(io::stderr(), "no socket could be handed out: {error}");
            // The machine may be out of handles, and is not helped by trying at once.
            std::thread::sleep(PAUSE);
        }
    }
}

/// Goes into the workload's network.
fn enter(dir: &Path, input: &DoorInput) -> io::Result<UnixListener> {
    let listener = super::listen(dir, DOOR)?;
    if let Some(inside) = &input.inside {
        again::enter(inside)?;
    }
    Ok(listener)
}

/// Gives a socket, and the port to connect it to, to whoever is next.
fn hand_out(listener: &UnixListener, port: u16) -> io::Result<()> {
    let (client, _) = match listener.accept() {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
        accepted => accepted?,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    let handles: [BorrowedFd<'_>; 1] = [socket.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&handles));
    // Who went away again does not need it.
    let _ = sendmsg(&client, &[IoSlice::new(&port.to_ne_bytes())], &mut control, SendFlags::NOSIGNAL);
    Ok(())
}
