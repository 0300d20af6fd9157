//! Images of a group: its own, and the system images that it is offered.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use web_kit::{Answer, Ctx, InGroup, JsonBody, Portal, logs};
use workloads::images::Owner;

use crate::image_dto::{DeprecationBody, ImageBody, ImageDetailDto, ImageDto, ImageUsesDto};

type Where = Path<(String, String)>;

async fn detail(portal: &Portal, image: workloads::images::Image) -> base::Result<ImageDetailDto> {
    let found = portal.workloads.image_detail(&image).await?;
    Ok(ImageDetailDto::new(image, found, None))
}

/// The images that the group may use: its own and the system's.
#[utoipa::path(get, path = "", tag = "images", responses((status = 200, body = Vec<ImageDto>)))]
pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
) -> Answer<Json<Vec<ImageDto>>> {
    let images = portal.workloads.images_for(&ctx, group.id).await?;
    Ok(Json(images.into_iter().map(ImageDto::from).collect()))
}

/// Makes an image; it is built in the background.
#[utoipa::path(post, path = "", tag = "images", request_body = ImageBody, responses((status = 201, body = ImageDetailDto)))]
pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    JsonBody(body): JsonBody<ImageBody>,
) -> Answer<Response> {
    let owner = Owner::Group(group.id);
    let input = body.read(&portal, &ctx, owner).await?;
    let image = portal.workloads.create_image(&ctx, owner, input).await?;
    Ok((StatusCode::CREATED, Json(detail(&portal, image).await?)).into_response())
}

/// One image with its packages and builds.
#[utoipa::path(get, path = "", tag = "images", responses((status = 200, body = ImageDetailDto)))]
pub(crate) async fn get(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Where,
) -> Answer<Json<ImageDetailDto>> {
    let image = portal.workloads.image_for(&ctx, group.id, &image).await?;
    Ok(Json(detail(&portal, image).await?))
}

/// Changes an image. Another recipe is built as another environment, which takes over when it is ready; what runs keeps what it has.
#[utoipa::path(put, path = "", tag = "images", request_body = ImageBody, responses((status = 200, body = ImageDetailDto)))]
pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Where,
    JsonBody(body): JsonBody<ImageBody>,
) -> Answer<Json<ImageDetailDto>> {
    let owner = Owner::Group(group.id);
    let input = body.read(&portal, &ctx, owner).await?;
    let image = portal.workloads.update_image(&ctx, owner, &image, input).await?;
    Ok(Json(detail(&portal, image).await?))
}

/// Deletes an image. What waits or runs with it keeps what it has.
#[utoipa::path(delete, path = "", tag = "images", responses((status = 204)))]
pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Where,
) -> Answer<StatusCode> {
    portal.workloads.delete_image(&ctx, Owner::Group(group.id), &image).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who waits or runs with an image.
#[utoipa::path(get, path = "", tag = "images", responses((status = 200, body = ImageUsesDto)))]
pub(crate) async fn uses(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Where,
) -> Answer<Json<ImageUsesDto>> {
    Ok(Json(portal.workloads.image_uses(&ctx, Owner::Group(group.id), &image).await?.into()))
}

/// Builds again: a failed or cancelled image as it is, a ready one with the newest versions that fit.
#[utoipa::path(post, path = "", tag = "images", responses((status = 204)))]
pub(crate) async fn rebuild(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Where,
) -> Answer<StatusCode> {
    portal.workloads.rebuild_image(&ctx, Owner::Group(group.id), &image).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Cancels the build that waits or runs.
#[utoipa::path(post, path = "", tag = "images", responses((status = 204)))]
pub(crate) async fn cancel(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Where,
) -> Answer<StatusCode> {
    portal.workloads.cancel_build(&ctx, Owner::Group(group.id), &image).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Marks an image as not to be chosen any more, and names what to choose instead.
#[utoipa::path(post, path = "", tag = "images", request_body = DeprecationBody, responses((status = 204)))]
pub(crate) async fn deprecate(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Where,
    JsonBody(body): JsonBody<DeprecationBody>,
) -> Answer<StatusCode> {
    portal.workloads.deprecate_image(&ctx, Owner::Group(group.id), &image, body.successor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a deprecation back.
#[utoipa::path(post, path = "", tag = "images", responses((status = 204)))]
pub(crate) async fn restore(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Where,
) -> Answer<StatusCode> {
    portal.workloads.restore_image(&ctx, Owner::Group(group.id), &image).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The log of the newest build, as text.
#[utoipa::path(get, path = "", tag = "images", responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn log(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Where,
) -> Answer<Response> {
    let image = portal.workloads.image_for(&ctx, group.id, &image).await?;
    let log = portal.workloads.image_log(&ctx, &image)?;
    Ok(logs::download(&*log, &image.name).await?)
}
