//! The reverse proxy of one request to a workload and its response, streamed both ways.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version, header};
use base::{Error, ErrorKind, Result};
use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};
use tokio_util::sync::WaitForCancellationFutureOwned;
use web_kit::guard::peer_address;

use crate::access::{self, Access};
use crate::concurrency::Permit;
use crate::upstream::{PooledConnection, UpstreamError};
use crate::{Proxy, cookies, headers, proxy_metrics};

/// Sends a request on and gives the workload's answer. Both bodies stream; nothing is kept.
pub(crate) async fn forward(
    proxy: &Proxy,
    access: Arc<Access>,
    permit: Permit,
    mut parts: Parts,
    body: Body,
) -> Result<Response<Body>> {
    outgoing(proxy, &mut parts)?;
    let request = Request::from_parts(parts, proxy.metrics.counted(body));
    let sent = tokio::select! {
        biased;
        () = access.revocation.revoked() => return Err(access_revoked()),
        sent = access.upstream.send(&proxy.connections, request) => sent,
    };
    let (response, connection) = sent.map_err(|error| proxy.upstream_error(&error))?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(proxy
            .upstream_error(&UpstreamError::ConnectionBroken("it switched protocols unasked".to_owned())));
    }
    Ok(incoming(proxy, access, permit, response, Some(connection)))
}

/// Makes a request of a browser or program into one for the workload.
pub(crate) fn outgoing(proxy: &Proxy, parts: &mut Parts) -> Result<()> {
    let path = parts.uri.path_and_query().cloned().ok_or_else(access::missing)?;
    parts.uri = Uri::from(path);
    parts.version = Version::HTTP_11;
    let peer = peer_address(&parts.extensions);
    let takes_trailers = parts.headers.get(header::TE).is_some_and(|te| te.as_bytes() == b"trailers");
    headers::remove_hop_by_hop(&mut parts.headers);
    // Answered by our own server as soon as the body is asked for.
    parts.headers.remove(header::EXPECT);
    if takes_trailers {
        parts.headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    // Our credentials end here.
    if access::token(&parts.headers).is_some() {
        parts.headers.remove(header::AUTHORIZATION);
    }
    cookies::strip_platform_cookies(&mut parts.headers);
    let host = parts.headers.get(header::HOST).cloned();
    let forwarded = headers::Forwarded {
        peer,
        is_trusted: peer.is_some_and(|peer| proxy.portal.settings.trusted_proxies.contains(&peer)),
        scheme: proxy.settings.address.scheme(),
        host: host.as_ref(),
    };
    headers::set_forwarded(&mut parts.headers, &forwarded);
    Ok(())
}

/// Makes a workload's answer into one for the browser.
pub(crate) fn incoming(
    proxy: &Proxy,
    access: Arc<Access>,
    permit: Permit,
    response: Response<Incoming>,
    connection: Option<PooledConnection>,
) -> Response<Body> {
    let (mut parts, inner) = response.into_parts();
    returned(&mut parts.headers, &access.slug);
    let bytes = proxy.metrics.bytes_down.clone();
    let body =
        RelayedBody { inner, bytes, access, _permit: permit, connection, is_done: false, revoked: None };
    Response::from_parts(parts, Body::new(body))
}

/// The headers of an answer on its way back.
pub(crate) fn returned(headers: &mut HeaderMap, slug: &str) {
    headers::remove_hop_by_hop(headers);
    headers::harden(headers);
    cookies::confine(headers, slug);
}

impl Proxy {
    /// Counts an upstream error, and says what it means.
    pub(crate) fn upstream_error(&self, error: &UpstreamError) -> Error {
        self.metrics.failed(error);
        public_error(error)
    }
}

/// What an upstream error means for the client.
fn public_error(error: &UpstreamError) -> Error {
    match error {
        // It is ready, so something did once.
        UpstreamError::NotListening => Error::new(
            ErrorKind::Unavailable,
            "workload_silent",
            "The workload runs, but nothing in it listens.",
        )
        .with_hint("Try again in a moment; if it stays like this, restart it on its page in Portico.")
        .with_retry_after(2),
        UpstreamError::ConnectTimeout => {
            Error::new(ErrorKind::Unavailable, "workload_busy", "The workload does not accept connections.")
                .with_hint("It may be busy; try again, or look at its log.")
                .with_retry_after(5)
        }
        UpstreamError::ResponseTimeout => response_timeout(),
        UpstreamError::RequestIncomplete => {
            Error::invalid("The request broke off before its body was complete.")
                .with_code("body_incomplete")
                .with_hint("Send it again.")
        }
        UpstreamError::ConnectionBroken(cause) => Error::new(
            ErrorKind::Unavailable,
            "workload_broken",
            "The workload closed the connection without an answer.",
        )
        .with_hint("Try again; if it stays, look at the workload's log.")
        .context(cause.clone()),
    }
}

/// It runs, and does not answer yet.
pub(crate) fn starting() -> Error {
    Error::new(ErrorKind::Unavailable, "workload_starting", "The workload is starting.")
        .with_hint("Try again in a moment.")
        .with_retry_after(2)
}

fn response_timeout() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "workload_late",
        "The workload did not begin its answer within ten minutes.",
    )
    .with_hint("Look at its log.")
}

fn access_revoked() -> Error {
    Error::unauthenticated("Your access to this workload ended, or the workload did.")
        .with_code("access_ended")
        .with_hint("Open it again from its page in Portico.")
}

/// The body of a response while it passes. It ends early when the access is revoked.
struct RelayedBody {
    inner: Incoming,
    bytes: metrics::Counter,
    access: Arc<Access>,
    _permit: Permit,
    connection: Option<PooledConnection>,
    is_done: bool,
    revoked: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl hyper::body::Body for RelayedBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let this = &mut *self;
        if this.access.revocation.is_revoked() {
            return Poll::Ready(Some(Err("the access to the workload ended".into())));
        }
        let polled = match &mut this.connection {
            Some(connection) => connection.poll_frame(&mut this.inner, context),
            None => Pin::new(&mut this.inner).poll_frame(context),
        };
        match polled {
            Poll::Ready(None) => {
                this.is_done = true;
                Poll::Ready(None)
            }
            Poll::Ready(Some(Ok(frame))) => {
                proxy_metrics::count(&this.bytes, &frame);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Pending => {
                let access = &this.access;
                let revoked = this.revoked.get_or_insert_with(|| Box::pin(access.revocation.revoked_owned()));
                if revoked.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Some(Err("the access to the workload ended".into())));
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RelayedBody {
    fn drop(&mut self) {
        if (self.is_done || self.inner.is_end_stream())
            && let Some(connection) = self.connection.take()
        {
            self.access.upstream.put_back(connection);
        }
    }
}
