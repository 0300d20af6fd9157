//! A notebook's log as data.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
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
    Ok(match logs::of_notebook(&portal, &ctx, &group, &slug).await? {
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
    Ok(match logs::of_notebook(&portal, &ctx, &group, &slug).await? {
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
    Ok(match logs::of_notebook(&portal, &ctx, &group, &slug).await? {
        WorkloadLog::Of(reader) => sse::log(&portal, ctx, reader, wanted.from),
        // The browser asks again.
        WorkloadLog::NotYet { .. } => axum::http::StatusCode::NO_CONTENT.into_response(),
    })
}

pub(crate) async fn download(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    match logs::of_notebook(&portal, &ctx, &group, &slug).await? {
        WorkloadLog::Of(reader) => Ok(logs::download(&reader, &slug).await?),
        WorkloadLog::NotYet { .. } => {
            Err(base::Error::not_found("log yet; the notebook has not started").into())
        }
    }
}
