//! The log of an image's newest build.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use base::{OpContext, Result};
use web_kit::{Answer, Ctx, Portal, QueryString, logs, sse};
use workloads::images::Image;

use super::{ImagePath, ImageScope};

pub(crate) fn build_log(portal: &Portal, image: &Image) -> runner::LogReader {
    portal.build_log(&image.newest_digest)
}

/// The log of an image that the person may see.
async fn log_of(
    portal: &Portal,
    ctx: &OpContext,
    scope: &ImageScope,
    image: &str,
) -> Result<runner::LogReader> {
    Ok(build_log(portal, &scope.image(portal, ctx, image).await?))
}

pub(crate) async fn lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer {
    let log = log_of(&portal, &ctx, &scope, &image).await?;
    Ok(Json(logs::lines(&log, &wanted).await?).into_response())
}

pub(crate) async fn search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer {
    let log = log_of(&portal, &ctx, &scope, &image).await?;
    Ok(Json(logs::search(&log, &wanted).await?).into_response())
}

pub(crate) async fn stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    QueryString(wanted): QueryString<logs::From>,
) -> Answer {
    let log = log_of(&portal, &ctx, &scope, &image).await?;
    Ok(sse::log(&portal, ctx, log, wanted.from))
}

pub(crate) async fn download(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
) -> Answer {
    let log = log_of(&portal, &ctx, &scope, &image).await?;
    Ok(logs::download(&log, &image).await?)
}
