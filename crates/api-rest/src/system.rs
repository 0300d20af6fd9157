//! What the installation can and can't do.

use axum::Json;
use axum::extract::State;
use runner::CapabilityState;
use serde::Serialize;
use utoipa::ToSchema;
use web_kit::{Answer, Ctx, Portal};

use crate::dto::AmountsDto;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemDto {
    version: String,
    database: String,
    database_bytes: Option<i64>,
    capacity: AmountsDto,
    claimed: AmountsDto,
    capabilities: Vec<CapabilityDto>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CapabilityDto {
    name: String,
    /// ok, degraded or missing.
    state: String,
    detail: String,
    fix: Option<String>,
}

/// Version, capacity and what this machine can and can't do.
#[utoipa::path(get, path = "", tag = "system", responses((status = 200, body = SystemDto)))]
pub(crate) async fn get(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer<Json<SystemDto>> {
    let claimed = portal.workloads.total_usage(&ctx).await?;
    let machine = portal.workloads.machine(&ctx).await?;
    let capabilities = machine.capabilities.into_iter().map(|capability| CapabilityDto {
        name: capability.name.to_owned(),
        state: match capability.state {
            CapabilityState::Ok => "ok",
            CapabilityState::Degraded => "degraded",
            CapabilityState::Missing => "missing",
            CapabilityState::Absent => "absent",
        }
        .to_owned(),
        detail: capability.detail,
        fix: capability.fix,
    });
    Ok(Json(SystemDto {
        version: portal.settings.version.to_owned(),
        database: portal.settings.database.clone(),
        database_bytes: portal.db.size_bytes().await?,
        capacity: portal.workloads.rules().capacity.into(),
        claimed: claimed.into(),
        capabilities: capabilities.collect(),
    }))
}
