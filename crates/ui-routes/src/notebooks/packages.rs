//! What a person installed beside the packages of images.

use accounts::groups::Group;
use axum::extract::{Path, State};
use base::{OpContext, Result};
use ui_pages::notebooks::Packages;
use web_kit::{Answer, Ctx, InGroup, Portal};
use workloads::notebooks::Notebook;

use super::url;
use crate::view;

/// So many are named.
const NAMED: usize = 12;

/// The box on a notebook's page.
pub(crate) async fn of(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    notebook: &Notebook,
) -> Result<Packages> {
    let installed = portal.workloads.installed_packages(ctx, group).await?;
    let blocked = portal.workloads.running_notebook(ctx, group).await?;
    let summary = match installed.len() {
        0 => String::new(),
        count => view::plural(i64::try_from(count).unwrap_or(i64::MAX), "package", ""),
    };
    let resettable = !installed.is_empty() && blocked.is_none();
    Ok(Packages {
        summary,
        names: installed.into_iter().take(NAMED).collect(),
        folder: "~/.portico".to_owned(),
        reset_url: resettable.then(|| paths::NotebookPackagesReset.link(&group.name, &notebook.slug)),
        reset_why: blocked
            .map(|name| format!("Stop “{name}” to reset them: it uses them."))
            .unwrap_or_default(),
    })
}

pub(crate) async fn reset(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Path<(String, String)>,
) -> Answer {
    let notebook = portal.workloads.reset_packages(&ctx, &group, &slug).await?;
    Ok(view::see_other(&url(&group, &notebook)))
}
