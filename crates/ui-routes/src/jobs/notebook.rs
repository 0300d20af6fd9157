//! The notebook that a job ran.

use accounts::groups::Group;
use axum::extract::{Path, State};
use axum::http::header;
use base::{OpContext, Result};
use folders::Tree;
use ui_pages::components::{Fact, Note, Tone};
use ui_pages::jobs::{JobNotebook, JobTab};
use web_kit::{Answer, Ctx, InGroup, Portal, attachment, headers};
use workloads::engine::NotebookFile;
use workloads::jobs::Job;
use workloads::notebook_jobs::shown_value;

use super::detail::{build, load};
use crate::view;

type Where = Path<(String, String)>;

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let opened = load(&portal, &ctx, &group, &slug).await?;
    let tab = JobTab::Notebook(Box::new(tab(&portal, &ctx, &group, &opened.job).await?));
    let mut response = view::page(&build(&ctx, &group, opened, tab))?;
    if let Some(policy) = headers::policy_with_frame(&portal.settings.content_origin_of(&slug)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

pub(crate) async fn download(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    Ok(attachment::executed_notebook(&portal.workloads, &ctx, &group, &slug).await?)
}

async fn tab(portal: &Portal, ctx: &OpContext, group: &Group, job: &Job) -> Result<JobNotebook> {
    let slug = &job.summary.slug;
    let executed = portal.workloads.executed_notebook(ctx, group, slug).await?;
    let has_notebook = executed.is_some_and(|executed| executed.has_notebook);
    let is_over = job.summary.phase.is_final();
    let has_page = is_over && executed.is_some_and(|executed| executed.has_page);
    let note = match (has_page, is_over, has_notebook) {
        (true, _, _) => None,
        (false, false, _) => Some(Note::new(
            Tone::Info,
            "It is shown when the job is over.",
            "Until then you can download it as far as it is.",
        )),
        (false, true, true) => {
            Some(Note::new(Tone::Info, "It can't be shown here.", "Its log says why. Download it instead."))
        }
        (false, true, false) => Some(Note::new(
            Tone::Info,
            "It never ran.",
            "The job ended before the first cell; its log says why.",
        )),
    };
    let file = job.spec.runs.notebook_file();
    Ok(JobNotebook {
        facts: file.map(|file| facts(group, job, file)).unwrap_or_default(),
        parameters: file
            .map(|file| {
                let shown = |(name, value): (&String, _)| {
                    (name.clone(), view::shown_value(name, &shown_value(value)))
                };
                file.parameters.iter().map(shown).collect()
            })
            .unwrap_or_default(),
        frame_url: has_page.then(|| paths::JobNotebookView.link(&group.name, slug)),
        download_url: has_notebook.then(|| paths::JobNotebookDownload.link(&group.name, slug)),
        note,
    })
}

fn facts(group: &Group, job: &Job, file: &NotebookFile) -> Vec<Fact> {
    let folder = file.path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let output = format!("{folder}{}", file.output(&job.summary.slug));
    let whose = match file.tree {
        Tree::Home => format!("the home of {}", job.summary.user_name),
        Tree::Shared => "the group's shared files".to_owned(),
    };
    vec![
        Fact::new("Notebook", file.tree.shown(&file.path, &group.name)),
        Fact::new("In", whose),
        Fact::new("Executed", file.tree.shown(&output, &group.name)),
    ]
}
