//! The shim's socket.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::event::{PollFd, PollFlags};

use crate::protocol::{Answer, Request};

/// More clients than this wait in the socket's queue.
const MOST_CLIENTS: usize = 64;
const LONGEST_REQUEST: usize = 4096;

/// Who is connected, and what they want.
pub(super) struct Control {
    listener: UnixListener,
    clients: Vec<Client>,
}

struct Client {
    stream: UnixStream,
    unread: Vec<u8>,
    waits: bool,
    gone: bool,
}

impl Control {
    pub(super) fn new(listener: UnixListener) -> Self {
        Control { listener, clients: Vec::new() }
    }

    /// What to poll for, the listener first.
    pub(super) fn poll_fds(&self) -> Vec<PollFd<'_>> {
        let accepts = if self.clients.len() < MOST_CLIENTS { PollFlags::IN } else { PollFlags::empty() };
        let listener = PollFd::from_borrowed_fd(self.listener.as_fd(), accepts);
        let clients =
            self.clients.iter().map(|client| PollFd::from_borrowed_fd(client.stream.as_fd(), PollFlags::IN));
        std::iter::once(listener).chain(clients).collect()
    }

    /// Serves whoever is ready, and answers each request with what `answer` says; `None` keeps a client waiting.
    pub(super) fn serve(&mut self, mut answer: impl FnMut(Request) -> Option<Answer>) {
        while self.clients.len() < MOST_CLIENTS
            && let Ok((stream, _)) = self.listener.accept()
        {
            if stream.set_nonblocking(true).is_ok() {
                self.clients.push(Client { stream, unread: Vec::new(), waits: false, gone: false });
            }
        }
        for client in &mut self.clients {
            for line in client.read_lines() {
                let answered = match serde_json::from_slice(&line) {
                    Ok(request) => answer(request),
                    Err(error) => Some(Answer::Refused { message: error.to_string() }),
                };
                match answered {
                    Some(answered) => client.send(&answered),
                    None => client.waits = true,
                }
            }
        }
        self.clients.retain(|client| !client.gone);
    }

    /// Tells everybody who waits that the attempt has ended.
    pub(super) fn release_waiting(&mut self) {
        for client in self.clients.iter_mut().filter(|client| client.waits) {
            client.send(&Answer::Ended);
        }
    }
}

impl Client {
    fn read_lines(&mut self) -> Vec<Vec<u8>> {
        let mut buffer = [0; 1024];
        while !self.gone && self.unread.len() < LONGEST_REQUEST {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.gone = true,
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.gone = true,
            }
        }
        let mut lines = Vec::new();
        while let Some(newline) = memchr::memchr(b'\n', &self.unread) {
            lines.push(self.unread.drain(..=newline).collect());
        }
        self.gone |= self.unread.len() >= LONGEST_REQUEST;
        lines
    }

    /// Answers are short and fit into the socket's buffer; a client that does not read loses its connection.
    fn send(&mut self, answer: &Answer) {
        let mut line = serde_json::to_vec(answer).unwrap_or_default();
        line.push(b'\n');
        self.gone |= self.stream.write_all(&line).is_err();
    }
}
