//! Groups, their members and what they use.

use accounts::groups::{GroupChange, NewGroup};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::{Error, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web_kit::{Answer, Ctx, InGroup, JsonBody, Portal, QueryString, sse};

use crate::dto::{AmountsDto, GroupDto, NameQuery, QuotaDto};

/// The caller's groups by name; with `all`, every group.
#[utoipa::path(get, path = "", tag = "groups", params(NameQuery), responses((status = 200, body = Vec<GroupDto>)))]
pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    QueryString(query): QueryString<NameQuery>,
) -> Answer<Json<Vec<GroupDto>>> {
    if query.all {
        let search = query.search.as_deref().unwrap_or_default();
        let groups = portal.accounts.list_groups(&ctx, search, query.after.as_deref(), query.limit()).await?;
        let groups = groups.into_iter().map(|group| {
            let role = ctx.role_in(group.id);
            GroupDto::new(group, role)
        });
        return Ok(Json(groups.collect()));
    }
    let groups = portal.accounts.my_groups(&ctx).await?;
    Ok(Json(groups.iter().map(|m| GroupDto::new(m.group.clone(), Some(m.role))).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateGroup {
    #[schema(example = "vision")]
    name: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    user_quota: QuotaDto,
    #[serde(default)]
    group_quota: QuotaDto,
    /// Seconds; 0 is no limit, null takes the system's default.
    #[serde(default)]
    default_time_limit: Option<i64>,
}

/// Makes a group.
#[utoipa::path(post, path = "", tag = "groups", request_body = CreateGroup, responses((status = 201, body = GroupDto)))]
pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<CreateGroup>,
) -> Answer<Response> {
    let input = NewGroup {
        name: body.name,
        display_name: body.display_name,
        user_quota: body.user_quota.quota("user")?,
        group_quota: body.group_quota.quota("group")?,
        default_time_limit_s: body.default_time_limit,
    };
    let group = portal.accounts.create_group(&ctx, input).await?;
    Ok((StatusCode::CREATED, Json(GroupDto::new(group, None))).into_response())
}

/// One group.
#[utoipa::path(get, path = "", tag = "groups", responses((status = 200, body = GroupDto)))]
pub(crate) async fn get(Ctx(ctx): Ctx, InGroup(group): InGroup) -> Json<GroupDto> {
    let role = ctx.role_in(group.id);
    Json(GroupDto::new(group, role))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateGroup {
    display_name: Option<String>,
    user_quota: Option<QuotaDto>,
    group_quota: Option<QuotaDto>,
    /// Seconds; 0 is no limit; null goes back to the system's default.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    default_time_limit: Option<Option<i64>>,
}

/// Tells null from left out.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// Changes a group; what is left out stays. Group admins change the default time limit, platform admins everything.
#[utoipa::path(patch, path = "", tag = "groups", request_body = UpdateGroup, responses((status = 200, body = GroupDto)))]
pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    JsonBody(body): JsonBody<UpdateGroup>,
) -> Answer<Json<GroupDto>> {
    let change = GroupChange {
        display_name: body.display_name,
        user_quota: body.user_quota.map(|quota| quota.quota("user")).transpose()?,
        group_quota: body.group_quota.map(|quota| quota.quota("group")).transpose()?,
        default_time_limit_s: body.default_time_limit,
    };
    let group = portal.accounts.update_group(&ctx, &group.name, change).await?;
    let role = ctx.role_in(group.id);
    Ok(Json(GroupDto::new(group, role)))
}

/// Removes a group whose jobs have all ended, with its jobs and logs at once and its files after seven days.
#[utoipa::path(delete, path = "", tag = "groups", responses((status = 204)))]
pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    portal.workloads.delete_group(&ctx, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberDto {
    name: String,
    display_name: String,
    enabled: bool,
    /// member or admin.
    role: String,
}

/// A group's members by name.
#[utoipa::path(get, path = "", tag = "groups", responses((status = 200, body = Vec<MemberDto>)))]
pub(crate) async fn list_members(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
) -> Answer<Json<Vec<MemberDto>>> {
    let members = portal.accounts.list_members(&ctx, group.id).await?;
    let members = members.into_iter().map(|member| MemberDto {
        name: member.name,
        display_name: member.display_name,
        enabled: member.enabled,
        role: member.role.as_str().to_owned(),
    });
    Ok(Json(members.collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutMember {
    /// member or admin.
    role: String,
}

/// Adds a member or changes their role.
#[utoipa::path(put, path = "", tag = "groups", request_body = PutMember, responses((status = 204)))]
pub(crate) async fn put_member(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path((group, user)): Path<(String, String)>,
    JsonBody(body): JsonBody<PutMember>,
) -> Answer<StatusCode> {
    let role = Role::parse(&body.role).map_err(|text| Error::field("role", text))?;
    portal.accounts.add_member(&ctx, &group, &user, role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a member.
#[utoipa::path(delete, path = "", tag = "groups", responses((status = 204)))]
pub(crate) async fn remove_member(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path((group, user)): Path<(String, String)>,
) -> Answer<StatusCode> {
    portal.accounts.remove_member(&ctx, &group, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageDto {
    mine: AmountsDto,
    group: AmountsDto,
    user_quota: QuotaDto,
    group_quota: QuotaDto,
    /// Largest first.
    holders: Vec<HolderDto>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HolderDto {
    id: String,
    name: String,
    kind: String,
    user: String,
    instance_type: String,
    resources: AmountsDto,
}

/// Who holds how much of the group's quotas now.
#[utoipa::path(get, path = "", tag = "groups", responses((status = 200, body = UsageDto)))]
pub(crate) async fn usage(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
) -> Answer<Json<UsageDto>> {
    let usage = portal.workloads.group_usage(&ctx, &group).await?;
    let holders = usage.holders.into_iter().map(|holder| HolderDto {
        id: holder.slug,
        name: holder.name,
        kind: holder.kind.as_str().to_owned(),
        user: holder.user_name,
        instance_type: holder.instance_type,
        resources: holder.resources.into(),
    });
    Ok(Json(UsageDto {
        mine: usage.mine.into(),
        group: usage.group.into(),
        user_quota: group.user_quota.into(),
        group_quota: group.group_quota.into(),
        holders: holders.collect(),
    }))
}

/// What changes in the group, as server-sent events `changed` with topic and id.
#[utoipa::path(get, path = "", tag = "groups", responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn events(State(portal): State<Portal>, Ctx(ctx): Ctx, InGroup(group): InGroup) -> Response {
    sse::changes(&portal, ctx, group.id)
}
