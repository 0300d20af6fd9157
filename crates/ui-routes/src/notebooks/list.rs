//! The list of notebooks.

use accounts::groups::Group;
use axum::extract::State;
use base::{Action, OpContext, Result};
use ui_pages::frame::Entry;
use ui_pages::notebooks::{NotebookRow, NotebooksPage};
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString};
use workloads::notebooks::{Notebook, NotebookState};

use super::{actions, opens, quick, status, url};
use crate::flash::Done;
use crate::frame::{self, Framed};
use crate::people::People;
use crate::view;

/// The end of an idle notebook is near when it is that near.
const SOON_SECONDS: i64 = 600;

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let mut framed = frame::build(&portal, &ctx, "Notebooks", Entry::Notebooks, Some(&group)).await?;
    framed.frame.flash = done.flash();
    Ok(view::page(&build(&portal, &ctx, &group, framed).await?)?)
}

async fn build(portal: &Portal, ctx: &OpContext, group: &Group, framed: Framed) -> Result<NotebooksPage> {
    let list = portal.workloads.list_notebooks(ctx, group).await?;
    let oversees = ctx.require_in_group(Action::ManageGroup, group.id).is_ok();
    let may_run = ctx.require_in_group(Action::RunWorkload, group.id).is_ok();
    let owners = list.mine.iter().chain(&list.others).map(|notebook| notebook.user_name.as_str());
    let people = People::named(portal, ctx, owners).await?;
    let quick = if list.mine.is_empty() && may_run {
        quick::cards(portal, ctx, group, &list.mine).await?
    } else {
        Vec::new()
    };
    let row = |notebook: &Notebook| row(ctx, group, &framed, &people, notebook);
    let ready = list.mine.iter().filter(|notebook| notebook.state == NotebookState::Ready).count();
    let summary = match list.mine.len() {
        0 => String::new(),
        all => format!("{ready} of {all} {} ready", if ready == 1 { "is" } else { "are" }),
    };
    Ok(NotebooksPage {
        live_url: paths::Notebooks.link(&group.name),
        summary,
        mine: list.mine.iter().map(row).collect(),
        others: oversees.then(|| list.others.iter().map(row).collect()),
        new_url: may_run.then(|| paths::NotebookNew.link(&group.name)),
        run_url: may_run.then(|| paths::NotebookRun.link(&group.name)),
        quick,
        error: None,
        frame: framed.frame.clone(),
    })
}

fn row(ctx: &OpContext, group: &Group, framed: &Framed, people: &People, notebook: &Notebook) -> NotebookRow {
    let is_own = notebook.is_of(ctx);
    let run = notebook.run.as_ref();
    let idle_stop_at =
        run.filter(|_| notebook.state == NotebookState::Ready).and_then(|run| run.idle_stop_at());
    NotebookRow {
        slug: notebook.slug.clone(),
        name: notebook.name.clone(),
        url: url(group, notebook),
        status: status(notebook),
        reason: run
            .filter(|_| !matches!(notebook.state, NotebookState::Ready | NotebookState::Stopped))
            .map(|run| run.reason.clone())
            .unwrap_or_default(),
        owner: people.who(&notebook.user_name),
        image: notebook.image.clone(),
        instance_type: notebook.instance_type.clone(),
        size: run.map(|run| run.resources.describe()).unwrap_or_default(),
        // What was only asked for is not used yet.
        used: matches!(notebook.state, NotebookState::Ready | NotebookState::Stopped)
            .then(|| framed.when(run.and_then(|run| run.active_at).unwrap_or(notebook.used_at))),
        idle_stop: idle_stop_at
            .map(|at| format!("Stops at {} unless it is used", framed.clock_time(at)))
            .unwrap_or_default(),
        idle_soon: idle_stop_at.is_some_and(|at| at.seconds_since(ctx.now()) < SOON_SECONDS),
        opens: opens(notebook, is_own),
        actions: actions(group, notebook, is_own),
    }
}
