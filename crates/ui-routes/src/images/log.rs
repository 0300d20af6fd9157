//! The log of an image's newest build.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use base::{OpContext, Result};
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString, logs, sse};
use workloads::images::Image;

use super::{Place, Where};

pub(crate) fn build_log(portal: &Portal, image: &Image) -> runner::LogReader {
    portal.build_log(&image.newest_digest)
}

/// What is wanted of a log.
pub(crate) enum Part {
    Lines(logs::Lines),
    Search(logs::Search),
    Stream(logs::From),
    Download,
}

pub(crate) async fn answer(
    portal: &Portal,
    ctx: OpContext,
    place: &Place,
    name: &str,
    part: Part,
) -> Result<Response> {
    let image = place.image(portal, &ctx, name).await?;
    let log = build_log(portal, &image);
    Ok(match part {
        Part::Lines(wanted) => Json(logs::lines(&log, &wanted).await?).into_response(),
        Part::Search(wanted) => Json(logs::search(&log, &wanted).await?).into_response(),
        Part::Stream(wanted) => sse::log(portal, ctx, log, wanted.from),
        Part::Download => logs::download(&log, name).await?,
    })
}

pub(crate) async fn lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer {
    Ok(answer(&portal, ctx, &Place::of_group(group), &name, Part::Lines(wanted)).await?)
}

pub(crate) async fn search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer {
    Ok(answer(&portal, ctx, &Place::of_group(group), &name, Part::Search(wanted)).await?)
}

pub(crate) async fn stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    QueryString(wanted): QueryString<logs::From>,
) -> Answer {
    Ok(answer(&portal, ctx, &Place::of_group(group), &name, Part::Stream(wanted)).await?)
}

pub(crate) async fn download(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
) -> Answer {
    Ok(answer(&portal, ctx, &Place::of_group(group), &name, Part::Download).await?)
}
