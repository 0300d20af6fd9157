//! Configuration vaults: the caller's own and, for group admins, the group's.

use accounts::vaults::{NewContent, Owner, Vault};
use axum::Json;
use axum::extract::State;
use base::{Error, OpContext, Result, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault_format::Format;
use web_kit::{Answer, Ctx, InGroup, JsonBody, Portal};

use crate::dto::time;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VaultDto {
    /// Whether clients get it.
    enabled: bool,
    /// hocon, json or yaml.
    format: String,
    /// As it was typed; empty while nothing was ever written.
    content: String,
    /// How often it was changed; 0 while nothing was ever written.
    revision: i64,
    updated_at: Option<String>,
    updated_by: Option<String>,
}

impl VaultDto {
    fn new(vault: Option<Vault>) -> Self {
        let at = |vault: &Vault| time(vault.updated_at);
        Self {
            enabled: vault.as_ref().is_some_and(|vault| vault.is_enabled),
            format: vault.as_ref().map_or(Format::Hocon, |vault| vault.format).as_str().to_owned(),
            content: vault.as_ref().map(|vault| vault.content.expose().to_owned()).unwrap_or_default(),
            revision: vault.as_ref().map_or(0, |vault| vault.revision),
            updated_at: vault.as_ref().map(at),
            updated_by: vault.map(|vault| vault.updated_by),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteVault {
    /// The new content; without it the present one stays.
    content: Option<String>,
    /// hocon, json or yaml; without it what the content looks like.
    format: Option<String>,
    /// Whether clients get it; without it as before.
    enabled: Option<bool>,
    /// The revision that it was made from. Another one is a conflict; without it nothing is compared.
    based_on: Option<i64>,
}

async fn write(portal: &Portal, ctx: &OpContext, owner: Owner, body: WriteVault) -> Result<VaultDto> {
    if let Some(content) = body.content {
        let format = match &body.format {
            None => Format::guess(&content),
            Some(format) => Format::parse(format)
                .ok_or_else(|| Error::field("format", "A format is “hocon”, “json” or “yaml”."))?,
        };
        let content = Secret::new(content);
        let input = NewContent { format, content, based_on: body.based_on, enable: body.enabled };
        portal.accounts.set_vault(ctx, owner, input).await?;
    } else {
        ctx.require_write()?;
        let enabled =
            body.enabled.ok_or_else(|| Error::field("content", "Give the content, or “enabled”."))?;
        portal.accounts.enable_vault(ctx, owner, enabled).await?;
    }
    Ok(VaultDto::new(portal.accounts.get_vault(ctx, owner).await?))
}

fn own(ctx: &OpContext) -> Result<Owner> {
    Ok(Owner::Person(ctx.person()?.id))
}

/// The caller's configuration vault.
#[utoipa::path(get, path = "", tag = "vaults", responses((status = 200, body = VaultDto)))]
pub(crate) async fn get_own(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer<Json<VaultDto>> {
    Ok(Json(VaultDto::new(portal.accounts.get_vault(&ctx, own(&ctx)?).await?)))
}

/// Replaces the caller's vault, or enables or disables it.
#[utoipa::path(put, path = "", tag = "vaults", request_body = WriteVault, responses((status = 200, body = VaultDto)))]
pub(crate) async fn put_own(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<WriteVault>,
) -> Answer<Json<VaultDto>> {
    Ok(Json(write(&portal, &ctx, own(&ctx)?, body).await?))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VaultRevisionDto {
    revision: i64,
    /// edit, restore, enable or disable.
    action: String,
    format: String,
    /// What the vault held afterwards.
    content: String,
    made_at: String,
    made_by: String,
}

/// What the caller's vault was, newest first.
#[utoipa::path(get, path = "", tag = "vaults", responses((status = 200, body = Vec<VaultRevisionDto>)))]
pub(crate) async fn list_own_revisions(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
) -> Answer<Json<Vec<VaultRevisionDto>>> {
    let revisions = portal.accounts.list_vault_revisions(&ctx, own(&ctx)?).await?;
    let shown = revisions.into_iter().map(|revision| VaultRevisionDto {
        revision: revision.number,
        action: revision.action,
        format: revision.format.as_str().to_owned(),
        content: revision.content.expose().to_owned(),
        made_at: time(revision.made_at),
        made_by: revision.made_by,
    });
    Ok(Json(shown.collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreVault {
    revision: i64,
}

/// Makes what the caller's vault was the present one again.
#[utoipa::path(post, path = "", tag = "vaults", request_body = RestoreVault, responses((status = 200, body = VaultDto)))]
pub(crate) async fn restore_own(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<RestoreVault>,
) -> Answer<Json<VaultDto>> {
    let owner = own(&ctx)?;
    portal.accounts.restore_vault(&ctx, owner, body.revision).await?;
    Ok(Json(VaultDto::new(portal.accounts.get_vault(&ctx, owner).await?)))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectiveSettingDto {
    /// Names with dots between.
    path: String,
    /// As JSON writes it, texts as they are.
    value: String,
    /// organization (the platform), group or user.
    scope: &'static str,
    /// In the vault that it comes from, from 1.
    line: usize,
}

/// Every setting that a client of the caller gets in this group, and where it comes from.
#[utoipa::path(get, path = "", tag = "vaults", responses((status = 200, body = Vec<EffectiveSettingDto>)))]
pub(crate) async fn effective(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
) -> Answer<Json<Vec<EffectiveSettingDto>>> {
    let settings = portal.accounts.effective_vault(&ctx, group.id).await?;
    let shown = settings.into_iter().map(|setting| EffectiveSettingDto {
        value: vault_format::shown(&setting.value),
        path: setting.path,
        scope: setting.layer.scope(),
        line: setting.line,
    });
    Ok(Json(shown.collect()))
}

/// The group's configuration vault.
#[utoipa::path(get, path = "", tag = "vaults", responses((status = 200, body = VaultDto)))]
pub(crate) async fn get_of_group(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
) -> Answer<Json<VaultDto>> {
    Ok(Json(VaultDto::new(portal.accounts.get_vault(&ctx, Owner::Group(group.id)).await?)))
}

/// Replaces the group's vault, or enables or disables it.
#[utoipa::path(put, path = "", tag = "vaults", request_body = WriteVault, responses((status = 200, body = VaultDto)))]
pub(crate) async fn put_of_group(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    JsonBody(body): JsonBody<WriteVault>,
) -> Answer<Json<VaultDto>> {
    Ok(Json(write(&portal, &ctx, Owner::Group(group.id), body).await?))
}
