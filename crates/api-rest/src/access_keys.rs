//! The caller's access keys.

use accounts::access_keys::{AccessKey, NewAccessKey};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web_kit::{Answer, Ctx, JsonBody, Portal};

use crate::dto::time;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessKeyDto {
    /// The public half of the pair.
    access_key: String,
    /// The id of the group that it is for.
    group_id: String,
    /// What it is for; may be empty.
    label: String,
    created_at: String,
    /// Null: it lives until it is revoked.
    expires_at: Option<String>,
    last_used_at: Option<String>,
    /// The address; empty before.
    last_used_from: String,
    /// Only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<String>,
}

impl AccessKeyDto {
    fn new(key: AccessKey, secret: Option<&Secret>) -> Self {
        Self {
            access_key: key.access_key,
            group_id: key.group.to_string(),
            label: key.label,
            created_at: time(key.created_at),
            expires_at: key.expires_at.map(time),
            last_used_at: key.last_used_at.map(time),
            last_used_from: key.last_used_from,
            secret_key: secret.map(|secret| secret.expose().to_owned()),
        }
    }
}

/// The caller's access keys, of all groups.
#[utoipa::path(get, path = "", tag = "account", responses((status = 200, body = Vec<AccessKeyDto>)))]
pub(crate) async fn list(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer<Json<Vec<AccessKeyDto>>> {
    let keys = portal.accounts.list_access_keys(&ctx, None).await?;
    Ok(Json(keys.into_iter().map(|key| AccessKeyDto::new(key, None)).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateAccessKey {
    /// The name of the group that it is for.
    group: String,
    /// What it is for.
    #[serde(default)]
    label: String,
    /// How long it lives; without it until it is revoked.
    days: Option<i64>,
}

/// Makes an access key for ClearML's clients; needs a signed-in session, a token can't make keys.
#[utoipa::path(post, path = "", tag = "account", request_body = CreateAccessKey, responses((status = 201, body = AccessKeyDto)))]
pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<CreateAccessKey>,
) -> Answer<Response> {
    let group = portal.accounts.get_group(&ctx, &body.group).await?;
    let input = NewAccessKey { label: body.label, days: body.days };
    let (key, secret) = portal.accounts.create_access_key(&ctx, group.id, input).await?;
    Ok((StatusCode::CREATED, Json(AccessKeyDto::new(key, Some(&secret)))).into_response())
}

/// Ends one of the caller's access keys at once, with every token that was given for it.
#[utoipa::path(delete, path = "", tag = "account", responses((status = 204)))]
pub(crate) async fn revoke(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(key): Path<String>,
) -> Answer<StatusCode> {
    portal.accounts.revoke_access_key(&ctx, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
