//! Back-pressure on the client's connection, which can also be cancelled: it is not read while too much of what came
//! waits inside of notebooks.
//!
//! The library hands out windows as data arrives, so what holds a client back is that its connection is not read. That
//! must not happen while output waits for the client's windows: the message that widens them comes on the same
//! connection, and that would be a deadlock.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The high-water mark: with more than this unconsumed nothing is read, except where it must be.
const MAX_UNCONSUMED: u64 = 4 * 1024 * 1024;

/// Flow control over all channels of one connection.
#[derive(Default)]
pub(crate) struct FlowControl {
    /// Bytes that went in and were not consumed.
    unconsumed: AtomicU64,
    /// Channels whose output waits for the client.
    blocked_outputs: AtomicU32,
    reader: AtomicWaker,
}

impl FlowControl {
    /// So much went into a notebook.
    pub(crate) fn sent(&self, bytes: u64) {
        self.unconsumed.fetch_add(bytes, Ordering::AcqRel);
    }

    /// So much of it was consumed there.
    pub(crate) fn consumed(&self, bytes: u64) {
        let less = |unconsumed: u64| Some(unconsumed.saturating_sub(bytes));
        let _ = self.unconsumed.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        self.reader.wake();
    }

    /// Output waits for the client while this lives.
    pub(crate) fn block_output(&self) -> BlockedOutput<'_> {
        self.blocked_outputs.fetch_add(1, Ordering::AcqRel);
        self.reader.wake();
        BlockedOutput(self)
    }

    fn may_read(&self) -> bool {
        self.unconsumed.load(Ordering::Acquire) < MAX_UNCONSUMED
            || self.blocked_outputs.load(Ordering::Acquire) > 0
    }
}

/// See [`FlowControl::block_output`].
pub(crate) struct BlockedOutput<'a>(&'a FlowControl);

impl Drop for BlockedOutput<'_> {
    fn drop(&mut self) {
        self.0.blocked_outputs.fetch_sub(1, Ordering::AcqRel);
    }
}

/// See the module's text.
pub(crate) struct ThrottledStream {
    stream: TcpStream,
    flow: Arc<FlowControl>,
    cancel: CancellationToken,
    is_cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl ThrottledStream {
    pub(crate) fn new(stream: TcpStream, flow: Arc<FlowControl>, cancel: CancellationToken) -> Self {
        Self { stream, flow, is_cancelled: Box::pin(cancel.clone().cancelled_owned()), cancel }
    }
}

fn ended() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

impl AsyncRead for ThrottledStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_cancelled.as_mut().poll(context).is_ready() {
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

impl AsyncWrite for ThrottledStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cancel.is_cancelled() || self.is_cancelled.as_mut().poll(context).is_ready() {
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
