//! One notebook.

use accounts::groups::Group;
use axum::extract::{Path, State};
use base::resources::memory_bytes;
use base::{OpContext, Result, Timestamp};
use ui_pages::components::{Fact, LogView, Note, Tone};
use ui_pages::frame::Entry;
use ui_pages::jobs::{EventRow, Stage, StageState};
use ui_pages::notebooks::{Failure, IdleWarning, NotebookOverview, NotebookPage, NotebookTab};
use ui_pages::quota::Meter;
use ui_pages::ssh_keys::SshBlock;
use web_kit::{Answer, Ctx, InGroup, Portal};
use workloads::engine::Cause;
use workloads::notebooks::model::Run;
use workloads::notebooks::{Notebook, NotebookState};

use super::{actions, opens, packages, status, url, volumes};
use crate::frame::{self, Framed};
use crate::people::People;
use crate::profile::ssh_keys;
use crate::view;

type Where = Path<(String, String)>;

/// How many lines of the log a failure shows.
const LAST_LINES: usize = 15;

pub(crate) async fn overview(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let (notebook, framed) = load(&portal, &ctx, &group, &slug).await?;
    let tab = NotebookTab::Overview(Box::new(overview_of(&portal, &ctx, &group, &notebook, &framed).await?));
    Ok(view::page(&page(&portal, &ctx, &group, notebook, framed, tab).await?)?)
}

pub(crate) async fn logs(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer {
    let (notebook, framed) = load(&portal, &ctx, &group, &slug).await?;
    let tab = NotebookTab::Logs(log_view(&portal, &ctx, &group, &notebook).await?);
    Ok(view::page(&page(&portal, &ctx, &group, notebook, framed, tab).await?)?)
}

async fn load(portal: &Portal, ctx: &OpContext, group: &Group, slug: &str) -> Result<(Notebook, Framed)> {
    let notebook = portal.workloads.get_notebook(ctx, group, slug).await?;
    let framed = frame::build(portal, ctx, &notebook.name, Entry::Notebooks, Some(group)).await?;
    Ok((notebook, framed))
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    notebook: Notebook,
    framed: Framed,
    tab: NotebookTab,
) -> Result<NotebookPage> {
    let is_own = notebook.is_of(ctx);
    let people = People::named(portal, ctx, [notebook.user_name.as_str()]).await?;
    Ok(NotebookPage {
        run_url: notebook.is_of(ctx).then(|| paths::NotebookRun.link(&group.name)),
        slug: notebook.slug.clone(),
        name: notebook.name.clone(),
        url: url(group, &notebook),
        list_url: paths::Notebooks.link(&group.name),
        status: status(&notebook),
        owner: people.who(&notebook.user_name),
        is_own,
        what: format!("{} on {}", notebook.image, notebook.instance_type),
        started: Some(framed.when(notebook.used_at)),
        opens: opens(&notebook, is_own),
        actions: actions(group, &notebook, is_own),
        tab,
        frame: framed.frame,
    })
}

async fn log_view(portal: &Portal, ctx: &OpContext, group: &Group, notebook: &Notebook) -> Result<LogView> {
    let base = paths::NotebookLog.link(&group.name, &notebook.slug);
    let Some(attempt) = notebook.run.as_ref().and_then(|run| run.attempt) else {
        let note = "The log begins when the notebook starts.".to_owned();
        let complete = !notebook.state.is_up();
        return Ok(LogView { base, complete, note: Some(note), ..LogView::default() });
    };
    let (total, complete) = portal.workloads.log_of_notebook(ctx, group, notebook)?.length().await;
    Ok(LogView { base, run: attempt.to_string(), total, complete, note: None })
}

async fn overview_of(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    notebook: &Notebook,
    framed: &Framed,
) -> Result<NotebookOverview> {
    let is_own = notebook.is_of(ctx);
    let run = notebook.run.as_ref();
    let mut overview = NotebookOverview {
        facts: facts(group, notebook, framed),
        volumes: volumes(group),
        env: if is_own { variables(notebook) } else { Vec::new() },
        ..NotebookOverview::default()
    };
    if is_own {
        overview.packages = Some(packages::of(portal, ctx, group, notebook).await?);
        overview.ssh = ssh_block(portal, ctx, group, notebook).await?;
    }
    let Some(run) = run else { return Ok(overview) };
    if notebook.state != NotebookState::Stopped {
        overview.stages = stages(notebook.state, run, ctx.now());
    }
    overview.outcome = outcome(notebook.state, run);
    if notebook.state == NotebookState::Failed {
        let log = portal.workloads.log_of_notebook(ctx, group, notebook)?;
        overview.failure = Some(failure(run, log.last_lines(LAST_LINES).await));
    }
    if is_own && notebook.state == NotebookState::Ready && run.warned_at.is_some() {
        overview.idle = run.idle_stop_at().map(|at| IdleWarning {
            at: framed.when(at),
            text: "No kernel is busy and nobody uses it. Its files are kept.".to_owned(),
            snooze_url: paths::NotebookSnooze.link(&group.name, &notebook.slug),
            snooze_label: "Keep it for 1 h more".to_owned(),
        });
    }
    if notebook.state == NotebookState::Ready
        && let Ok(Some(usage)) = portal.workloads.usage_of_notebook(ctx, group, notebook).await
    {
        let limit = run.resources.memory_mib as f64 * 1024.0 * 1024.0;
        overview.meters = vec![Meter {
            label: "Memory".to_owned(),
            text: format!(
                "{} of {}",
                memory_bytes(usage.memory_bytes),
                base::resources::memory(run.resources.memory_mib)
            ),
            percent: (usage.memory_bytes as f64 / limit * 100.0).min(100.0),
        }];
        overview.meters_about = "now".to_owned();
    }
    overview.events = events_of(portal, ctx, group, notebook, run, framed).await?;
    Ok(overview)
}

/// How its owner connects by SSH, where that is on.
async fn ssh_block(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    notebook: &Notebook,
) -> Result<Option<SshBlock>> {
    let Some(place) = &portal.settings.ssh else { return Ok(None) };
    let alias = format!("{}.{}", host_name(&notebook.name, &notebook.slug), group.name);
    Ok(Some(SshBlock {
        config: place.config(&alias, &notebook.slug),
        command: format!("ssh {alias}"),
        server: ssh_keys::server(place),
        has_key: !portal.accounts.list_ssh_keys(ctx).await?.is_empty(),
    }))
}

/// A notebook's name as one word that hosts may have.
fn host_name(name: &str, otherwise: &str) -> String {
    let fine = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let word: String = name.chars().map(fine).collect();
    let word = word.trim_matches('-');
    if word.is_empty() { otherwise.to_owned() } else { word.to_owned() }
}

fn variables(notebook: &Notebook) -> Vec<(String, String)> {
    let shown = |(name, value): (&String, &String)| (name.clone(), view::shown_value(name, value));
    notebook.variables.iter().map(shown).collect()
}

fn facts(group: &Group, notebook: &Notebook, framed: &Framed) -> Vec<Fact> {
    let size = notebook.run.as_ref().map(|run| format!(" · {}", run.resources.describe()));
    let mut facts = vec![
        Fact::new("Instance type", format!("{}{}", notebook.instance_type, size.unwrap_or_default())),
        Fact::new("Image", notebook.image.clone()).link(paths::Image.link(&group.name, &notebook.image)),
    ];
    if let Some(run) = notebook.run.as_ref().filter(|_| notebook.state.is_up()) {
        let idle = if run.idle_s == 0 { "never".to_owned() } else { view::duration(run.idle_s) };
        facts.push(Fact::new("Stops when idle for", idle));
        facts.push(Fact::new("Maximum lifetime", view::time_limit_words(run.lifetime_s)));
        if let Some(at) = run.idle_stop_at().filter(|_| notebook.state == NotebookState::Ready) {
            facts.push(Fact::time("Stops if unused", framed.when(at)));
        }
        if let Some(at) = run.lifetime_ends_at() {
            facts.push(Fact::time("Lifetime ends", framed.when(at)));
        }
    }
    if notebook.safe_mode {
        facts.push(Fact::new("Safe mode", "on: your home is at ~/user"));
    }
    facts.push(Fact::time("Made", framed.when(notebook.created_at)));
    facts.push(Fact::id("Notebook id", notebook.slug.clone()));
    facts
}

/// Queued, preparing, starting, ready, with the time that each took.
fn stages(state: NotebookState, run: &Run, now: Timestamp) -> Vec<Stage> {
    let over = run.finished_at;
    let marks = [
        ("Queued", Some(run.queued_at), run.claimed_at),
        ("Preparing", run.claimed_at, run.started_at),
        ("Starting", run.started_at, run.ready_at),
    ];
    let fallen = if state == NotebookState::Failed { StageState::Failed } else { StageState::Stopped };
    let mut stages: Vec<Stage> = marks
        .into_iter()
        .map(|(label, from, to)| {
            let (stage, until) = match (from, to) {
                (None, _) => (StageState::Todo, None),
                (Some(_), Some(to)) => (StageState::Done, Some(to)),
                (Some(_), None) if over.is_some() => (fallen, over),
                (Some(_), None) => (StageState::Now, Some(now)),
            };
            let runs = stage == StageState::Now;
            Stage {
                label: label.to_owned(),
                state: stage,
                time: from.zip(until).map(|(from, until)| view::span(from, until)).unwrap_or_default(),
                detail: String::new(),
                elapsed_s: from
                    .filter(|_| runs)
                    .map(|from| (now.micros() - from.micros()).max(0) as f64 / 1e6),
            }
        })
        .collect();
    let ready = match run.ready_at {
        None => StageState::Todo,
        Some(_) if state == NotebookState::Failed => StageState::Failed,
        Some(_) => StageState::Done,
    };
    stages.push(Stage { label: "Ready".to_owned(), state: ready, ..Stage::default() });
    stages
}

fn outcome(state: NotebookState, run: &Run) -> Option<Note> {
    match state {
        NotebookState::Waiting => Some(Note::new(Tone::Wait, run.reason.clone(), "")),
        NotebookState::Stopping => {
            Some(Note::new(Tone::Wait, "Stopping.", "It was asked to stop and has ten seconds to do so."))
        }
        NotebookState::Stopped if !run.reason.is_empty() => Some(Note::new(
            Tone::Info,
            run.reason.clone(),
            "Your files and packages are kept. Start it again to go on.",
        )),
        NotebookState::Stopped => Some(Note::new(
            Tone::Info,
            "It ended by itself.",
            "Somebody shut JupyterLab down from inside. Start it again to go on.",
        )),
        _ => None,
    }
}

fn failure(run: &Run, lines: Vec<String>) -> Failure {
    let hint = match run.cause {
        Some(Cause::OutOfMemory) => "Start it with an instance type that has more memory.",
        Some(Cause::UserCode) => {
            "The last lines of its log say why. When something in your home is in the way, start it in safe mode."
        }
        _ => "Start it again, or in safe mode. When it fails again, ask a platform admin.",
    };
    let exit = match (run.signal, run.exit_code) {
        (Some(signal), _) => format!("Signal {signal}"),
        (None, Some(code)) => format!("Exit code {code}"),
        (None, None) => String::new(),
    };
    let reason = match (run.cause, run.ready_at) {
        (Some(Cause::UserCode), None) => "JupyterLab ended before it answered.".to_owned(),
        (Some(Cause::UserCode), Some(_)) => "JupyterLab ended with an error.".to_owned(),
        _ => run.reason.clone(),
    };
    Failure { reason, hint: hint.to_owned(), exit, lines }
}

/// What happened in this run, newest first.
async fn events_of(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    notebook: &Notebook,
    run: &Run,
    framed: &Framed,
) -> Result<Vec<EventRow>> {
    let mut events: Vec<(Timestamp, Tone, &str, String)> =
        vec![(run.queued_at, Tone::Info, "Asked to start", String::new())];
    if let Some(at) = run.claimed_at {
        let room = "Quota and machine have room for it.".to_owned();
        events.push((at, Tone::Info, "Its turn came", room));
    }
    if let Some(at) = run.started_at {
        events.push((at, Tone::Info, "JupyterLab was started", String::new()));
    }
    for event in portal.workloads.notebook_events(ctx, group, &notebook.slug).await? {
        let (tone, title) = match event.kind.as_str() {
            "ready" => (Tone::Good, "Ready"),
            "cancel" => (Tone::Wait, "Asked to stop"),
            "restart" => (Tone::Wait, "Asked to restart"),
            "idle" => (Tone::Wait, "Idle"),
            _ => (Tone::Wait, "To be tried again"),
        };
        let detail = if event.kind == "ready" { String::new() } else { event.message };
        events.push((event.at, tone, title, detail));
    }
    if let Some(at) = run.finished_at {
        let tone = if notebook.state == NotebookState::Failed { Tone::Bad } else { Tone::Info };
        events.push((at, tone, "Ended", run.reason.clone()));
    }
    events.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    Ok(events
        .into_iter()
        .map(|(at, tone, title, detail)| EventRow {
            when: framed.when(at),
            tone,
            title: title.to_owned(),
            detail,
            person: None,
        })
        .collect())
}
