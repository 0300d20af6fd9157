//! The log of an image's newest build.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use base::{OpContext, Result};
use runner::Log;
use web_kit::{Answer, Ctx, Portal, QueryString, logs, sse};

use super::{ImagePath, ImageScope};

/// The log of an image that the person may see.
async fn log_of(portal: &Portal, ctx: &OpContext, scope: &ImageScope, image: &str) -> Result<Arc<dyn Log>> {
    portal.workloads.image_log(ctx, &scope.image(portal, ctx, image).await?)
}

pub(crate) async fn lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer {
    let log = log_of(&portal, &ctx, &scope, &image).await?;
    Ok(Json(logs::lines(&*log, &wanted).await?).into_response())
}

pub(crate) async fn search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer {
    let log = log_of(&portal, &ctx, &scope, &image).await?;
    Ok(Json(logs::search(&*log, &wanted).await?).into_response())
}

pub(crate) async fn stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    QueryString(wanted): QueryString<logs::FromLine>,
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
    Ok(logs::download(&*log, &image).await?)
}
