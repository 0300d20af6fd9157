//! Pages that jobs left, such as an executed notebook: shown in a frame of the portal's page, from the content origin.
//!
//! There is no cookie in this. Every view has a code of its own, and what is shown is cut off from everything: the
//! browser gives it an origin that nothing else has, without cookies, storage and network.

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, Method, Response, header};
use axum::response::IntoResponse as _;
use base::{Action, Actor, Error, OpContext, Result};
use serde::Deserialize;
use web_kit::{Answer, Ctx, InGroup};

use crate::exchange_codes::{CodeGrant, View};
use crate::fetch_metadata::FetchMetadata;
use crate::{Proxy, access, answer, is_slug, open, routes};

/// Scripts run, as notebooks with plots need them, but alone.
const ALONE: &str = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; \
     style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; form-action 'none'; base-uri 'none'";

/// From the portal's page to what a job left, with a code that shows it once.
pub(crate) async fn lead(proxy: &Proxy, job: &str, Ctx(ctx): Ctx, InGroup(group): InGroup) -> Answer {
    let executed = proxy.portal.workloads.executed_notebook(&ctx, &group, job).await?;
    let executed = executed
        .filter(|executed| executed.has_page && is_slug(job))
        .ok_or_else(|| Error::not_found("rendered notebook of this job"))?;
    let view = View { group: group.id, attempt: executed.attempt };
    let grant = CodeGrant { session: open::session_of(&ctx)?, view: Some(view) };
    let code = proxy.codes.issue(&*proxy.portal.clock, job, grant);
    let origin = proxy.settings.address.origin(job);
    let to = paths::query(origin + &paths::content::Result.link(job), &[("code", code.expose())]);
    let mut response = answer::see_other(&to);
    // Some browsers ask of every answer on the way into a frame whether it may be framed.
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Viewing {
    #[serde(default)]
    code: String,
}

/// What a job left, for whoever brings a code.
pub(crate) async fn show(
    State(proxy): State<Proxy>,
    Path(slug): Path<String>,
    Query(viewing): Query<Viewing>,
    request: Request,
) -> Response<Body> {
    let fetch = FetchMetadata::new(request.method(), request.headers(), false);
    let host = routes::host(request.headers(), request.uri());
    // A HEAD request must not spend the code.
    if !is_slug(&slug) || !proxy.settings.address.serves(host, &slug) || *request.method() != Method::GET {
        return proxy.refuse(&access::missing(), &fetch, None);
    }
    match page(&proxy, &slug, &viewing.code).await {
        Ok(bytes) => alone(&proxy, bytes),
        Err(error) => proxy.refuse(&error, &fetch, None),
    }
}

async fn page(proxy: &Proxy, slug: &str, code: &str) -> Result<Vec<u8>> {
    let expired = || {
        Error::unauthenticated("This view has been used up.")
            .with_hint("Every view is for one time. Load the job's page again.")
    };
    let grant = proxy.codes.redeem(&*proxy.portal.clock, code, slug).ok_or_else(expired)?;
    let CodeGrant { session, view: Some(view) } = grant else { return Err(expired()) };
    // FetchMetadata again: the session may be over by now, or the person no member any more.
    let (accounts, ctx) = (&proxy.portal.accounts, proxy.context());
    let (person, credential) = accounts.person_of_session(&ctx, session).await?.ok_or_else(expired)?;
    let ctx = OpContext { actor: Actor::Person(person), credential, ..ctx };
    ctx.require_in_group(Action::ReadGroup, view.group)?;
    proxy.portal.workloads.read_rendered_notebook(view.attempt).await
}

fn alone(proxy: &Proxy, bytes: Vec<u8>) -> Response<Body> {
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], bytes).into_response();
    answer::ours(&mut response);
    let headers = response.headers_mut();
    let portal = &proxy.portal.settings.public_url;
    if let Ok(policy) = HeaderValue::try_from(format!("{ALONE}; frame-ancestors {portal}")) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
