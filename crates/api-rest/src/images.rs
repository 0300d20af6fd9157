//! Images of a group.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use web_kit::{Answer, Ctx, InGroup, Portal, logs};
use workloads::images::Image;

use crate::dto::{Problem, time};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageDto {
    name: String,
    display_name: String,
    description: String,
    is_built_in: bool,
    python: String,
    requirements: Vec<String>,
    digest: String,
    /// queued, building, ready or failed.
    state: String,
    /// Why the last build failed.
    message: String,
    python_version: String,
    size_bytes: Option<u64>,
    builds: i64,
    next_try_at: Option<String>,
    finished_at: Option<String>,
}

impl From<Image> for ImageDto {
    fn from(image: Image) -> Self {
        Self {
            name: image.name,
            display_name: image.display_name,
            description: image.description,
            is_built_in: image.is_built_in,
            python: image.python,
            requirements: image.requirements,
            digest: image.digest,
            state: image.state.as_str().to_owned(),
            message: image.message,
            python_version: image.python_version,
            size_bytes: image.size_bytes,
            builds: image.tries,
            next_try_at: image.next_try_at.map(time),
            finished_at: image.finished_at.map(time),
        }
    }
}

/// The images that the group may use.
#[utoipa::path(get, path = "/api/v1/groups/{group}/images", tag = "images", params(("group" = String, Path)), responses((status = 200, body = Vec<ImageDto>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
) -> Answer<Json<Vec<ImageDto>>> {
    let images = portal.workloads.images_for(&ctx, group.id).await?;
    Ok(Json(images.into_iter().map(ImageDto::from).collect()))
}

/// One image.
#[utoipa::path(get, path = "/api/v1/groups/{group}/images/{image}", tag = "images", params(("group" = String, Path), ("image" = String, Path)), responses((status = 200, body = ImageDto), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn get(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Path<(String, String)>,
) -> Answer<Json<ImageDto>> {
    Ok(Json(portal.workloads.image_for(&ctx, group.id, &image).await?.into()))
}

/// Queues another build of a failed image.
#[utoipa::path(post, path = "/api/v1/groups/{group}/images/{image}/rebuild", tag = "images", params(("group" = String, Path), ("image" = String, Path)), responses((status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn rebuild(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let image = portal.workloads.image_for(&ctx, group.id, &image).await?;
    portal.workloads.rebuild_image(&ctx, &image.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The log of the newest build, as text.
#[utoipa::path(get, path = "/api/v1/groups/{group}/images/{image}/log", tag = "images", params(("group" = String, Path), ("image" = String, Path)), responses((status = 200, content_type = "text/plain", body = String), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn log(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, image)): Path<(String, String)>,
) -> Answer<Response> {
    let image = portal.workloads.image_for(&ctx, group.id, &image).await?;
    Ok(logs::download(&portal.build_log(&image.digest), &image.name).await?)
}
