//! The log of a job or a notebook as data.

use accounts::groups::Group;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use base::{Error, OpContext, Result};
use web_kit::logs::{self, WorkloadLog};
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString};

type Where = Path<(String, String)>;

/// Whose log a path names.
pub(crate) trait Logged {
    /// What it is called.
    const NOUN: &'static str;

    /// The newest log of the one with this slug, which the person may see.
    fn log(
        portal: &Portal,
        ctx: &OpContext,
        group: &Group,
        slug: &str,
    ) -> impl Future<Output = Result<WorkloadLog>> + Send;
}

pub(crate) struct OfJob;

impl Logged for OfJob {
    const NOUN: &'static str = "job";

    async fn log(portal: &Portal, ctx: &OpContext, group: &Group, slug: &str) -> Result<WorkloadLog> {
        logs::of_job(portal, ctx, group, slug, None).await
    }
}

pub(crate) struct OfNotebook;

impl Logged for OfNotebook {
    const NOUN: &'static str = "notebook";

    async fn log(portal: &Portal, ctx: &OpContext, group: &Group, slug: &str) -> Result<WorkloadLog> {
        logs::of_notebook(portal, ctx, group, slug).await
    }
}

pub(crate) async fn lines<L: Logged>(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer {
    let log = L::log(&portal, &ctx, &group, &slug).await?;
    Ok(Json(log.lines(&wanted).await?).into_response())
}

pub(crate) async fn search<L: Logged>(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer {
    let log = L::log(&portal, &ctx, &group, &slug).await?;
    Ok(Json(log.search(&wanted).await?).into_response())
}

pub(crate) async fn stream<L: Logged>(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::FromLine>,
) -> Answer {
    let log = L::log(&portal, &ctx, &group, &slug).await?;
    Ok(log.stream(&portal, ctx, wanted.from))
}

pub(crate) async fn download<L: Logged>(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let log = L::log(&portal, &ctx, &group, &slug).await?;
    let file = log.download(&slug).await?;
    Ok(file.ok_or_else(|| Error::not_found(format!("log yet; the {} has not started", L::NOUN)))?)
}
