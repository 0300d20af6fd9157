//! Buttons on a notebook.

use axum::extract::{Path, State};
use serde::Deserialize;
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString};
use workloads::notebooks::NewNotebook;

use super::url;
use crate::view;

type Where = Path<(String, String)>;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct StartQuery {
    /// Set for safe mode.
    safe: Option<String>,
}

pub(crate) async fn start(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(query): QueryString<StartQuery>,
) -> Answer {
    let notebook = portal.workloads.get_notebook(&ctx, &group, &slug).await?;
    // A plain start ends safe mode: that was for one repair.
    let safe_mode = query.safe.is_some();
    let new = NewNotebook { safe_mode, ..NewNotebook::like(&notebook) };
    let notebook = portal.workloads.start_notebook(&ctx, &group, &slug, Some(new)).await?;
    Ok(view::see_other(&url(&group, &notebook)))
}

pub(crate) async fn stop(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let notebook = portal.workloads.stop_notebook(&ctx, &group, &slug).await?;
    Ok(view::see_other(&url(&group, &notebook)))
}

pub(crate) async fn restart(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let notebook = portal.workloads.restart_notebook(&ctx, &group, &slug).await?;
    Ok(view::see_other(&url(&group, &notebook)))
}

pub(crate) async fn snooze(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let notebook = portal.workloads.snooze_notebook(&ctx, &group, &slug).await?;
    Ok(view::see_other(&url(&group, &notebook)))
}

pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    portal.workloads.delete_notebook(&ctx, &group, &slug).await?;
    Ok(view::see_done(paths::Notebooks.link(&group.name), "deleted"))
}
