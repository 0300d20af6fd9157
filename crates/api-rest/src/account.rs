//! The caller's own account.

use accounts::ssh_keys::{NewSshKey, SshKey};
use accounts::tokens::NewToken;
use accounts::users::ProfileChange;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::{Error, Secret, TokenScope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web_kit::{Answer, Ctx, JsonBody, Portal};

use crate::dto::{GroupDto, UserDto, time};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeDto {
    #[serde(flatten)]
    user: UserDto,
    groups: Vec<GroupDto>,
}

/// Who the caller is, with their groups.
#[utoipa::path(get, path = "", tag = "account", responses((status = 200, body = MeDto)))]
pub(crate) async fn me(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer<Json<MeDto>> {
    let user = portal.accounts.me(&ctx).await?;
    let groups = portal.accounts.my_groups(&ctx).await?;
    let groups = groups.iter().map(|m| GroupDto::new(m.group.clone(), Some(m.role))).collect();
    Ok(Json(MeDto { user: user.into(), groups }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMe {
    display_name: Option<String>,
    /// system, light or dark.
    theme: Option<String>,
    /// comfortable or compact.
    density: Option<String>,
    /// The size of text in percent: 90, 100, 110, 125 or 150.
    scale: Option<i64>,
    /// An IANA name such as Europe/Paris.
    time_zone: Option<String>,
}

/// Changes the caller's profile; what is left out stays.
#[utoipa::path(patch, path = "", tag = "account", request_body = UpdateMe, responses((status = 200, body = UserDto)))]
pub(crate) async fn update_me(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<UpdateMe>,
) -> Answer<Json<UserDto>> {
    let change = ProfileChange {
        display_name: body.display_name,
        theme: body.theme,
        density: body.density,
        scale: body.scale,
        time_zone: body.time_zone,
    };
    Ok(Json(portal.accounts.update_profile(&ctx, change).await?.into()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    current_password: String,
    /// At least 15 characters.
    new_password: String,
}

/// Changes the caller's password and ends the caller's other sessions.
#[utoipa::path(post, path = "", tag = "account", request_body = ChangePassword, responses((status = 204)))]
pub(crate) async fn change_password(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<ChangePassword>,
) -> Answer<StatusCode> {
    let (current, new) = (Secret::new(body.current_password), Secret::new(body.new_password));
    portal.accounts.change_password(&ctx, current, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionDto {
    id: String,
    created_at: String,
    last_seen_at: String,
    user_agent: String,
    address: String,
    is_current: bool,
}

/// The caller's signed-in browsers.
#[utoipa::path(get, path = "", tag = "account", responses((status = 200, body = Vec<SessionDto>)))]
pub(crate) async fn list_sessions(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
) -> Answer<Json<Vec<SessionDto>>> {
    let sessions = portal.accounts.list_sessions(&ctx).await?;
    let sessions = sessions.into_iter().map(|session| SessionDto {
        id: session.id.to_string(),
        created_at: time(session.created_at),
        last_seen_at: time(session.last_seen_at),
        user_agent: session.user_agent,
        address: session.address,
        is_current: session.is_current,
    });
    Ok(Json(sessions.collect()))
}

/// Ends one of the caller's sessions at once.
#[utoipa::path(delete, path = "", tag = "account", responses((status = 204)))]
pub(crate) async fn revoke_session(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let id = id.parse().map_err(|_| Error::not_found("session"))?;
    portal.accounts.revoke_session(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenDto {
    id: String,
    name: String,
    scope: String,
    created_at: String,
    expires_at: String,
    last_used_at: Option<String>,
    /// Only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl TokenDto {
    fn new(token: accounts::tokens::Token, secret: Option<Secret>) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            scope: token.scope.as_str().to_owned(),
            created_at: time(token.created_at),
            expires_at: time(token.expires_at),
            last_used_at: token.last_used_at.map(time),
            token: secret.map(|secret| secret.expose().to_owned()),
        }
    }
}

/// The caller's API tokens.
#[utoipa::path(get, path = "", tag = "account", responses((status = 200, body = Vec<TokenDto>)))]
pub(crate) async fn list_tokens(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer<Json<Vec<TokenDto>>> {
    let tokens = portal.accounts.list_tokens(&ctx).await?;
    Ok(Json(tokens.into_iter().map(|token| TokenDto::new(token, None)).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateToken {
    name: String,
    /// read or write.
    scope: String,
    /// 1 to 365.
    days: i64,
}

/// Makes a token; needs a signed-in session, a token can't make tokens.
#[utoipa::path(post, path = "", tag = "account", request_body = CreateToken, responses((status = 201, body = TokenDto)))]
pub(crate) async fn create_token(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<CreateToken>,
) -> Answer<Response> {
    let scope = TokenScope::parse(&body.scope).map_err(|text| Error::field("scope", text))?;
    let (token, secret) =
        portal.accounts.create_token(&ctx, NewToken { name: body.name, scope, days: body.days }).await?;
    Ok((StatusCode::CREATED, Json(TokenDto::new(token, Some(secret)))).into_response())
}

/// Ends one of the caller's tokens at once.
#[utoipa::path(delete, path = "", tag = "account", responses((status = 204)))]
pub(crate) async fn revoke_token(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let id = id.parse().map_err(|_| Error::not_found("token"))?;
    portal.accounts.revoke_token(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SshKeyDto {
    id: String,
    name: String,
    /// Such as ssh-ed25519.
    algorithm: String,
    /// As ssh-keygen -l shows it.
    fingerprint: String,
    created_at: String,
    last_used_at: Option<String>,
}

impl From<SshKey> for SshKeyDto {
    fn from(key: SshKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            algorithm: key.algorithm,
            fingerprint: key.fingerprint,
            created_at: time(key.created_at),
            last_used_at: key.last_used_at.map(time),
        }
    }
}

/// The caller's public keys for SSH.
#[utoipa::path(get, path = "", tag = "account", responses((status = 200, body = Vec<SshKeyDto>)))]
pub(crate) async fn list_ssh_keys(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
) -> Answer<Json<Vec<SshKeyDto>>> {
    let keys = portal.accounts.list_ssh_keys(&ctx).await?;
    Ok(Json(keys.into_iter().map(SshKeyDto::from).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddSshKey {
    /// Default: what stands behind the key.
    #[serde(default)]
    name: String,
    /// The line of a file such as id_ed25519.pub.
    key: String,
}

/// Adds a public key; needs a signed-in session, a token can't add keys.
#[utoipa::path(post, path = "", tag = "account", request_body = AddSshKey, responses((status = 201, body = SshKeyDto)))]
pub(crate) async fn add_ssh_key(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<AddSshKey>,
) -> Answer<Response> {
    let key = portal.accounts.add_ssh_key(&ctx, NewSshKey { name: body.name, key: body.key }).await?;
    Ok((StatusCode::CREATED, Json(SshKeyDto::from(key))).into_response())
}

/// Removes one of the caller's public keys; connections that it opened end.
#[utoipa::path(delete, path = "", tag = "account", responses((status = 204)))]
pub(crate) async fn remove_ssh_key(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let id = id.parse().map_err(|_| Error::not_found("SSH key"))?;
    portal.accounts.remove_ssh_key(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
