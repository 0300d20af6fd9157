//! Users, for platform admins.

use accounts::users::{NewUser, UserChange};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::Secret;
use serde::Deserialize;
use utoipa::ToSchema;
use web_kit::{Answer, Ctx, JsonBody, Portal, QueryString};

use crate::dto::{NameQuery, UserDto};

/// Users by name.
#[utoipa::path(get, path = "", tag = "users", params(NameQuery), responses((status = 200, body = Vec<UserDto>)))]
pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    QueryString(query): QueryString<NameQuery>,
) -> Answer<Json<Vec<UserDto>>> {
    let search = query.search.as_deref().unwrap_or_default();
    let users = portal.accounts.list_users(&ctx, search, query.after.as_deref(), query.limit()).await?;
    Ok(Json(users.into_iter().map(UserDto::from).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateUser {
    #[schema(example = "ada")]
    name: String,
    #[serde(default)]
    display_name: String,
    email: Option<String>,
    /// At least 15 characters; without one the user can't sign in yet.
    password: Option<String>,
    #[serde(default)]
    is_admin: bool,
}

/// Makes a user.
#[utoipa::path(post, path = "", tag = "users", request_body = CreateUser, responses((status = 201, body = UserDto)))]
pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<CreateUser>,
) -> Answer<Response> {
    let input = NewUser {
        name: body.name,
        display_name: body.display_name,
        email: body.email,
        password: body.password.map(Secret::new),
        is_platform_admin: body.is_admin,
    };
    let user = portal.accounts.create_user(&ctx, input).await?;
    Ok((StatusCode::CREATED, Json(UserDto::from(user))).into_response())
}

/// One user.
#[utoipa::path(get, path = "", tag = "users", responses((status = 200, body = UserDto)))]
pub(crate) async fn get(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Answer<Json<UserDto>> {
    Ok(Json(portal.accounts.get_user(&ctx, &name).await?.into()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateUser {
    display_name: Option<String>,
    /// An empty text removes the address.
    email: Option<String>,
    is_admin: Option<bool>,
    /// Switching somebody off ends their sessions and tokens at once.
    enabled: Option<bool>,
}

/// Changes a user; what is left out stays.
#[utoipa::path(patch, path = "", tag = "users", request_body = UpdateUser, responses((status = 200, body = UserDto)))]
pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<UpdateUser>,
) -> Answer<Json<UserDto>> {
    let change = UserChange {
        display_name: body.display_name,
        email: body.email.map(Some),
        is_platform_admin: body.is_admin,
        enabled: body.enabled,
    };
    Ok(Json(portal.accounts.update_user(&ctx, &name, change).await?.into()))
}

/// Removes a user; their jobs stay.
#[utoipa::path(delete, path = "", tag = "users", responses((status = 204)))]
pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    portal.accounts.delete_user(&ctx, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPassword {
    /// At least 15 characters.
    password: String,
}

/// Sets a user's password and ends their sessions.
#[utoipa::path(put, path = "", tag = "users", request_body = SetPassword, responses((status = 204)))]
pub(crate) async fn set_password(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<SetPassword>,
) -> Answer<StatusCode> {
    portal.accounts.set_password(&ctx, &name, Secret::new(body.password)).await?;
    Ok(StatusCode::NO_CONTENT)
}
