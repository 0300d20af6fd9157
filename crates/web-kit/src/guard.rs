//! What happens to every request before and after its handler: who asks, whether they may, where it came from, and
//! how an error looks.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use accounts::groups::Group;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::Response;
use base::secret::random_text;
use base::{Action, Actor, Credential, Error, ErrorKind, OpContext, Person, Result};
use tracing::Instrument as _;

use crate::body::Limits;
use crate::failure::{Failure, Reader, Scene, status_of};
use crate::last_group::LastGroup;
use crate::routes::{
    AnswerKind, Authentication, Body, Caller, Dialect, GroupFrom, Policy, RouteRow, group_of,
};
use crate::session_cookie;
use crate::state::{Portal, PortalSettings};

/// The code of the refusal that also clears the browser's cookies.
const TWO_PEOPLE: &str = "two_people";

/// The guard of one route: what its row says, for each request.
#[derive(Clone)]
pub(crate) struct Guard {
    portal: Portal,
    policy: Policy,
    answer: AnswerKind,
    authentication: Authentication,
    group: GroupFrom,
    /// Where they are not the usual ones.
    limits: Option<Limits>,
    render: fn(&Scene<'_>) -> Response,
}

impl Guard {
    pub(crate) fn new(portal: &Portal, row: &RouteRow, render: fn(&Scene<'_>) -> Response) -> Self {
        let is_unusual = matches!(row.body, Body::Streamed(_)) || row.body.limits() != Some(Limits::USUAL);
        Self {
            portal: portal.clone(),
            policy: row.policy,
            answer: row.answer,
            authentication: row.authentication,
            group: row.group,
            limits: row.body.limits().filter(|_| is_unusual),
            render,
        }
    }

    /// The guard of addresses that have no row.
    pub(crate) fn of_nothing(portal: &Portal, dialect: &Dialect) -> Self {
        Self {
            portal: portal.clone(),
            policy: Policy::Public,
            answer: AnswerKind::Page,
            authentication: dialect.authentication,
            group: GroupFrom::Nowhere,
            limits: None,
            render: dialect.render,
        }
    }
}

/// Who acts, as found by the guard.
#[derive(Clone)]
pub struct Ctx(pub OpContext);

/// The group of the path, which the actor may see.
#[derive(Clone)]
pub struct InGroup(pub Group);

impl<S: Send + Sync> FromRequestParts<S> for Ctx {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        parts.extensions.get().cloned().ok_or_else(|| Error::internal("a route without a guard").into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for InGroup {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        parts.extensions.get().cloned().ok_or_else(|| Error::internal("a route without a group").into())
    }
}

pub(crate) async fn run(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    answer(guard, request, |request| next.run(request)).await
}

/// Runs the request through the guard.
pub(crate) async fn answer<F>(
    guard: Guard,
    request: Request,
    next: impl FnOnce(Request) -> F + Send,
) -> Response
where
    F: Future<Output = Response> + Send,
{
    let started = tokio::time::Instant::now();
    let request_id = random_text(&*guard.portal.clock, 16);
    let mut ctx = OpContext {
        actor: Actor::Anonymous,
        credential: Credential::None,
        request_id: request_id.clone(),
        clock: guard.portal.clock.clone(),
        address: client_address(&guard.portal.settings, request.extensions(), request.headers()),
        catalogue: None,
    };
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let span = tracing::info_span!("request", id = %request_id, %method, path = %base::redact::for_log(uri.path(), 200));
    let last_group = LastGroup::read(request.headers());
    let referer = request.headers().get(header::REFERER).cloned();
    let mut group = None;
    let mut response = async {
        let (mut parts, body) = request.into_parts();
        match admit(&guard, &mut ctx, &parts).await {
            Ok(found) => {
                if let Some(found) = found {
                    group = Some(found.clone());
                    parts.extensions.insert(InGroup(found));
                }
                if let Some(limits) = guard.limits {
                    parts.extensions.insert(limits);
                }
                parts.extensions.insert(Ctx(ctx.clone()));
                next(Request::from_parts(parts, body)).await
            }
            Err(error) => axum::response::IntoResponse::into_response(Failure(error)),
        }
    }
    .instrument(span.clone())
    .await;
    if let Some(group) = group.as_ref().filter(|_| matches!(guard.authentication, Authentication::Session)) {
        last_group.keep(&guard.portal.settings, &group.name, &mut response);
    }
    let told =
        response.extensions().get::<Arc<Error>>().cloned().map(|error| (status_of(error.kind()), error));
    let told =
        told.or_else(|| router_s_own(response.status(), &method).map(|e| (response.status(), Arc::new(e))));
    let mut response = match told {
        Some((status, error)) => {
            let reader = if guard.answer.is_for_people() {
                reader(&guard.portal, &ctx, &error, last_group).await
            } else {
                None
            };
            let _entered = span.enter();
            if error.kind() == ErrorKind::Internal {
                tracing::error!(error = ?error, actor = ctx.actor_name(), "a request failed");
            } else {
                tracing::debug!(error = ?error, actor = ctx.actor_name(), "a request was refused");
            }
            let is_get = method == Method::GET || method == Method::HEAD;
            let scene = Scene {
                portal: &guard.portal,
                ctx: &ctx,
                error: &error,
                status,
                answer: guard.answer,
                path: uri.path_and_query().map_or("/", |path| path.as_str()),
                is_get,
                referer: referer.as_ref(),
                group: group.as_ref(),
                reader: reader.as_ref(),
            };
            let mut rendered = (guard.render)(&scene);
            if let Some(allowed) = response.headers().get(header::ALLOW) {
                rendered.headers_mut().insert(header::ALLOW, allowed.clone());
            }
            if error.code() == TWO_PEOPLE {
                clear_cookies(&guard.portal, rendered.headers_mut());
            }
            rendered
        }
        None => response,
    };
    let status = response.status().as_u16();
    let took = started.elapsed();
    tracing::debug!(parent: &span, status, actor = ctx.actor_name(), took_us = took.as_micros() as u64, "request");
    metrics::histogram!("portico_http_seconds").record(took.as_secs_f64());
    metrics::counter!("portico_http_requests_total", "status" => status_class(status)).increment(1);
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// Takes every cookie of ours out of the browser, those under other paths too where it understands that.
fn clear_cookies(portal: &Portal, headers: &mut HeaderMap) {
    headers.insert("clear-site-data", HeaderValue::from_static("\"cookies\""));
    if let Some(cookie) = session_cookie::clear(&portal.settings) {
        headers.insert(header::SET_COOKIE, cookie);
    }
}

/// Who sees the error. Where the database may be what failed, it is not asked again.
async fn reader(portal: &Portal, ctx: &OpContext, error: &Error, last_group: LastGroup) -> Option<Reader> {
    if matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable | ErrorKind::StorageFull)
        || ctx.person().is_err()
    {
        return None;
    }
    let user = portal.accounts.me(ctx).await.ok()?;
    let memberships = portal.accounts.my_groups(ctx).await.ok()?;
    Some(Reader { user, memberships, last_group })
}

/// Refusals of the router itself, which have no words of their own.
fn router_s_own(status: StatusCode, method: &Method) -> Option<Error> {
    let (code, text) = match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            ("method_not_allowed", format!("This address does not take {method} requests."))
        }
        StatusCode::BAD_REQUEST => {
            ("bad_address", "A part of this address can't be read as text.".to_owned())
        }
        _ => return None,
    };
    Some(Error::new(ErrorKind::NotFound, code, text))
}

const fn status_class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// Finds out who asks and refuses those who may not.
async fn admit(guard: &Guard, ctx: &mut OpContext, request: &Parts) -> Result<Option<Group>> {
    let portal = &guard.portal;
    ctx.catalogue = Some(portal.db.catalogue_version().await?);
    let mut of_caller = None;
    if let Some(caller) = caller(guard, ctx, request).await? {
        ctx.actor = Actor::Person(caller.person);
        ctx.credential = caller.credential;
        of_caller = caller.group;
    }
    let is_safe = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
    // No browser sends a token or a key by itself.
    if !is_safe && !matches!(ctx.credential, Credential::Token { .. } | Credential::AccessKey(_)) {
        check_origin(portal, &request.headers)?;
    }
    match guard.policy {
        Policy::Public => Ok(None),
        Policy::SignedIn => ctx.person().map(|_| None),
        Policy::PlatformAdmin => {
            ctx.person()?;
            if !ctx.is_platform_admin() {
                ctx.require_platform_admin()?;
            }
            Ok(None)
        }
        Policy::Member | Policy::GroupAdmin => {
            ctx.person()?;
            let name = guard.group.name(request.uri.path(), &request.headers, of_caller.as_deref());
            let group = group_of(portal, ctx, name).await?;
            if guard.policy == Policy::GroupAdmin {
                ctx.require_in_group(Action::ManageGroup, group.id)?;
            }
            Ok(Some(group))
        }
    }
}

/// Who asks, in the way that the row takes.
async fn caller(guard: &Guard, ctx: &OpContext, request: &Parts) -> Result<Option<Caller>> {
    let portal = &guard.portal;
    let found = match guard.authentication {
        Authentication::Nobody => None,
        Authentication::Foreign(foreign) => return foreign.authenticate(portal, ctx, request).await,
        Authentication::TokenOrSession => match bearer(&request.headers)? {
            Some(token) => Some(portal.accounts.authenticate_token(ctx, token).await?),
            None => by_cookie(portal, ctx, &request.headers).await?,
        },
        Authentication::Session => by_cookie(portal, ctx, &request.headers).await?,
    };
    Ok(found.map(|(person, credential)| Caller { person, credential, group: None }))
}

/// The person of the session cookie. What a page of a neighbouring host or port planted beside it is ignored, unless
/// it is somebody else's living session: then nobody can tell whose browser this is.
async fn by_cookie(
    portal: &Portal,
    ctx: &OpContext,
    headers: &HeaderMap,
) -> Result<Option<(Person, Credential)>> {
    let mut found: Option<(Person, Credential)> = None;
    for secret in session_cookie::read(&portal.settings, headers) {
        let Some(one) = portal.accounts.authenticate_session(ctx, secret.expose()).await? else { continue };
        if found.as_ref().is_some_and(|other| other.0.id != one.0.id) {
            return Err(Error::forbidden("This browser holds the sessions of two people.")
                .with_code(TWO_PEOPLE)
                .with_hint("Its cookies were removed for safety. Sign in again."));
        }
        found.get_or_insert(one);
    }
    Ok(found)
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    token.map(Some).ok_or_else(|| {
        Error::unauthenticated("The Authorization header is not understood.")
            .with_hint("Write it as: Authorization: Bearer ptk_…")
    })
}

/// A browser says where a request comes from. What another site sends with our cookie is refused (CSRF).
fn check_origin(portal: &Portal, headers: &HeaderMap) -> Result<()> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let refused = || {
        Error::forbidden("This request came from another site.")
            .with_code("cross_site")
            .with_hint("Open the page in Portico and try again there.")
    };
    // `same-site` is not enough: what users made may be served from a sibling host.
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => return Ok(()),
        Some(_) => return Err(refused()),
        None => {}
    }
    let Some(origin) = text("origin") else { return Ok(()) };
    let host = text("host").unwrap_or_default();
    let own =
        portal.settings.public_url == origin || origin.split_once("://").is_some_and(|(_, of)| of == host);
    if own { Ok(()) } else { Err(refused()) }
}

/// The address of the connection's other end.
pub fn peer_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

/// The peer's address, or what a trusted proxy says of it.
pub fn client_address(
    settings: &PortalSettings,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Option<IpAddr> {
    let peer = peer_address(extensions)?;
    if !settings.trusted_proxies.contains(&peer) {
        return Some(peer);
    }
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    // The last entry is the one that the trusted proxy added; those before it are whatever the client wrote.
    let last =
        forwarded.and_then(|value| value.rsplit(',').next()).and_then(|entry| entry.trim().parse().ok());
    Some(last.unwrap_or(peer))
}
