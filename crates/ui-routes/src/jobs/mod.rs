//! The pages of jobs.

pub(crate) mod actions;
pub(crate) mod detail;
mod events;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod notebook;
mod overview;

use base::Timestamp;
use ui_pages::components::Status;
use ui_pages::jobs::JobActions;
use workloads::engine::Phase;
use workloads::jobs::JobSummary;

pub(crate) fn status(job: &JobSummary) -> Status {
    if job.is_stopping {
        return Status::Stopping;
    }
    match job.phase {
        Phase::Waiting => Status::Waiting,
        Phase::Preparing => Status::Preparing,
        Phase::Running => Status::Running,
        Phase::Succeeded => Status::Succeeded,
        Phase::Failed => Status::Failed,
        Phase::Cancelled => Status::Cancelled,
    }
}

/// What can be done with a job now.
pub(crate) fn actions(job: &JobSummary, group: &str, may_run: bool) -> JobActions {
    let slug = &job.slug;
    JobActions {
        cancel: (!job.phase.is_final() && !job.is_stopping).then(|| paths::JobCancel.link(group, slug)),
        rerun: (job.phase.is_final() && may_run).then(|| paths::JobRerun.link(group, slug)),
        clone: may_run.then(|| paths::query(paths::JobNew.link(group), &[("clone", slug)])),
    }
}

/// How long it ran, so far or in all; nothing before it started.
pub(crate) fn run_time(job: &JobSummary, now: Timestamp) -> String {
    let Some(started) = job.started_at else { return String::new() };
    crate::view::duration(job.finished_at.unwrap_or(now).seconds_since(started))
}
