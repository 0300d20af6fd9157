//! What a notebook that ran left: itself with its outputs, and how it looks.

use std::io::Read as _;
use std::path::Path;

use accounts::groups::Group;
use base::{AttemptId, Error, OpContext, Result};
use folders::{Beneath, Found, aside};

use crate::Workloads;

/// The executed notebook, in the folder of an attempt's results.
pub const RESULT: &str = "notebook.ipynb";
/// The same as a page.
pub const RENDERED: &str = "notebook.html";
/// A larger page is not made, nor shown.
pub const MAX_RENDERED_BYTES: u64 = 32 * 1024 * 1024;
/// A larger notebook can't be downloaded from the job's page.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// What there is of an executed notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    pub attempt: AttemptId,
    pub has_notebook: bool,
    pub has_page: bool,
}

impl Workloads {
    /// What the newest attempt of a job left of the notebook that it ran; `None` before it started.
    pub async fn executed_notebook(
        &self,
        ctx: &OpContext,
        group: &Group,
        slug: &str,
    ) -> Result<Option<Executed>> {
        let job = self.get_job(ctx, group, slug).await?;
        if job.spec.runs.notebook_file().is_none() {
            return Err(Error::not_found("notebook that this job ran"));
        }
        let Some(attempt) = job.attempts.first().map(|attempt| attempt.id) else { return Ok(None) };
        let root = self.layout.results(attempt);
        let executed = aside("look at an executed notebook", move || {
            let Some(root) = Beneath::open_existing(&root)? else {
                return Ok(Executed { attempt, has_notebook: false, has_page: false });
            };
            let has =
                |name: &str| Ok::<_, std::io::Error>(matches!(root.file(Path::new(name))?, Found::File(_)));
            Ok(Executed { attempt, has_notebook: has(RESULT)?, has_page: has(RENDERED)? })
        });
        executed.await.map(Some)
    }

    /// The executed notebook itself.
    pub async fn read_executed_notebook(
        &self,
        ctx: &OpContext,
        group: &Group,
        slug: &str,
    ) -> Result<Vec<u8>> {
        let missing = || Error::not_found("executed notebook of this job");
        let executed = self.executed_notebook(ctx, group, slug).await?.ok_or_else(missing)?;
        self.read_result(executed.attempt, RESULT, MAX_BYTES).await?.ok_or_else(missing)
    }

    /// The executed notebook as a page. Whoever calls has seen that the person may read the group's jobs.
    pub async fn read_rendered_notebook(&self, attempt: AttemptId) -> Result<Vec<u8>> {
        let page = self.read_result(attempt, RENDERED, MAX_RENDERED_BYTES).await?;
        page.ok_or_else(|| Error::not_found("rendered notebook of this job"))
    }

    async fn read_result(
        &self,
        attempt: AttemptId,
        name: &'static str,
        most: u64,
    ) -> Result<Option<Vec<u8>>> {
        let root = self.layout.results(attempt);
        let bytes = aside("read an executed notebook", move || {
            let Some(root) = Beneath::open_existing(&root)? else { return Ok(None) };
            let Found::File(file) = root.file(Path::new(name))? else { return Ok(None) };
            let mut bytes = Vec::new();
            // The job may still write to it.
            file.take(most + 1).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        })
        .await?;
        match bytes {
            Some(bytes) if bytes.len() as u64 > most => Err(Error::conflict(
                "result_too_large",
                "The executed notebook is too large to be sent from here.",
            )
            .with_hint("It lies beside the notebook that ran; open it in JupyterLab.")),
            bytes => Ok(bytes),
        }
    }
}
