//! A job at a glance: how it stands, what it is, what it uses.

use accounts::groups::Group;
use base::resources::{decimal, memory_bytes};
use base::{OpContext, Result, Timestamp};
use runner::Usage;
use ui_pages::components::{Fact, Note, Status, Tone, Who};
use ui_pages::jobs::{AttemptRow, JobOverview, Stage, StageState};
use ui_pages::quota::Meter;
use web_kit::Portal;
use workloads::engine::{Cause, Phase};
use workloads::jobs::{Job, JobSummary};

use super::detail::log_view;
use crate::frame::Framed;
use crate::view;

/// What the page's first tab shows.
pub(super) async fn overview_of(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    job: &Job,
    framed: &Framed,
    submitter: &Who,
) -> Result<JobOverview> {
    let usage = portal.workloads.usage_of_job(ctx, group, job).await.ok().flatten();
    let attempts = if job.attempts.len() > 1 { attempt_rows(job, framed) } else { Vec::new() };
    let (meters, meters_about, meters_hint) = meters(job, usage, ctx.now());
    Ok(JobOverview {
        stages: stages(job, ctx.now()),
        outcome: outcome(job),
        facts: facts(group, job, framed, submitter),
        command: job.spec.runs.script().unwrap_or_default().to_owned(),
        env: job
            .spec
            .variables
            .iter()
            .map(|(name, value)| (name.clone(), view::shown_value(name, value)))
            .collect(),
        meters,
        meters_about,
        meters_hint,
        attempts,
        log: log_view(portal, ctx, group, job).await?,
    })
}

/// Why it is where it is, in one note.
fn outcome(job: &Job) -> Option<Note> {
    let summary = &job.summary;
    match summary.phase {
        Phase::Waiting => {
            let place = match job.ahead {
                Some(0) => "It is next in the group's queue.".to_owned(),
                Some(ahead) => format!(
                    "{} of the group wait in front of it.",
                    view::plural(i64::try_from(ahead).unwrap_or(i64::MAX), "job", "")
                ),
                None => String::new(),
            };
            Some(Note::new(Tone::Wait, summary.reason.clone(), place))
        }
        Phase::Failed => {
            let reason = summary.reason.clone();
            let (title, next) = match summary.cause {
                Some(Cause::OutOfMemory) => {
                    (reason, "Clone it with a larger instance type, or let it use less at a time.".to_owned())
                }
                Some(Cause::TimeLimit) => (reason, "Clone it with a longer time limit.".to_owned()),
                Some(Cause::NodeLost) => ("The machine was lost.".to_owned(), reason),
                Some(Cause::Platform | Cause::Preempted) => ("The platform failed it.".to_owned(), reason),
                Some(Cause::Image) => ("Its image can't be used.".to_owned(), reason),
                _ => (reason, "The end of its log usually says why.".to_owned()),
            };
            Some(Note::new(Tone::Bad, title, next))
        }
        Phase::Cancelled => Some(Note::new(Tone::Info, summary.reason.clone(), "You can run it again.")),
        Phase::Succeeded | Phase::Preparing | Phase::Running if summary.is_stopping => {
            Some(Note::new(Tone::Wait, "Stopping.", "It was asked to stop and has ten seconds to do so."))
        }
        Phase::Succeeded | Phase::Preparing | Phase::Running => None,
    }
}

fn stages(job: &Job, now: Timestamp) -> Vec<Stage> {
    let summary = &job.summary;
    let stage =
        |label: &str, state, time: String| Stage { label: label.to_owned(), state, time, ..Stage::default() };
    let ended = match summary.phase {
        Phase::Failed => StageState::Failed,
        Phase::Cancelled => StageState::Stopped,
        _ => StageState::Done,
    };
    let Some(attempt) = job.attempts.first() else {
        let state = if summary.phase.is_final() { ended } else { StageState::Now };
        let until = summary.finished_at.unwrap_or(now);
        return vec![
            stage("Queued", state, view::span(summary.queued_at, until)),
            stage("Preparing", StageState::Todo, String::new()),
            stage("Running", StageState::Todo, String::new()),
        ];
    };
    let queued = stage("Queued", StageState::Done, view::span(summary.queued_at, attempt.claimed_at));
    let Some(started) = attempt.started_at else {
        let state = if attempt.finished_at.is_some() { ended } else { StageState::Now };
        return vec![
            queued,
            stage("Preparing", state, view::span(attempt.claimed_at, attempt.finished_at.unwrap_or(now))),
            stage("Running", StageState::Todo, String::new()),
        ];
    };
    let prepared = stage("Prepared", StageState::Done, view::span(attempt.claimed_at, started));
    match attempt.finished_at {
        None => vec![queued, prepared, stage("Running", StageState::Now, view::span(started, now))],
        Some(finished) => {
            let label = match ended {
                StageState::Failed => "Failed",
                StageState::Stopped => "Cancelled",
                _ => "Succeeded",
            };
            vec![
                queued,
                prepared,
                stage("Ran", StageState::Done, view::span(started, finished)),
                stage(label, ended, String::new()),
            ]
        }
    }
}

fn facts(group: &Group, job: &Job, framed: &Framed, submitter: &Who) -> Vec<Fact> {
    let summary = &job.summary;
    let mut facts = vec![
        Fact::new("Instance type", format!("{} · {}", summary.instance_type, summary.resources.describe())),
        Fact::new("Image", summary.image.clone()).link(paths::Image.link(&group.name, &summary.image)),
        Fact::new("Time limit", view::time_limit_words(summary.time_limit_s)),
        Fact::who("Submitted by", submitter),
        Fact::time("Submitted", framed.when(summary.submitted_at)),
    ];
    if let Some(started) = summary.started_at {
        facts.push(Fact::time("Started", framed.when(started)));
    }
    if let Some(finished) = summary.finished_at {
        facts.push(Fact::time("Finished", framed.when(finished)));
    }
    if let Some(code) = summary.exit_code {
        facts.push(Fact::new("Exit code", code.to_string()));
    }
    if let Some(signal) = summary.signal {
        facts.push(Fact::new("Signal", signal.to_string()));
    }
    if summary.attempts > 1 {
        facts.push(Fact::new("Attempts", summary.attempts.to_string()));
    }
    if let Some(from) = &summary.copied_from {
        facts.push(Fact::new("Copy of", from.clone()).link(paths::Job.link(&group.name, from)));
    }
    facts.push(Fact::id("Job id", summary.slug.clone()));
    facts
}

/// What it uses now, or used in all.
fn meters(job: &Job, usage: Option<Usage>, now: Timestamp) -> (Vec<Meter>, String, String) {
    let JobSummary { resources, started_at, .. } = &job.summary;
    let limit_bytes = resources.memory_mib as f64 * 1024.0 * 1024.0;
    let memory = |used: u64, word: &str| Meter {
        label: "Memory".to_owned(),
        text: format!("{} of {}{word}", memory_bytes(used), base::resources::memory(resources.memory_mib)),
        percent: (used as f64 / limit_bytes * 100.0).min(100.0),
    };
    let cpu = |time_us: u64, over_us: i64| {
        let mean = time_us as f64 / over_us.max(1) as f64 * 1000.0;
        Meter {
            label: "CPU".to_owned(),
            text: format!(
                "{} of {} on average",
                decimal(((mean / 10.0).round() * 10.0) as i64),
                base::resources::cores(resources.cpu_milli)
            ),
            percent: (mean / resources.cpu_milli as f64 * 100.0).min(100.0),
        }
    };
    if let (Some(usage), Some(started)) = (usage, started_at) {
        let meters =
            vec![cpu(usage.cpu_time_us, now.micros() - started.micros()), memory(usage.memory_bytes, "")];
        return (meters, "now".to_owned(), String::new());
    }
    let Some(attempt) = job.attempts.first() else { return (Vec::new(), String::new(), String::new()) };
    let mut meters = Vec::new();
    if let (Some(time), Some(from), Some(to)) = (attempt.cpu_time_us, attempt.started_at, attempt.finished_at)
    {
        meters.push(cpu(time, to.micros() - from.micros()));
    }
    let mut hint = String::new();
    if let Some(most) = attempt.max_memory_bytes {
        meters.push(memory(most, " at most"));
        if job.summary.phase == Phase::Succeeded
            && (most as f64) < limit_bytes * 0.1
            && resources.memory_mib >= 4096
        {
            hint = "It used less than a tenth of its memory. An instance type with less would do.".to_owned();
        }
    }
    (meters, "in all".to_owned(), hint)
}

fn attempt_rows(job: &Job, framed: &Framed) -> Vec<AttemptRow> {
    job.attempts
        .iter()
        .map(|attempt| AttemptRow {
            number: u32::try_from(attempt.number).unwrap_or(0),
            status: match attempt.cause {
                None => Status::Running,
                Some(cause) => match cause.phase() {
                    Phase::Succeeded => Status::Succeeded,
                    Phase::Cancelled => Status::Cancelled,
                    _ => Status::Failed,
                },
            },
            started: framed.when(attempt.started_at.unwrap_or(attempt.claimed_at)),
            duration: match (attempt.started_at, attempt.finished_at) {
                (Some(from), Some(to)) => view::duration(to.seconds_since(from)),
                _ => String::new(),
            },
            outcome: attempt.message.clone(),
        })
        .collect()
}
