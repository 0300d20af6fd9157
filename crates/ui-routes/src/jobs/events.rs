//! What happened to a job.

use accounts::groups::Group;
use base::{OpContext, Result, Timestamp};
use ui_pages::components::{Tone, Who};
use ui_pages::jobs::EventRow;
use web_kit::Portal;
use workloads::engine::Cause;
use workloads::jobs::Job;

use crate::frame::Framed;

/// How it ended, in words.
const fn ended(cause: Cause) -> &'static str {
    match cause {
        Cause::Succeeded => "Succeeded",
        Cause::UserCode => "Failed: its script ended with an error",
        Cause::Cancelled => "Cancelled",
        Cause::TimeLimit => "Failed: time limit reached",
        Cause::OutOfMemory => "Failed: out of memory",
        Cause::Preempted => "Ended to make room",
        Cause::NodeLost => "Failed: the machine was lost",
        Cause::Image => "Failed: its image can't be used",
        Cause::Platform => "Failed: the platform could not run it",
    }
}

/// What happened, newest first: from the job's own times, its attempts and what was noted.
pub(super) async fn events_of(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    job: &Job,
    framed: &Framed,
    submitter: &Who,
) -> Result<Vec<EventRow>> {
    let summary = &job.summary;
    let mut events: Vec<(Timestamp, Tone, String, String, Option<String>)> = vec![(
        summary.submitted_at,
        Tone::Info,
        "Submitted".to_owned(),
        String::new(),
        Some(submitter.display_name.clone()),
    )];
    for attempt in &job.attempts {
        let of =
            if job.attempts.len() > 1 { format!(" (attempt {})", attempt.number) } else { String::new() };
        events.push((
            attempt.claimed_at,
            Tone::Info,
            format!("Its turn came{of}"),
            "Quota and machine have room for it.".to_owned(),
            None,
        ));
        if let Some(started) = attempt.started_at {
            events.push((started, Tone::Info, format!("Started{of}"), String::new(), None));
        }
        if let (Some(finished), Some(cause)) = (attempt.finished_at, attempt.cause) {
            let tone = match cause {
                Cause::Succeeded => Tone::Good,
                Cause::Cancelled => Tone::Info,
                _ => Tone::Bad,
            };
            events.push((finished, tone, format!("{}{of}", ended(cause)), attempt.message.clone(), None));
        }
    }
    for event in portal.workloads.job_events(ctx, group, &summary.slug).await? {
        let title = match event.kind.as_str() {
            "cancel" => "Asked to stop",
            "image" => "A word on the image",
            _ => "To be tried again",
        };
        events.push((event.at, Tone::Wait, title.to_owned(), event.message, None));
    }
    events.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    Ok(events
        .into_iter()
        .map(|(at, tone, title, detail, person)| EventRow {
            when: framed.when(at),
            tone,
            title,
            detail,
            person,
        })
        .collect())
}
