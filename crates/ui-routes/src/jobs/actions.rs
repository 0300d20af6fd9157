//! Buttons on a job.

use axum::extract::{Path, State};
use web_kit::{Answer, Ctx, InGroup, Portal};
use workloads::engine::Phase;

use crate::view;

pub(crate) async fn cancel(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Path<(String, String)>,
) -> Answer {
    let job = portal.workloads.cancel_job(&ctx, &group, &slug).await?;
    let done = if job.phase == Phase::Cancelled { "cancelled" } else { "cancelling" };
    Ok(view::see_done(paths::Job.link(&group.name, &job.slug), done))
}

pub(crate) async fn rerun(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Path<(String, String)>,
) -> Answer {
    let job = portal.workloads.rerun_job(&ctx, &group, &slug).await?;
    Ok(view::see_other(&paths::Job.link(&group.name, &job.slug)))
}
