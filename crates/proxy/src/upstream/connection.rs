//! One keep-alive connection to a workload's HTTP server.
//!
//! A connection of hyper's has to be polled by somebody. Where it has a task of its own, each request goes through two
//! more turns of the scheduler, often on another core, which costs as much as passing the request on. So whoever waits
//! for the answer polls it. A request with a body is the exception: it goes on being sent while its answer is read, and
//! neither may wait for the other.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::{Body as _, Bytes, Frame, Incoming};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use runner::Stream;
use tokio::time::{Instant, Sleep, sleep};

use super::UpstreamError;

/// How long a workload may take to begin its answer.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(600);

/// How long to wait for a connection whose last answer has just been read.
const SETTLE_TIMEOUT: Duration = Duration::from_millis(20);

pub(super) type Io = TokioIo<Box<dyn Stream>>;
type Driver = http1::Connection<Io, Body>;

/// A connection that takes one request after the other.
pub(crate) struct PooledConnection {
    sender: SendRequest<Body>,
    /// `None` when a task of its own polls it, or nobody needs to any more.
    driver: Option<Box<Driver>>,
    /// Rings when an answer may be late. One serves all requests: it is set anew only when it rings.
    alarm: Pin<Box<Sleep>>,
}

/// There is no response.
pub(super) struct SendError {
    pub(super) error: UpstreamError,
    /// The request, when nothing of it was sent: it may be retried.
    pub(super) unsent: Option<Request<Body>>,
}

impl PooledConnection {
    pub(super) async fn new(io: Io) -> Result<Self, UpstreamError> {
        let (sender, driver) = http1::handshake(io).await?;
        Ok(Self { sender, driver: Some(Box::new(driver)), alarm: Box::pin(sleep(RESPONSE_TIMEOUT)) })
    }

    /// Whether it takes a request.
    pub(super) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits a moment where the last answer has just been read; whether it takes a request then.
    pub(super) async fn settle(&mut self) -> bool {
        self.is_ready()
            || (self.driver.is_none()
                && tokio::time::timeout(SETTLE_TIMEOUT, self.sender.ready())
                    .await
                    .is_ok_and(|ready| ready.is_ok()))
    }

    /// Sends a request and waits for the head of its answer. `streams` says whether the request has a body.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Body>,
        streams: bool,
    ) -> Result<Response<Incoming>, SendError> {
        if streams && let Some(driver) = self.driver.take() {
            // It ends when the sender is dropped or the workload closes it; whoever waits gets the error.
            tokio::spawn(async move { drop(driver.await) });
        }
        let until = Instant::now() + RESPONSE_TIMEOUT;
        let mut answer = pin!(self.sender.try_send_request(request));
        let (driver, alarm) = (&mut self.driver, &mut self.alarm);
        let answered = poll_fn(|context| {
            let polled = match poll_driver(driver, context) {
                // What the connection found is there at once; it need not wake anybody.
                true => answer.as_mut().poll(&mut Context::from_waker(Waker::noop())),
                false => answer.as_mut().poll(context),
            };
            if polled.is_pending() && poll_alarm(alarm, until, context).is_ready() {
                return Poll::Ready(None);
            }
            polled.map(Some)
        });
        match answered.await {
            Some(Ok(response)) => Ok(response),
            Some(Err(error)) => Err(send_error(error)),
            None => Err(SendError { error: UpstreamError::ResponseTimeout, unsent: None }),
        }
    }

    /// The next part of an answer's body.
    pub(crate) fn poll_frame(
        &mut self,
        body: &mut Incoming,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        if self.driver.is_none() {
            return Pin::new(body).poll_frame(context);
        }
        // What was read with the head is there already.
        let no_waker = &mut Context::from_waker(Waker::noop());
        let polled = Pin::new(&mut *body).poll_frame(no_waker);
        if polled.is_ready() {
            return polled;
        }
        if poll_driver(&mut self.driver, context) {
            Pin::new(body).poll_frame(no_waker)
        } else {
            Pin::new(body).poll_frame(context)
        }
    }

    /// Prepares it for the next request; `false` when there can be none. While it rests it wakes nobody.
    pub(super) fn rest(&mut self) -> bool {
        poll_driver(&mut self.driver, &mut Context::from_waker(Waker::noop()));
        self.sender.is_ready() || (self.driver.is_none() && !self.sender.is_closed())
    }
}

/// Whether the connection is polled here and goes on.
fn poll_driver(driver: &mut Option<Box<Driver>>, context: &mut Context<'_>) -> bool {
    let Some(polled) = driver else { return false };
    if Pin::new(&mut **polled).poll(context).is_pending() {
        return true;
    }
    *driver = None;
    false
}

fn poll_alarm(alarm: &mut Pin<Box<Sleep>>, until: Instant, context: &mut Context<'_>) -> Poll<()> {
    while alarm.as_mut().poll(context).is_ready() {
        if alarm.deadline() >= until {
            return Poll::Ready(());
        }
        alarm.as_mut().reset(until);
    }
    Poll::Pending
}

fn send_error(mut error: TrySendError<Request<Body>>) -> SendError {
    let unsent = error.take_message();
    SendError { error: error.into_error().into(), unsent }
}
