//! Values of variables that sound secret: only the submitter sees them.
//!
//! For others such a value is a reference to the job that has it. A copy of the job keeps the reference, so that whoever
//! made the copy does not see the value either; it is looked up when the copy starts. The command has to be the same:
//! another one could print it.

use std::collections::BTreeMap;

use accounts::groups::Group;
use base::redact::is_secret_name;
use base::{Error, GroupId, OpContext, Result, UserId, names};

use db::ResultExt as _;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::entity::{Column, Entity, Model};
use super::{Runs, Spec, store};
use crate::Workloads;

/// What stands before the workload's slug.
const HIDDEN: &str = "••••••@";
/// References are written to the first job, so two steps would do.
const MOST_COPIES: usize = 8;

/// Whether this person sees the workload's secrets.
pub(crate) fn may_see(ctx: &OpContext, row: &Model) -> bool {
    matches!(ctx.actor, base::Actor::System(_)) || ctx.actor_id().map(|id| id.0) == row.user_id
}

/// Puts a reference to the workload in the place of each secret.
pub(crate) fn hide(slug: &str, variables: &mut BTreeMap<String, String>) {
    for (name, value) in variables {
        if is_secret_name(name) {
            *value = format!("{HIDDEN}{slug}");
        }
    }
}

/// A secret where it was written down.
struct Kept {
    row: Model,
    runs: Runs,
    value: String,
}

impl Workloads {
    /// What a reference to a job's variable leads to, from copy to copy.
    async fn kept(&self, group: GroupId, name: &str, reference: &str) -> Result<Option<Kept>> {
        let mut slug = reference.to_owned();
        for _ in 0..MOST_COPIES {
            let found = Entity::find()
                .filter(Column::Slug.eq(&slug))
                .filter(Column::GroupId.eq(group.0))
                .one(self.db.reader())
                .await
                .doing("read the workload that has a secret")?;
            let Some(row) = found else { return Ok(None) };
            let mut of = store::spec(self.db.reader(), row.workload()).await?;
            let Some(value) = of.variables.remove(name) else { return Ok(None) };
            match value.strip_prefix(HIDDEN) {
                Some(further) => slug = further.to_owned(),
                None => return Ok(Some(Kept { row, runs: of.runs, value })),
            }
        }
        Ok(None)
    }

    /// The variables of a new job: references to one's own secrets become their values, those to others' stay if both
    /// run the same script.
    pub(crate) async fn checked(&self, group: &Group, user: UserId, spec: &Spec) -> Result<Spec> {
        let mut checked = spec.clone();
        for (name, value) in &mut checked.variables {
            let Some(reference) = value.strip_prefix(HIDDEN) else { continue };
            let refused = |why: &str| {
                Error::field(
                    "environment",
                    format!("The value of “{}” {why}. Write the value itself.", names::cut(name, 60)),
                )
            };
            let kept = self.kept(group.id, name, reference).await?;
            let kept = kept.ok_or_else(|| refused("refers to a job that has none, or is not there"))?;
            *value = if kept.row.user_id == Some(user.0) {
                kept.value
            } else if kept.runs.is_surely_same_program(&spec.runs) {
                format!("{HIDDEN}{}", kept.row.slug)
            } else {
                return Err(refused(
                    "is hidden, and stays what it was only in a job that runs the same command, not in a notebook's",
                ));
            };
        }
        Ok(checked)
    }

    /// The variables as the job finds them. A reference to a job that is gone stays one.
    pub(crate) async fn revealed(&self, group: GroupId, mut spec: Spec) -> Result<Spec> {
        for (name, value) in &mut spec.variables {
            if let Some(reference) = value.strip_prefix(HIDDEN)
                && let Some(kept) = self.kept(group, name, reference).await?
            {
                *value = kept.value;
            }
        }
        Ok(spec)
    }
}
