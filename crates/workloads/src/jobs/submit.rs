//! Submitting a job: check everything, check that it can ever run, write it, answer.

use std::collections::BTreeMap;

use accounts::audit::{self, Entry};
use accounts::groups::Group;
use base::error::FieldErrors;
use base::resources::{Excess, Quota};
use base::secret::{hex_digest, random_base36};
use base::{Action, Error, Kind, OpContext, Resources, Result, UserId, WorkloadId, names};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait as _;

use super::entity::{self, event, idempotency, spec};
use super::model::{JobSummary, Spec};
use super::{secrets, store};
use crate::engine::{NewRows, NewWorkload};
use crate::{Workloads, containers, images};

/// The largest script. What is larger belongs into a file.
pub const MAX_SCRIPT_BYTES: usize = 512 * 1024;
pub(crate) const MAX_NAME: usize = 100;
const MAX_VARIABLES: usize = 100;
const MAX_VARIABLE_BYTES: usize = 32 * 1024;
/// The kernel starts no program with more than about 2 MiB of variables, and the platform adds its own.
const MAX_VARIABLES_BYTES: usize = 1024 * 1024;
/// A key is remembered for a day.
pub(crate) const IDEMPOTENCY_SECONDS: i64 = 86_400;

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
            "{}\0{}\0{}\0{}\0{}\0{:?}\0{:?}\0{:?}",
            group.id,
            self.name,
            self.instance_type,
            self.image,
            self.spec.script,
            self.spec.variables,
            self.time_limit,
            self.spec.notebook
        );
        hex_digest(text.as_bytes())
    }
}

/// Names, script and variables; whatever can be told without the database.
fn check_shape(job: &NewJob, errors: &mut FieldErrors) -> Option<String> {
    let name = errors.check("name", names::display_name(&job.name, MAX_NAME));
    let script = &job.spec.script;
    if job.spec.notebook.is_some() {
        // It has been looked at where it lies.
    } else if script.trim().is_empty() {
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
    check_variables(&job.spec.variables, errors);
    if let TimeLimit::Seconds(seconds) = job.time_limit
        && !(0..=365 * 86_400).contains(&seconds)
    {
        errors.add("time_limit", "Use 0 (no limit) to 365 days.");
    }
    if let Some(key) = &job.idempotency_key
        && (key.is_empty() || key.len() > 200 || !key.chars().all(|c| c.is_ascii_graphic()))
    {
        errors.add("idempotency_key", "Use 1 to 200 visible ASCII characters without spaces.");
    }
    name
}

pub(crate) fn check_variables(variables: &BTreeMap<String, String>, errors: &mut FieldErrors) {
    if variables.len() > MAX_VARIABLES {
        errors.add(
            "environment",
            format!("Use at most {MAX_VARIABLES} variables; these are {}.", variables.len()),
        );
    }
    let together: usize = variables.iter().map(|(name, value)| name.len() + value.len()).sum();
    if together > MAX_VARIABLES_BYTES {
        errors.add(
            "environment",
            format!(
                "The variables have {} KiB together; at most {} KiB are allowed. Put large values into files.",
                together.div_ceil(1024),
                MAX_VARIABLES_BYTES / 1024
            ),
        );
    }
    for (name, value) in variables {
        errors.check("environment", names::variable_name(name));
        if name.starts_with("PORTICO_") || name.starts_with("PRIMEHUB_") {
            errors.add("environment", format!("“{name}” is set by the platform. Choose another name."));
        }
        if value.len() > MAX_VARIABLE_BYTES || value.contains('\0') {
            errors.add(
                "environment",
                format!("The value of “{name}” is longer than 32 kB or holds a NUL character."),
            );
        }
    }
}

/// Why a request of this size can never be given, if so.
pub(crate) fn never_fits(group: &Group, capacity: Resources, ask: Resources) -> Option<String> {
    let tell = |whose: &str, e: Excess| {
        format!("needs {}, but {whose} {}", e.what.describe(e.asked), e.what.describe(e.limit))
    };
    let zero = Resources::ZERO;
    if let Some(e) = group.user_quota.excess(zero, ask) {
        return Some(tell("your quota in this group is", e));
    }
    if let Some(e) = group.group_quota.excess(zero, ask) {
        return Some(tell("the group's quota is", e));
    }
    Quota::of(capacity).excess(zero, ask).map(|e| tell("the machine has", e))
}

impl Workloads {
    /// Why a job of this size could never start in the group, if so.
    pub fn why_never(&self, group: &Group, ask: Resources) -> Option<String> {
        never_fits(group, self.rules.capacity, ask)
    }

    /// Writes a job into the queue. When this returns, the job is on disk.
    pub async fn submit_job(&self, ctx: &OpContext, group: &Group, job: NewJob) -> Result<JobSummary> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let user = ctx.person()?.id;
        if let Some(earlier) = self.submitted_already(user, group, &job).await? {
            return Ok(earlier);
        }
        let mut errors = FieldErrors::default();
        let name = check_shape(&job, &mut errors);
        if let Some(notebook) = &job.spec.notebook {
            errors.check("path", self.check_notebook_file(ctx, group, notebook).await?);
        }
        let admitted = self.admit(ctx, group, &job.instance_type, &job.image, &mut errors).await?;
        let (Some(name), Some(admitted)) = (name, admitted) else { return Err(errors.into_error()) };
        let time_limit_s = match job.time_limit {
            TimeLimit::Seconds(seconds) => seconds,
            TimeLimit::Default => group.default_time_limit_s.unwrap_or(self.rules.default_time_limit_s),
        };
        let spec = self.checked(group, user, &job.spec).await?;
        let now = ctx.now();
        let slug = format!("job-{}-{}", now.compact_minute(), random_base36(&*ctx.clock, 6));
        let new = NewWorkload {
            kind: store::KIND,
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
        let key = job.idempotency_key.clone().map(|key| (key, job.fingerprint(group)));
        let (ctx, group_id) = (ctx.clone(), group.id);
        let row = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some((key, fingerprint)) = key
                        && let Some(earlier) = claim_key(tx, &ctx, user, key, fingerprint, &slug).await?
                    {
                        return store::require(tx.connection(), group_id, &earlier).await;
                    }
                    let row = rows.written()?;
                    tx.insert_later(entity::Entity::insert(rows.workload))?;
                    tx.insert_later(spec::Entity::insert(rows.spec))?;
                    if let Some(remark) = rows.remark {
                        tx.insert_later(event::Entity::insert(remark))?;
                    }
                    let entry = Entry {
                        action: "job.submit",
                        group: Some(group_id),
                        subject: &row.slug,
                        detail: row.name.clone(),
                    };
                    audit::record(tx, &ctx, entry).await?;
                    tx.emit(now, Some(group_id), Topic::Jobs, row.slug.clone()).await?;
                    Ok(row)
                })
            })
            .await?;
        Ok(row.into())
    }

    /// The job that this very request made before, if it did: whoever heard no answer asks again, and an image or
    /// instance type that is gone meanwhile, or a quota that is smaller now, is no answer to that.
    async fn submitted_already(
        &self,
        user: UserId,
        group: &Group,
        job: &NewJob,
    ) -> Result<Option<JobSummary>> {
        let Some(key) = &job.idempotency_key else { return Ok(None) };
        let reader = self.db.reader();
        let kept = idempotency::Entity::find_by_id((user.0, key.clone()))
            .one(reader)
            .await
            .doing("read an idempotency key")?;
        match kept.filter(|kept| kept.fingerprint == job.fingerprint(group)) {
            Some(kept) => store::require(reader, group.id, &kept.slug).await.map(|row| Some(row.into())),
            None => Ok(None),
        }
    }

    /// A new job with the script, sizes and time limit of an earlier one.
    pub async fn rerun_job(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<JobSummary> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let row = store::require(self.db.reader(), group.id, slug).await?;
        let mut spec = store::spec(self.db.reader(), WorkloadId(row.id)).await?;
        if !secrets::may_see(ctx, &row) {
            secrets::hide(&row.slug, &mut spec.variables);
        }
        if spec.notebook.as_ref().is_some_and(|notebook| notebook.tree == folders::Tree::Home)
            && row.user_id.map(UserId) != Some(ctx.person()?.id)
        {
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

    pub(crate) async fn unknown_instance_type(
        &self,
        ctx: &OpContext,
        group: &Group,
        name: &str,
    ) -> Result<String> {
        let types = self.instance_types_for(ctx, group.id).await?;
        let names: Vec<String> = types.into_iter().map(|kind| kind.name).collect();
        Ok(unknown("instance type", name, &names))
    }

    /// Why no runner takes this image, if so.
    pub(crate) async fn why_not_run(&self, image: &images::entity::Model) -> Option<&'static str> {
        if image.kind != images::ImageKind::Container.as_str() {
            return None;
        }
        containers::refusal(self.containers().await)
    }

    pub(crate) async fn unknown_image(&self, ctx: &OpContext, group: &Group, name: &str) -> Result<String> {
        let images = self.images_for(ctx, group.id).await?;
        let offered = images.into_iter().filter(|image| !image.is_deprecated());
        let names: Vec<String> = offered.map(|image| image.name).collect();
        Ok(unknown("image", name, &names))
    }
}

fn unknown(what: &str, name: &str, known: &[String]) -> String {
    let choice = if known.is_empty() {
        format!("This group has no {what}s; ask an administrator.")
    } else {
        format!("Choose one of: {}.", known.join(", "))
    };
    if name.trim().is_empty() {
        return choice;
    }
    format!("This group has no {what} “{}”. {choice}", names::cut(name.trim(), 63))
}

/// Takes the key for this job, or tells which job has it already.
async fn claim_key(
    tx: &Tx,
    ctx: &OpContext,
    user: UserId,
    key: String,
    fingerprint: String,
    slug: &str,
) -> Result<Option<String>> {
    let section =
        i64::from_str_radix(&hex_digest(format!("{user}\0{key}").as_bytes())[..15], 16).unwrap_or(0);
    tx.lock(section).await?;
    let kept = idempotency::Entity::find_by_id((user.0, key.clone()))
        .one(tx.connection())
        .await
        .doing("read an idempotency key")?;
    if let Some(kept) = kept {
        if kept.fingerprint == fingerprint {
            return Ok(Some(kept.slug));
        }
        return Err(Error::new(
            Kind::Conflict,
            "idempotency_key_reused",
            format!("The idempotency key was used for another request, which made {}.", kept.slug),
        )
        .with_hint("Use a new key for every new job."));
    }
    let row = idempotency::ActiveModel {
        user_id: Set(user.0),
        key: Set(key),
        fingerprint: Set(fingerprint),
        slug: Set(slug.to_owned()),
        created_at: Set(ctx.now().micros()),
    };
    idempotency::Entity::insert(row)
        .exec_without_returning(tx.connection())
        .await
        .doing("keep an idempotency key")?;
    Ok(None)
}
