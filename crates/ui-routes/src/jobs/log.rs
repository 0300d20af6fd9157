//! A job's log as data.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use web_kit::logs::{self, WorkloadLog};
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString, sse};

type Where = Path<(String, String)>;

pub(crate) async fn lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer {
    Ok(match logs::of_job(&portal, &ctx, &group, &slug, None).await? {
        WorkloadLog::Of(reader) => Json(logs::lines(&reader, &wanted).await?).into_response(),
        WorkloadLog::NotYet { is_over } => Json(logs::no_lines(is_over)).into_response(),
    })
}

pub(crate) async fn search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer {
    Ok(match logs::of_job(&portal, &ctx, &group, &slug, None).await? {
        WorkloadLog::Of(reader) => Json(logs::search(&reader, &wanted).await?).into_response(),
        WorkloadLog::NotYet { .. } => Json(json!({ "matches": [], "more": false })).into_response(),
    })
}

pub(crate) async fn stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::From>,
) -> Answer {
    Ok(follow(&portal, ctx, &group, &slug, wanted.from).await?)
}

/// Follows the newest attempt. Before there is one, the stream ends at once and the browser asks again.
async fn follow(
    portal: &Portal,
    ctx: base::OpContext,
    group: &accounts::groups::Group,
    slug: &str,
    from: u64,
) -> base::Result<Response> {
    match logs::of_job(portal, &ctx, group, slug, None).await? {
        WorkloadLog::Of(reader) => Ok(sse::log(portal, ctx, reader, from)),
        WorkloadLog::NotYet { .. } => Ok(axum::http::StatusCode::NO_CONTENT.into_response()),
    }
}

pub(crate) async fn download(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    match logs::of_job(&portal, &ctx, &group, &slug, None).await? {
        WorkloadLog::Of(reader) => Ok(logs::download(&reader, &slug).await?),
        WorkloadLog::NotYet { .. } => Err(base::Error::not_found("log yet; the job has not started").into()),
    }
}
