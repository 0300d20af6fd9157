//! Instance types.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::{GroupId, OpContext, Resources};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web_kit::{Answer, Ctx, InGroup, JsonBody, Portal};
use workloads::instance_types::{InstanceType, InstanceTypeInput};

use crate::dto::AmountsDto;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstanceTypeDto {
    name: String,
    display_name: String,
    description: String,
    resources: AmountsDto,
    /// Offered to every group.
    is_global: bool,
    /// Why a job of this size could never start in the group, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    never_fits: Option<String>,
}

impl InstanceTypeDto {
    fn new(kind: InstanceType, never_fits: Option<String>) -> Self {
        Self {
            name: kind.name,
            display_name: kind.display_name,
            description: kind.description,
            resources: kind.resources.into(),
            is_global: kind.is_global,
            never_fits,
        }
    }
}

/// The types that the group may use, smallest first.
#[utoipa::path(get, path = "", tag = "instance types", responses((status = 200, body = Vec<InstanceTypeDto>)))]
pub(crate) async fn offered(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
) -> Answer<Json<Vec<InstanceTypeDto>>> {
    let types = portal.workloads.instance_types_for(&ctx, group.id).await?;
    let types = types.into_iter().map(|kind| {
        let never = portal.workloads.why_never(&group, kind.resources).map(|why| format!("It {why}."));
        InstanceTypeDto::new(kind, never)
    });
    Ok(Json(types.collect()))
}

/// Every type, smallest first.
#[utoipa::path(get, path = "", tag = "instance types", responses((status = 200, body = Vec<InstanceTypeDto>)))]
pub(crate) async fn list(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer<Json<Vec<InstanceTypeDto>>> {
    let types = portal.workloads.list_instance_types(&ctx).await?;
    Ok(Json(types.into_iter().map(|kind| InstanceTypeDto::new(kind, None)).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstanceTypeBody {
    /// Only when it is made; it never changes.
    #[serde(default)]
    name: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    description: String,
    /// Cores, in steps of 0.5.
    cpu: f64,
    /// GiB.
    memory: f64,
    #[serde(default)]
    gpu: i64,
    /// Names of the groups that it is offered to; left out, all groups.
    groups: Option<Vec<String>>,
}

impl InstanceTypeBody {
    async fn read(self, portal: &Portal, ctx: &OpContext) -> base::Result<InstanceTypeInput> {
        let mut groups: Vec<GroupId> = Vec::new();
        for name in self.groups.iter().flatten() {
            let group = portal.accounts.get_group(ctx, name).await;
            groups.push(
                group
                    .map_err(|_| {
                        base::Error::field(
                            "groups",
                            format!("There is no group “{}”.", base::names::cut(name, 63)),
                        )
                    })?
                    .id,
            );
        }
        Ok(InstanceTypeInput {
            name: self.name,
            display_name: self.display_name,
            description: self.description,
            resources: Resources::new(
                (self.cpu * 1000.0).round() as i64,
                (self.memory * 1024.0).round() as i64,
                self.gpu,
            ),
            is_global: self.groups.is_none(),
            groups,
        })
    }
}

/// Makes a type.
#[utoipa::path(post, path = "", tag = "instance types", request_body = InstanceTypeBody, responses((status = 201, body = InstanceTypeDto)))]
pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    JsonBody(body): JsonBody<InstanceTypeBody>,
) -> Answer<Response> {
    let input = body.read(&portal, &ctx).await?;
    let kind = portal.workloads.create_instance_type(&ctx, input).await?;
    Ok((StatusCode::CREATED, Json(InstanceTypeDto::new(kind, None))).into_response())
}

/// Changes a type; what runs keeps its size.
#[utoipa::path(put, path = "", tag = "instance types", request_body = InstanceTypeBody, responses((status = 200, body = InstanceTypeDto)))]
pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<InstanceTypeBody>,
) -> Answer<Json<InstanceTypeDto>> {
    let input = body.read(&portal, &ctx).await?;
    let kind = portal.workloads.update_instance_type(&ctx, &name, input).await?;
    Ok(Json(InstanceTypeDto::new(kind, None)))
}

/// Removes a type; jobs that name it keep their size.
#[utoipa::path(delete, path = "", tag = "instance types", responses((status = 204)))]
pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    portal.workloads.delete_instance_type(&ctx, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
