//! The client's connection, which can be cut, and is not read while too much of what came waits inside of notebooks.
//!
//! The library hands out windows as data arrives, so what holds a client back is that its connection is not read. That
//! must not happen while output waits for the client's windows: the message that widens them comes on the same
//! connection, and both sides would wait for ever.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// More than this does not wait, except where it must.
const MOST_WAITING: u64 = 4 * 1024 * 1024;

/// What the channels of one connection have waiting.
#[derive(Default)]
pub(crate) struct Flow {
    waiting: AtomicU64,
    /// Channels whose output waits to be taken.
    held_up: AtomicU32,
    reader: AtomicWaker,
}

impl Flow {
    /// So much went into a notebook.
    pub(crate) fn sent(&self, bytes: u64) {
        self.waiting.fetch_add(bytes, Ordering::AcqRel);
    }

    /// So much of it was consumed there.
    pub(crate) fn consumed(&self, bytes: u64) {
        let less = |waiting: u64| Some(waiting.saturating_sub(bytes));
        let _ = self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        self.reader.wake();
    }

    /// Output waits while this lives.
    pub(crate) fn hold_up(&self) -> HeldUp<'_> {
        self.held_up.fetch_add(1, Ordering::AcqRel);
        self.reader.wake();
        HeldUp(self)
    }

    fn may_read(&self) -> bool {
        self.waiting.load(Ordering::Acquire) < MOST_WAITING || self.held_up.load(Ordering::Acquire) > 0
    }
}

/// See [`Flow::hold_up`].
pub(crate) struct HeldUp<'a>(&'a Flow);

impl Drop for HeldUp<'_> {
    fn drop(&mut self) {
        self.0.held_up.fetch_sub(1, Ordering::AcqRel);
    }
}

/// See the module's text.
pub(crate) struct Gate {
    stream: TcpStream,
    flow: Arc<Flow>,
    cut: CancellationToken,
    is_cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Gate {
    pub(crate) fn new(stream: TcpStream, flow: Arc<Flow>, cut: CancellationToken) -> Self {
        Self { stream, flow, is_cut: Box::pin(cut.clone().cancelled_owned()), cut }
    }
}

fn ended() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

impl AsyncRead for Gate {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_cut.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(ended()));
        }
        if !self.flow.may_read() {
            self.flow.reader.register(context.waker());
            if !self.flow.may_read() {
                return Poll::Pending;
            }
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Gate {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut.is_cancelled() || self.is_cut.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(ended()));
        }
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
