//! What operators see of the content origin in `/metrics`.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::Body;
use axum::http::StatusCode;
use hyper::body::{Body as _, Bytes, Frame, SizeHint};
use metrics::{Counter, Gauge, counter, gauge};

use crate::upstream::UpstreamError;

const REQUESTS: &str = "portico_content_requests_total";
const BYTES: &str = "portico_content_bytes_total";
const ERRORS: &str = "portico_content_upstream_errors_total";

/// Looked up once: the names cost more than the counting.
pub(crate) struct ProxyMetrics {
    /// From `1xx` to `5xx`.
    requests: [Counter; 5],
    pub(crate) upgrades: Counter,
    pub(crate) open_sockets: Gauge,
    /// From clients to workloads.
    pub(crate) bytes_up: Counter,
    /// From workloads to clients.
    pub(crate) bytes_down: Counter,
    not_listening: Counter,
    timeout: Counter,
    late: Counter,
    broken: Counter,
}

impl ProxyMetrics {
    pub(crate) fn new() -> Self {
        Self {
            requests: ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| counter!(REQUESTS, "status" => class)),
            upgrades: counter!("portico_content_upgrades_total"),
            open_sockets: gauge!("portico_content_open_sockets"),
            bytes_up: counter!(BYTES, "direction" => "up"),
            bytes_down: counter!(BYTES, "direction" => "down"),
            not_listening: counter!(ERRORS, "cause" => "not_listening"),
            timeout: counter!(ERRORS, "cause" => "timeout"),
            late: counter!(ERRORS, "cause" => "late"),
            broken: counter!(ERRORS, "cause" => "broken"),
        }
    }

    pub(crate) fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).wrapping_sub(1);
        if let Some(counter) = self.requests.get(class) {
            counter.increment(1);
        }
    }

    /// A workload that did not respond; that a client did not send its whole request is not the workload's doing.
    pub(crate) fn failed(&self, error: &UpstreamError) {
        match error {
            UpstreamError::NotListening => self.not_listening.increment(1),
            UpstreamError::ConnectTimeout => self.timeout.increment(1),
            UpstreamError::ResponseTimeout => self.late.increment(1),
            UpstreamError::ConnectionBroken(_) => self.broken.increment(1),
            UpstreamError::RequestIncomplete => {}
        }
    }

    /// The body of a request, counted while it passes.
    pub(crate) fn counted(&self, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Counted { inner: body, bytes: self.bytes_up.clone() })
    }
}

struct Counted {
    inner: Body,
    bytes: Counter,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            count(&self.bytes, frame);
        }
        polled.map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Counts the data of a frame.
pub(crate) fn count(bytes: &Counter, frame: &Frame<Bytes>) {
    if let Some(data) = frame.data_ref() {
        bytes.increment(data.len() as u64);
    }
}
