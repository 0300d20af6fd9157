//! Submitting a job: check everything, check that it can ever run, write it, answer.

use accounts::audit::{self, Entry};
use accounts::groups::Group;
use base::error::FieldErrors;
use base::secret::{hex_digest, random_base36};
use base::{Action, Error, OpContext, Result, UserId, names};

use folders::Tree;

use super::model::JobSummary;
use super::store;
use crate::Workloads;
use crate::engine::{
    self, IdempotencyKey, Kind, MAX_NAME, NewRows, NewWorkload, NotebookFile, Spec, check_variables,
};

/// The largest script. What is larger belongs into a file.
pub const MAX_SCRIPT_BYTES: usize = 512 * 1024;

/// How long a job may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeLimit {
    /// The group's default, else the system's.
    #[default]
    Default,
    /// Seconds; 0 is no limit.
    Seconds(i64),
}

/// A job to submit.
#[derive(Clone, Debug, Default)]
pub struct NewJob {
    pub name: String,
    pub instance_type: String,
    pub image: String,
    pub spec: Spec,
    pub time_limit: TimeLimit,
    /// The slug of the job that this one copies.
    pub copied_from: Option<String>,
    /// The same key of the same person gives the same job, however often it is sent.
    pub idempotency_key: Option<String>,
}

impl NewJob {
    fn fingerprint(&self, group: &Group) -> String {
        let text = format!(
            "{}\0{}\0{}\0{}\0{:?}\0{:?}\0{:?}",
            group.id,
            self.name,
            self.instance_type,
            self.image,
            self.spec.runs,
            self.spec.variables,
            self.time_limit,
        );
        hex_digest(text.as_bytes())
    }

    fn key(&self, group: &Group, user: UserId) -> Option<IdempotencyKey> {
        let key = self.idempotency_key.clone()?;
        Some(IdempotencyKey { user, key, fingerprint: self.fingerprint(group) })
    }

    /// Names, script and variables; whatever can be told without the database.
    fn check(&self, errors: &mut FieldErrors) -> Option<String> {
        let name = errors.check("name", names::display_name(&self.name, MAX_NAME));
        if let Some(script) = self.spec.runs.script() {
            check_script(script, errors);
        }
        check_variables(&self.spec.variables, errors);
        if let TimeLimit::Seconds(seconds) = self.time_limit
            && !(0..=365 * 86_400).contains(&seconds)
        {
            errors.add("time_limit", "Use 0 (no limit) to 365 days.");
        }
        if let Some(key) = &self.idempotency_key
            && (key.is_empty() || key.len() > 200 || !key.chars().all(|c| c.is_ascii_graphic()))
        {
            errors.add("idempotency_key", "Use 1 to 200 visible ASCII characters without spaces.");
        }
        name
    }
}

fn check_script(script: &str, errors: &mut FieldErrors) {
    if script.trim().is_empty() {
        errors.add("command", "Write the command to run, such as “python train.py”.");
    } else if script.len() > MAX_SCRIPT_BYTES {
        errors.add(
            "command",
            format!(
                "The command has {} KiB; at most {} KiB are allowed. Put the script into a file and run the file.",
                script.len().div_ceil(1024),
                MAX_SCRIPT_BYTES / 1024
            ),
        );
    } else if script.contains('\0') {
        errors.add("command", "The command holds a NUL character, which no shell can read. Remove it.");
    }
}

impl Workloads {
    /// Writes a job into the queue. When this returns, the job is on disk.
    pub async fn submit_job(&self, ctx: &OpContext, group: &Group, job: NewJob) -> Result<JobSummary> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let user = ctx.person()?.id;
        let key = job.key(group, user);
        if let Some(earlier) = self.submitted_already(group, key.as_ref()).await? {
            return Ok(earlier);
        }
        let mut errors = FieldErrors::default();
        let name = job.check(&mut errors);
        if let Some(file) = job.spec.runs.notebook_file() {
            errors.check("path", self.check_notebook_file(ctx, group, file).await?);
        }
        let admitted = self.admit(ctx, group, &job.instance_type, &job.image, &mut errors).await?;
        let (Some(name), Some(admitted)) = (name, admitted) else { return Err(errors.into_error()) };
        let time_limit_s = match job.time_limit {
            TimeLimit::Seconds(seconds) => seconds,
            TimeLimit::Default => group.default_time_limit_s.unwrap_or(self.rules.default_time_limit_s),
        };
        let spec = self.checked(group, user, &job.spec).await?;
        let slug = format!("job-{}-{}", ctx.now().compact_minute(), random_base36(&*ctx.clock, 6));
        let new = NewWorkload {
            kind: Kind::Job,
            slug: slug.clone(),
            group,
            user,
            name,
            admitted,
            time_limit_s,
            spec: &spec,
            copied_from: job.copied_from.clone(),
        };
        let rows = NewRows::new(ctx, new)?;
        let (ctx, group_id) = (ctx.clone(), group.id);
        let row = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(key) = key
                        && let Some(earlier) = key.claim(tx, &ctx, &slug).await?
                    {
                        return store::require(tx.connection(), group_id, &earlier).await;
                    }
                    let row = rows.write(tx, &ctx).await?;
                    let entry = Entry {
                        action: "job.submit",
                        group: Some(group_id),
                        subject: &row.slug,
                        detail: row.name.clone(),
                    };
                    audit::record(tx, &ctx, entry).await?;
                    Ok(row)
                })
            })
            .await?;
        JobSummary::from_row(row)
    }

    /// The job that this very request made before, if it did: whoever heard no answer asks again, and an image or
    /// instance type that is gone meanwhile, or a quota that is smaller now, is no answer to that.
    async fn submitted_already(
        &self,
        group: &Group,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<JobSummary>> {
        let Some(key) = key else { return Ok(None) };
        let reader = self.db.reader();
        match key.find(reader).await? {
            Some(slug) => {
                store::require(reader, group.id, &slug).await.and_then(JobSummary::from_row).map(Some)
            }
            None => Ok(None),
        }
    }

    /// A new job with the script, sizes and time limit of an earlier one.
    pub async fn rerun_job(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<JobSummary> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let row = store::require(self.db.reader(), group.id, slug).await?;
        let mut spec = engine::store::spec(self.db.reader(), row.workload()).await?;
        if !engine::may_see(ctx, &row) {
            engine::hide(&row.slug, &mut spec.variables);
        }
        let is_of_home = |file: &NotebookFile| file.tree == Tree::Home;
        if spec.runs.notebook_file().is_some_and(is_of_home) && row.user() != Some(ctx.person()?.id) {
            return Err(Error::forbidden("This job ran a notebook of somebody else's home.")
                .with_hint("Ask them to copy the notebook to the group's shared files, and run that one."));
        }
        let job = NewJob {
            name: row.name,
            instance_type: row.instance_type,
            image: row.image,
            spec,
            time_limit: TimeLimit::Seconds(row.time_limit_s),
            copied_from: Some(row.slug),
            idempotency_key: None,
        };
        self.submit_job(ctx, group, job).await
    }
}
