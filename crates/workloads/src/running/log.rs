//! Logs of workloads and of the builds of images.

use std::sync::Arc;

use accounts::groups::Group;
use base::{Action, Error, OpContext, Result};
use runner::Log;

use crate::Workloads;
use crate::images::Image;
use crate::jobs::Job;
use crate::notebooks::Notebook;

/// A workload's log, if there is one by now.
#[derive(Clone)]
pub enum WorkloadLog {
    /// What it said.
    Of(Arc<dyn Log>),
    /// Nothing ran yet, or (`is_over`) nothing ever will.
    NotYet {
        /// Whether nothing ever will.
        is_over: bool,
    },
}

impl WorkloadLog {
    /// How many lines it has, and whether it will never have more; zero where that can't be told now.
    pub async fn length(&self) -> (u64, bool) {
        match self {
            Self::Of(log) => log.lines(0, 0).await.map_or((0, false), |page| (page.total, page.complete)),
            Self::NotYet { is_over } => (0, *is_over),
        }
    }

    /// The text of its last lines; none where they can't be read now.
    pub async fn last_lines(&self, count: usize) -> Vec<String> {
        let Self::Of(log) = self else { return Vec::new() };
        let tail = log.tail(count).await;
        tail.map(|page| page.lines.into_iter().map(|line| line.text).collect()).unwrap_or_default()
    }
}

impl Workloads {
    /// The log of a job's newest attempt, or of the one with this number.
    pub async fn job_log(
        &self,
        ctx: &OpContext,
        group: &Group,
        slug: &str,
        attempt: Option<i64>,
    ) -> Result<WorkloadLog> {
        let job = self.get_job(ctx, group, slug).await?;
        let Some(number) = attempt else { return self.log_of_job(ctx, group, &job) };
        let wanted = job.attempts.iter().find(|attempt| attempt.number == number);
        let wanted = wanted.ok_or_else(|| Error::not_found(format!("attempt {number}")))?;
        Ok(WorkloadLog::Of(self.runner.log(&wanted.id.to_string())))
    }

    /// The log of the newest attempt of a job that was read already.
    pub fn log_of_job(&self, ctx: &OpContext, group: &Group, job: &Job) -> Result<WorkloadLog> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        Ok(match job.attempts.first() {
            Some(attempt) => WorkloadLog::Of(self.runner.log(&attempt.id.to_string())),
            None => WorkloadLog::NotYet { is_over: job.summary.phase.is_final() },
        })
    }

    /// The log of a notebook's newest run.
    pub async fn notebook_log(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<WorkloadLog> {
        let notebook = self.get_notebook(ctx, group, slug).await?;
        self.log_of_notebook(ctx, group, &notebook)
    }

    /// The log of the newest run of a notebook that was read already.
    pub fn log_of_notebook(
        &self,
        ctx: &OpContext,
        group: &Group,
        notebook: &Notebook,
    ) -> Result<WorkloadLog> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let run = notebook.run.as_ref();
        Ok(match run.and_then(|run| run.attempt) {
            Some(attempt) => WorkloadLog::Of(self.runner.log(&attempt.to_string())),
            None => WorkloadLog::NotYet { is_over: run.is_none_or(|run| run.phase.is_final()) },
        })
    }

    /// The log of an image's newest build. Whoever was given the image may read it.
    pub fn image_log(&self, ctx: &OpContext, image: &Image) -> Result<Arc<dyn Log>> {
        match image.group {
            Some(group) => ctx.require_in_group(Action::ReadGroup, group)?,
            None => drop(ctx.person()?),
        }
        Ok(self.runner.build_log(&image.newest_digest))
    }
}
