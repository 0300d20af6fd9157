//! A notebook's log as data.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use web_kit::logs;
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString};

type Where = Path<(String, String)>;

pub(crate) async fn lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer {
    let log = logs::of_notebook(&portal, &ctx, &group, &slug).await?;
    Ok(Json(log.lines(&wanted).await?).into_response())
}

pub(crate) async fn search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer {
    let log = logs::of_notebook(&portal, &ctx, &group, &slug).await?;
    Ok(Json(log.search(&wanted).await?).into_response())
}

pub(crate) async fn stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::From>,
) -> Answer {
    let log = logs::of_notebook(&portal, &ctx, &group, &slug).await?;
    Ok(log.stream(&portal, ctx, wanted.from))
}

pub(crate) async fn download(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let log = logs::of_notebook(&portal, &ctx, &group, &slug).await?;
    let file = log.download(&slug).await?;
    Ok(file.ok_or_else(|| base::Error::not_found("log yet; the notebook has not started"))?)
}
