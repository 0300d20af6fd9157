//! Connecting to the HTTP server of a workload.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpStream as BlockingTcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::io::Interest;
use tokio::net::{TcpSocket, TcpStream, UnixStream};

use super::LocalRunner;
use super::client::connect;
use crate::records::{AttemptDir, DOOR, SERVING, ShortPath};
use crate::runner::{RunnerError, Stream};
use crate::spec::HTTP_SOCKET;

/// How long a server may leave us in its queue.
const PATIENCE: Duration = Duration::from_secs(5);

impl LocalRunner {
    pub(super) async fn connect_now(&self, attempt: &str) -> Result<Box<dyn Stream>, RunnerError> {
        let dir = self.dir(attempt)?;
        let connected = match tokio::time::timeout(PATIENCE, to_server(&dir)).await {
            Ok(connected) => connected,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the server takes no more connections")),
        };
        connected.map_err(|error| match error.kind() {
            // There is no socket, nobody listens, or whoever did is just ending.
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
                RunnerError::NotListening
            }
            _ => RunnerError::failed(format!("the server of attempt {attempt} cannot be reached"), error),
        })
    }
}

/// Which of the two ways there is was decided when the attempt started, and can be seen in its folder.
async fn to_server(dir: &AttemptDir) -> io::Result<Box<dyn Stream>> {
    let serving = dir.path().join(SERVING);
    match open(CWD, &serving, OFlags::DIRECTORY) {
        Ok(serving) => Ok(Box::new(to_socket(&serving).await?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Box::new(through_door(dir).await?)),
        Err(error) => Err(error),
    }
}

/// The workload writes to the folder, so whatever lies there is looked at before it is used, and no link is followed.
async fn to_socket(serving: &OwnedFd) -> io::Result<UnixStream> {
    let name = Path::new(HTTP_SOCKET).file_name().unwrap_or_default();
    let socket = open(serving, Path::new(name), OFlags::empty())?;
    if FileType::from_raw_mode(fstat(&socket)?.st_mode) != FileType::Socket {
        return Err(io::Error::other(format!("what lies at {HTTP_SOCKET} is not a socket")));
    }
    // By its handle: the name may mean something else by now.
    connect(Path::new(&format!("/proc/self/fd/{}", socket.as_raw_fd()))).await
}

async fn through_door(dir: &AttemptDir) -> io::Result<TcpStream> {
    let door = connect(&ShortPath::to(dir.path())?.join(DOOR)).await?;
    let (socket, port) = loop {
        door.readable().await?;
        match door.try_io(Interest::READABLE, || receive(&door)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            received => break received?,
        }
    };
    let socket = TcpSocket::from_std_stream(BlockingTcpStream::from(socket));
    let stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
    // Where nobody listens, a socket can meet itself: the kernel may give it the very port that it connects to.
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A socket of the workload's network, and the port to connect it to.
fn receive(door: &UnixStream) -> io::Result<(OwnedFd, u16)> {
    let mut port = [0; 2];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(door, &mut [IoSliceMut::new(&mut port)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let socket = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut handles) => handles.next(),
        _ => None,
    });
    match socket {
        Some(socket) if received.bytes == port.len() => Ok((socket, u16::from_ne_bytes(port))),
        // It was closed before it could answer.
        _ => Err(io::ErrorKind::ConnectionReset.into()),
    }
}

fn open(dir: impl std::os::fd::AsFd, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(dir, path, flags, Mode::empty())?)
}
