//! System images; for platform admins.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::{OpContext, Result};
use web_kit::{Answer, Ctx, JsonBody, Portal, logs};
use workloads::images::{Image, Owner};

use crate::image_dto::{DeprecationBody, ImageBody, ImageDetailDto, ImageDto, ImageUsesDto};

type Where = Path<String>;

async fn detail(portal: &Portal, ctx: &OpContext, image: Image) -> Result<ImageDetailDto> {
    let groups = portal.accounts.groups_by_ids(ctx, &image.groups).await?;
    let names = groups.into_iter().map(|group| group.name).collect();
    let names = Some(names).filter(|_| !image.is_global);
    let found = portal.workloads.image_detail(&image).await?;
    Ok(ImageDetailDto::new(image, found, names))
}

/// Every system image.
#[utoipa::path(get, path = "", tag = "system images", responses((status = 200, body = Vec<ImageDto>)))]
pub(crate) async fn list(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer<Json<Vec<ImageDto>>> {
    let images = portal.workloads.system_images(&ctx).await?;
    Ok(Json(images.into_iter().map(ImageDto::from).collect()))
}

/// Makes an image; it is built in the background.
#[utoipa::path(post, path = "", tag = "system images", request_body = ImageBody, responses((status = 201, body = ImageDetailDto)))]
pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<ImageBody>,
) -> Answer<Response> {
    let owner = Owner::System;
    let input = body.read(&portal, &ctx, owner).await?;
    let image = portal.workloads.create_image(&ctx, owner, input).await?;
    Ok((StatusCode::CREATED, Json(detail(&portal, &ctx, image).await?)).into_response())
}

/// One image with its packages and builds.
#[utoipa::path(get, path = "", tag = "system images", responses((status = 200, body = ImageDetailDto)))]
pub(crate) async fn get(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(image): Where,
) -> Answer<Json<ImageDetailDto>> {
    let image = portal.workloads.system_image(&ctx, &image).await?;
    Ok(Json(detail(&portal, &ctx, image).await?))
}

/// Changes an image. Another recipe is built as another environment, which takes over when it is ready; what runs keeps what it has.
#[utoipa::path(put, path = "", tag = "system images", request_body = ImageBody, responses((status = 200, body = ImageDetailDto)))]
pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(image): Where,
    JsonBody(body): JsonBody<ImageBody>,
) -> Answer<Json<ImageDetailDto>> {
    let owner = Owner::System;
    let input = body.read(&portal, &ctx, owner).await?;
    let image = portal.workloads.update_image(&ctx, owner, &image, input).await?;
    Ok(Json(detail(&portal, &ctx, image).await?))
}

/// Deletes an image. What waits or runs with it keeps what it has.
#[utoipa::path(delete, path = "", tag = "system images", responses((status = 204)))]
pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(image): Where,
) -> Answer<StatusCode> {
    portal.workloads.delete_image(&ctx, Owner::System, &image).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who waits or runs with an image.
#[utoipa::path(get, path = "", tag = "system images", responses((status = 200, body = ImageUsesDto)))]
pub(crate) async fn uses(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(image): Where,
) -> Answer<Json<ImageUsesDto>> {
    Ok(Json(portal.workloads.image_uses(&ctx, Owner::System, &image).await?.into()))
}

/// Builds again: a failed or cancelled image as it is, a ready one with the newest versions that fit.
#[utoipa::path(post, path = "", tag = "system images", responses((status = 204)))]
pub(crate) async fn rebuild(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(image): Where,
) -> Answer<StatusCode> {
    portal.workloads.rebuild_image(&ctx, Owner::System, &image).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Cancels the build that waits or runs.
#[utoipa::path(post, path = "", tag = "system images", responses((status = 204)))]
pub(crate) async fn cancel(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(image): Where,
) -> Answer<StatusCode> {
    portal.workloads.cancel_build(&ctx, Owner::System, &image).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Marks an image as not to be chosen any more, and names what to choose instead.
#[utoipa::path(post, path = "", tag = "system images", request_body = DeprecationBody, responses((status = 204)))]
pub(crate) async fn deprecate(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(image): Where,
    JsonBody(body): JsonBody<DeprecationBody>,
) -> Answer<StatusCode> {
    portal.workloads.deprecate_image(&ctx, Owner::System, &image, body.successor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a deprecation back.
#[utoipa::path(post, path = "", tag = "system images", responses((status = 204)))]
pub(crate) async fn restore(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(image): Where,
) -> Answer<StatusCode> {
    portal.workloads.restore_image(&ctx, Owner::System, &image).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The log of the newest build, as text.
#[utoipa::path(get, path = "", tag = "system images", responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn log(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(image): Where) -> Answer<Response> {
    let image = portal.workloads.system_image(&ctx, &image).await?;
    let log = portal.workloads.image_log(&ctx, &image)?;
    Ok(logs::download(&*log, &image.name).await?)
}
