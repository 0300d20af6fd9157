//! One job.

use accounts::groups::Group;
use axum::extract::{Path, State};
use base::{Action, OpContext, Result};
use ui_pages::components::{LogView, Who};
use ui_pages::frame::Entry;
use ui_pages::jobs::{JobPage, JobTab};
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString};
use workloads::jobs::Job;

use super::events::events_of;
use super::overview::overview_of;
use crate::flash::Done;
use crate::frame::Framed;
use crate::jobs::{actions, run_time, status};
use crate::people::People;
use crate::{frame, view};

type Where = Path<(String, String)>;

pub(crate) async fn overview(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let Opened { job, mut framed, submitter } = load(&portal, &ctx, &group, &slug).await?;
    framed.frame.flash = done.flash();
    let tab =
        JobTab::Overview(Box::new(overview_of(&portal, &ctx, &group, &job, &framed, &submitter).await?));
    Ok(view::page(&build(&ctx, &group, Opened { job, framed, submitter }, tab))?)
}

pub(crate) async fn logs(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let Opened { job, framed, submitter } = load(&portal, &ctx, &group, &slug).await?;
    let log = log_view(&portal, &ctx, &group, &job).await?;
    Ok(view::page(&build(&ctx, &group, Opened { job, framed, submitter }, JobTab::Logs(log)))?)
}

pub(crate) async fn events(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let Opened { job, framed, submitter } = load(&portal, &ctx, &group, &slug).await?;
    let rows = events_of(&portal, &ctx, &group, &job, &framed, &submitter).await?;
    Ok(view::page(&build(&ctx, &group, Opened { job, framed, submitter }, JobTab::Events(rows)))?)
}

/// The job with what surrounds it.
pub(super) struct Opened {
    pub(super) job: Job,
    framed: Framed,
    submitter: Who,
}

pub(super) async fn load(portal: &Portal, ctx: &OpContext, group: &Group, slug: &str) -> Result<Opened> {
    let job = portal.workloads.get_job(ctx, group, slug).await?;
    let framed = frame::build(portal, ctx, &job.summary.name, Entry::Jobs, Some(group)).await?;
    let name = job.summary.user_name.as_str();
    let submitter = People::named(portal, ctx, [name]).await?.who(name);
    Ok(Opened { job, framed, submitter })
}

pub(super) fn build(ctx: &OpContext, group: &Group, opened: Opened, tab: JobTab) -> JobPage {
    let Opened { job, framed, submitter } = opened;
    let may_run = ctx.require_in_group(Action::RunWorkload, group.id).is_ok();
    let summary = &job.summary;
    JobPage {
        id: summary.slug.clone(),
        name: summary.name.clone(),
        url: paths::Job.link(&group.name, &summary.slug),
        list_url: paths::Jobs.link(&group.name),
        status: status(summary),
        submitter,
        submitted: framed.when(summary.submitted_at),
        duration: run_time(summary, ctx.now()),
        actions: actions(summary, &group.name, may_run),
        has_notebook: job.spec.runs.notebook_file().is_some(),
        tab,
        frame: framed.frame,
    }
}

pub(super) async fn log_view(portal: &Portal, ctx: &OpContext, group: &Group, job: &Job) -> Result<LogView> {
    let base = paths::JobLog.link(&group.name, &job.summary.slug);
    let Some(attempt) = job.attempts.first() else {
        let note = if job.summary.phase.is_final() {
            "It ended before it started, so it wrote nothing."
        } else {
            "The log begins when the job starts."
        };
        return Ok(LogView {
            base,
            complete: job.summary.phase.is_final(),
            note: Some(note.to_owned()),
            ..LogView::default()
        });
    };
    let (total, complete) = portal.workloads.log_of_job(ctx, group, job)?.length().await;
    let note = (attempt.number > 1).then(|| format!("This is attempt {}.", attempt.number));
    Ok(LogView {
        base,
        run: attempt.number.to_string(),
        total,
        complete: complete && job.summary.phase.is_final(),
        note,
    })
}
