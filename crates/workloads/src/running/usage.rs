//! What workloads use now.

use accounts::groups::Group;
use base::{Action, AttemptId, Error, OpContext, Result};
use runner::Usage;

use crate::Workloads;
use crate::engine::Phase;
use crate::jobs::Job;
use crate::notebooks::Notebook;
use crate::serving::Watched;

impl Workloads {
    /// What a job uses; `None` when it does not run.
    pub async fn usage_of_job(&self, ctx: &OpContext, group: &Group, job: &Job) -> Result<Option<Usage>> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        match job.attempts.first() {
            Some(attempt) if job.summary.phase == Phase::Running => self.usage(attempt.id).await,
            _ => Ok(None),
        }
    }

    /// What a notebook uses; `None` when it does not run.
    pub async fn usage_of_notebook(
        &self,
        ctx: &OpContext,
        group: &Group,
        notebook: &Notebook,
    ) -> Result<Option<Usage>> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        match notebook.run.as_ref().and_then(|run| run.attempt) {
            Some(attempt) => self.usage(attempt).await,
            None => Ok(None),
        }
    }

    /// What a workload that serves HTTP uses.
    pub async fn usage_of_watched(&self, ctx: &OpContext, watched: &Watched) -> Result<Option<Usage>> {
        ctx.require_platform_admin()?;
        self.usage(watched.attempt).await
    }

    /// For how much of the time, in percent, the busiest of its GPUs worked lately; `None` when that can't be told.
    pub async fn gpu_use_of_watched(&self, ctx: &OpContext, watched: &Watched) -> Result<Option<u8>> {
        ctx.require_platform_admin()?;
        Ok(self.runner.gpu_percent(&watched.gpu_indices).await)
    }

    async fn usage(&self, attempt: AttemptId) -> Result<Option<Usage>> {
        let usage = self.runner.usage(&attempt.to_string()).await;
        usage.map_err(|error| Error::internal_from("ask the runner what an attempt uses", error))
    }
}
