//! WebSockets: authorized like any request, then bytes both ways.

mod frames;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use base::{Error, Result};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWriteExt as _, ReadBuf};

use crate::access::Access;
use crate::activity::OpenSocket;
use crate::concurrency::Permit;
use crate::forward;
use crate::upstream::UpstreamError;
use crate::{Proxy, socket::frames::Frames};

/// How long both sides may take to switch protocols once they agreed.
const SWITCH: Duration = Duration::from_secs(10);
/// How long one side may go on after the other's half-close.
const LINGER: Duration = Duration::from_secs(10);

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

fn lists(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(token))
}

/// Whether a request asks for a WebSocket. No other protocol is switched to.
pub(crate) fn is_upgrade(method: &Method, version: Version, headers: &HeaderMap) -> bool {
    *method == Method::GET
        && version == Version::HTTP_11
        && lists(headers, header::CONNECTION, "upgrade")
        && lists(headers, header::UPGRADE, "websocket")
}

/// Asks the workload for a WebSocket and joins both sides when it agrees; otherwise gives its answer.
pub(crate) async fn open(
    proxy: &Proxy,
    access: Arc<Access>,
    permit: Permit,
    mut parts: Parts,
) -> Result<Response<Body>> {
    let client = parts
        .extensions
        .remove::<OnUpgrade>()
        .ok_or_else(|| Error::invalid("This connection can't become a WebSocket.").with_code("no_upgrade"))?;
    forward::outgoing(proxy, &mut parts)?;
    switching(&mut parts.headers);
    // Control frames and closing are the workload's business; a body would be a second message on the wire.
    parts.headers.remove(header::CONTENT_LENGTH);
    let request = Request::from_parts(parts, Body::empty());
    let sent = tokio::select! {
        sent = access.upstream.send_upgrade(&proxy.connections, request) => sent,
        () = access.revocation.revoked() => return Err(crate::access::not_signed_in()),
    };
    let mut response = sent.map_err(|error| proxy.upstream_error(&error))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(forward::incoming(proxy, access, permit, response, None));
    }
    if !lists(response.headers(), header::UPGRADE, "websocket") {
        return Err(
            proxy.upstream_error(&UpstreamError::ConnectionBroken("it switched to no WebSocket".to_owned()))
        );
    }
    let workload = hyper::upgrade::on(&mut response);
    let (mut parts, _) = response.into_parts();
    forward::returned(&mut parts.headers, &access.slug);
    switching(&mut parts.headers);
    proxy.metrics.upgrades.increment(1);
    let relay = SocketRelay {
        _open: access.counter.open_socket(&proxy.metrics),
        _permit: permit,
        access,
        proxy: proxy.clone(),
    };
    tokio::spawn(relay.run(client, workload));
    Ok(Response::from_parts(parts, Body::empty()))
}

fn switching(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, WEBSOCKET);
}

/// An open WebSocket.
struct SocketRelay {
    access: Arc<Access>,
    proxy: Proxy,
    _permit: Permit,
    _open: OpenSocket,
}

impl SocketRelay {
    async fn run(self, client: OnUpgrade, workload: OnUpgrade) {
        let both = tokio::time::timeout(SWITCH, async { tokio::try_join!(client, workload) });
        let Ok(Ok((client, workload))) = both.await else { return };
        let (from_client, mut to_client) = tokio::io::split(TokioIo::new(client));
        let metrics = &self.proxy.metrics;
        let (from_workload, mut to_workload) = tokio::io::split(TokioIo::new(workload));
        let mut from_workload = Inspected {
            inner: from_workload,
            inspect: |read: &[u8]| metrics.bytes_down.increment(read.len() as u64),
        };
        let mut frames = Frames::default();
        let mut from_client = Inspected {
            inner: from_client,
            inspect: |read: &[u8]| {
                metrics.bytes_up.increment(read.len() as u64);
                if frames.hold_data(read) {
                    self.access.touch(&*self.proxy.portal.clock);
                }
            },
        };
        let up = async {
            let copied = tokio::io::copy(&mut from_client, &mut to_workload).await;
            copied.and(to_workload.shutdown().await)
        };
        let down = async {
            let copied = tokio::io::copy(&mut from_workload, &mut to_client).await;
            copied.and(to_client.shutdown().await)
        };
        let both = async {
            tokio::pin!(up, down);
            tokio::select! {
                _ = &mut up => drop(tokio::time::timeout(LINGER, down).await),
                _ = &mut down => drop(tokio::time::timeout(LINGER, up).await),
            }
        };
        // Dropping both sides closes them.
        tokio::select! {
            () = both => {}
            () = self.access.revocation.revoked() => {}
        }
    }
}

/// A reader whose bytes are inspected on their way.
struct Inspected<R, F> {
    inner: R,
    inspect: F,
}

impl<R: AsyncRead + Unpin, F: FnMut(&[u8]) + Unpin> AsyncRead for Inspected<R, F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        (self.inspect)(buffer.filled().get(before..).unwrap_or_default());
        polled
    }
}
