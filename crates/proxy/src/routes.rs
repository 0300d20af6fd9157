//! The table of what the content origin serves. Nothing else is there, and no page of the portal.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, Response, Uri, header};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, any, get};
use base::{Error, Result};
use futures::future::BoxFuture;
use paths::{Path as _, content as at};
use serde::Deserialize;
use tower::{Service, ServiceExt as _};

use crate::access::{self, Admission};
use crate::concurrency::Limited;
use crate::exchange_codes::CodeGrant;
use crate::fetch_metadata::FetchMetadata;
use crate::{Proxy, Served, answer, cookies, forward, is_slug, open, socket, view};

/// Who may use a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentPolicy {
    /// Anybody.
    Public,
    /// Whoever brings a code that the portal gave them.
    Code,
    /// The workload's owner, by content session or API token of scope write.
    Owner,
}

/// One row, for every method that its handler takes.
#[derive(Clone, Copy, Debug)]
pub struct ContentRow {
    pub path: &'static str,
    pub policy: ContentPolicy,
    handler: fn() -> MethodRouter<Proxy>,
}

const fn row(path: &'static str, policy: ContentPolicy, handler: fn() -> MethodRouter<Proxy>) -> ContentRow {
    ContentRow { path, policy, handler }
}

/// Everything that the content origin serves.
pub const ROWS: &[ContentRow] = &[
    row(at::Health::PATTERN, ContentPolicy::Public, || get(|| async { "ok\n" })),
    row(at::Style::PATTERN, ContentPolicy::Public, || get(style)),
    row(at::Enter::PATTERN, ContentPolicy::Code, || get(enter)),
    row(at::Result::PATTERN, ContentPolicy::Code, || get(view::show)),
    row(at::WorkloadName::PATTERN, ContentPolicy::Owner, || any(workload)),
    row(at::Workload::PATTERN, ContentPolicy::Owner, || any(workload)),
    row(at::WorkloadPath::PATTERN, ContentPolicy::Owner, || any(workload)),
];

/// The content origin: what [`ROWS`] says.
#[derive(Clone)]
pub struct ContentOrigin {
    proxy: Proxy,
    router: Router,
}

impl ContentOrigin {
    /// The answer to a request.
    pub fn answer(&self, request: Request) -> BoxFuture<'static, Result<Response<Body>, Infallible>> {
        let proxy = self.proxy.clone();
        // Nearly every request is one to a workload. To find its row costs a router more than all the rest of us.
        if slug_of(request.uri().path()).is_some() {
            return Box::pin(async move { Ok(proxy.counted(to_workload(&proxy, request).await)) });
        }
        let answer = self.router.clone().oneshot(request);
        Box::pin(async move { Ok(proxy.counted(answer.await?)) })
    }
}

impl Service<Request> for ContentOrigin {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.answer(request)
    }
}

impl Proxy {
    /// The content origin.
    pub fn content_origin(&self) -> ContentOrigin {
        let router = ROWS.iter().fold(Router::new(), |router, row| router.route(row.path, (row.handler)()));
        let router = router.fallback(nothing).method_not_allowed_fallback(nothing).with_state(self.clone());
        ContentOrigin { proxy: self.clone(), router }
    }

    fn counted(&self, response: Response<Body>) -> Response<Body> {
        self.metrics.answered(response.status());
        response
    }

    /// Whether a request for this host belongs to the content origin, whatever listener it came to.
    pub fn is_content_host(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        self.settings.address.is_host(host(headers, uri))
    }
}

pub(crate) fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> &'a str {
    let named = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    named.or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default()
}

/// The style of our own few pages.
async fn style() -> Response<Body> {
    let css = ui_pages::asset("content.css").map(|asset| asset.bytes.into_owned()).unwrap_or_default();
    let kind = (header::CONTENT_TYPE, "text/css; charset=utf-8");
    let mut response = ([kind, (header::CACHE_CONTROL, "public, max-age=3600")], css).into_response();
    answer::ours(&mut response);
    response
}

async fn nothing(State(proxy): State<Proxy>, request: Request) -> Response<Body> {
    let fetch = FetchMetadata::new(request.method(), request.headers(), false);
    proxy.refuse(&Error::not_found("page at this address"), &fetch, None)
}

#[derive(Debug, Deserialize)]
struct Entering {
    #[serde(default)]
    code: String,
    #[serde(default)]
    to: String,
}

/// Trades a code for a content session.
async fn enter(
    State(proxy): State<Proxy>,
    Path(slug): Path<String>,
    Query(entering): Query<Entering>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let fetch = FetchMetadata::new(&method, &headers, false);
    // A HEAD request must not spend the code.
    if !is_slug(&slug) || method != Method::GET {
        return proxy.refuse(&access::missing(), &fetch, None);
    }
    if !proxy.settings.address.may_enter(host(&headers, &uri), &slug) {
        return proxy.refuse(&wrong_host(), &fetch, None);
    }
    let to = open::destination(&slug, &entering.to);
    let grant = proxy.codes.redeem(&*proxy.portal.clock, &entering.code, &slug);
    let Some(CodeGrant { session, view: None }) = grant else {
        // Spent or late, as after a reload: whoever is in goes on, others get a new one.
        return answer::see_other(&to);
    };
    let opened = proxy.portal.accounts.open_content_session(&proxy.context(), session, &slug).await;
    let cookie = opened.and_then(|secret| {
        cookies::content_session(&proxy.settings.address, &slug, &secret)
            .ok_or_else(|| Error::internal("make the cookie of a content session"))
    });
    match cookie {
        Ok(cookie) => {
            let mut response = answer::see_other(&to);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(error) => proxy.refuse(&error, &fetch, None),
    }
}

/// Everything below a workload's path.
async fn workload(State(proxy): State<Proxy>, request: Request) -> Response<Body> {
    to_workload(&proxy, request).await
}

async fn to_workload(proxy: &Proxy, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let is_upgrade = socket::is_upgrade(&parts.method, parts.version, &parts.headers);
    let fetch = FetchMetadata::new(&parts.method, &parts.headers, is_upgrade);
    let mut served = None;
    match proxy_request(proxy, &fetch, parts, body, &mut served).await {
        Ok(response) => response,
        Err(error) => proxy.refuse(&error, &fetch, served.as_ref()),
    }
}

async fn proxy_request(
    proxy: &Proxy,
    fetch: &FetchMetadata,
    parts: axum::http::request::Parts,
    body: Body,
    unavailable: &mut Option<Served>,
) -> Result<Response<Body>> {
    let slug = slug_of(parts.uri.path()).ok_or_else(access::missing)?.to_owned();
    if !proxy.settings.address.serves(host(&parts.headers, &parts.uri), &slug) {
        return Err(access::missing());
    }
    let presented = match access::presented(proxy, &slug, &parts.headers) {
        Ok(presented) => presented,
        Err(_) if fetch.is_navigation => return Ok(proxy.to_portal(&slug, &parts.uri)),
        Err(error) => return Err(error),
    };
    let access = match proxy.admit(&slug, &presented, fetch).await {
        Ok(Admission::Open(access)) => access,
        Ok(Admission::Unavailable(served)) => {
            let error = if served.attempt.is_some() { forward::starting() } else { not_running() };
            *unavailable = Some(served);
            return Err(error);
        }
        Err(error) if error.kind() == base::ErrorKind::Unauthenticated && fetch.is_navigation => {
            return Ok(proxy.to_portal(&slug, &parts.uri));
        }
        Err(error) => return Err(error),
    };
    if fetch.is_activity() {
        access.touch(&*proxy.portal.clock);
    }
    let settings = &proxy.settings;
    if fetch.is_upgrade {
        let permit = access.concurrency.acquire(Limited::Socket, settings.sockets_per_person)?;
        socket::open(proxy, access, permit, parts).await
    } else {
        let permit = access.concurrency.acquire(Limited::Request, settings.requests_per_person)?;
        forward::forward(proxy, access, permit, parts, body).await
    }
}

/// The slug in `/w/<slug>` and below it. What lies below `.portico` is ours, and no row of the table named it.
fn slug_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/w/")?;
    let (slug, below) = rest.split_once('/').unwrap_or((rest, ""));
    let is_ours = below == ".portico" || below.starts_with(".portico/");
    (is_slug(slug) && !is_ours).then_some(slug)
}

fn wrong_host() -> Error {
    Error::not_found("workload under this host name").with_code("wrong_host").with_hint(
        "PORTICO_CONTENT_URL or PORTICO_CONTENT_DOMAIN says which it is; a reverse proxy must pass the Host header on.",
    )
}

fn not_running() -> Error {
    Error::unavailable("The workload does not run.")
        .with_code("workload_stopped")
        .with_hint("Start it on its page in Portico.")
}
