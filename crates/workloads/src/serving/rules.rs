//! How long a workload that serves HTTP may be idle, and how long it may live.
//!
//! What the person chose counts, else the group's default, else the installation's; the limit of the instance type
//! caps them all. 0 is never.

use accounts::audit::{self, Entry};
use accounts::groups::Group;
use base::error::FieldErrors;
use base::{Action, OpContext, Result};
use db::ResultExt as _;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait as _};
use uuid::Uuid;

use super::entity::rule;
use crate::Workloads;
use crate::instance_types::store as types;

/// A shorter time would stop people between two thoughts.
const LEAST_SECONDS: i64 = 60;
const MOST_SECONDS: i64 = 365 * 86_400;

/// Seconds; `None` where nothing is said, 0 is never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdleRule {
    pub idle_s: Option<i64>,
    pub lifetime_s: Option<i64>,
}

impl IdleRule {
    /// Refuses what makes no sense, naming the field.
    pub(crate) fn check(&self, errors: &mut FieldErrors) {
        for (field, value) in [("idle", self.idle_s), ("lifetime", self.lifetime_s)] {
            if value.is_some_and(|s| s != 0 && !(LEAST_SECONDS..=MOST_SECONDS).contains(&s)) {
                errors.add(field, "Use 0 (never), or 1 minute to 365 days.");
            }
        }
    }

    /// What holds for a run: the wish, else the default, at most the limit.
    pub(crate) fn settle(wish: Self, group: Self, system: (i64, i64), limit: Self) -> (i64, i64) {
        let cap = |seconds: i64, most: Option<i64>| match most.filter(|most| *most > 0) {
            Some(most) if seconds == 0 => most,
            Some(most) => seconds.min(most),
            None => seconds,
        };
        let idle = wish.idle_s.or(group.idle_s).unwrap_or(system.0);
        let lifetime = wish.lifetime_s.or(group.lifetime_s).unwrap_or(system.1);
        (cap(idle, limit.idle_s), cap(lifetime, limit.lifetime_s))
    }
}

pub(crate) async fn rule<C: ConnectionTrait>(connection: &C, subject: Uuid) -> Result<IdleRule> {
    let row =
        rule::Entity::find_by_id(subject).one(connection).await.doing("read a rule for idle workloads")?;
    Ok(row.map_or_else(IdleRule::default, |row| IdleRule { idle_s: row.idle_s, lifetime_s: row.lifetime_s }))
}

impl Workloads {
    /// What a group's notebooks do when they say nothing themselves.
    pub async fn group_idle_rule(&self, ctx: &OpContext, group: &Group) -> Result<IdleRule> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        rule(self.db.reader(), group.id.0).await
    }

    pub async fn set_group_idle_rule(&self, ctx: &OpContext, group: &Group, new: IdleRule) -> Result<()> {
        ctx.require_in_group(Action::ManageGroup, group.id)?;
        self.write_rule(ctx, group.id.0, "group.idle", group.name.clone(), new).await
    }

    /// The most that anybody may choose for an instance type.
    pub async fn instance_type_idle_rule(&self, ctx: &OpContext, name: &str) -> Result<IdleRule> {
        ctx.require_platform_admin()?;
        let row = types::require(self.db.reader(), name).await?;
        rule(self.db.reader(), row.id).await
    }

    pub async fn set_instance_type_idle_rule(
        &self,
        ctx: &OpContext,
        name: &str,
        new: IdleRule,
    ) -> Result<()> {
        ctx.require_platform_admin()?;
        let row = types::require(self.db.reader(), name).await?;
        self.write_rule(ctx, row.id, "instance-type.idle", row.name, new).await
    }

    async fn write_rule(
        &self,
        ctx: &OpContext,
        subject: Uuid,
        action: &'static str,
        name: String,
        new: IdleRule,
    ) -> Result<()> {
        let mut errors = FieldErrors::default();
        new.check(&mut errors);
        if !errors.is_empty() {
            return Err(errors.into_error());
        }
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row = rule::ActiveModel {
                        subject_id: Set(subject),
                        idle_s: Set(new.idle_s),
                        lifetime_s: Set(new.lifetime_s),
                    };
                    rule::Entity::insert(row)
                        .on_conflict(
                            OnConflict::column(rule::Column::SubjectId)
                                .update_columns([rule::Column::IdleS, rule::Column::LifetimeS])
                                .to_owned(),
                        )
                        .exec_without_returning(tx.connection())
                        .await
                        .doing("write a rule for idle workloads")?;
                    let detail = format!("idle {:?} s, lifetime {:?} s", new.idle_s, new.lifetime_s);
                    audit::record(tx, &ctx, Entry { action, group: None, subject: &name, detail }).await
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_counts_and_the_limit_caps_it() {
        let rule = |idle_s, lifetime_s| IdleRule { idle_s, lifetime_s };
        let none = IdleRule::default();
        let system = (7200, 0);
        assert_eq!(IdleRule::settle(none, none, system, none), (7200, 0));
        assert_eq!(IdleRule::settle(none, rule(Some(600), Some(3600)), system, none), (600, 3600));
        assert_eq!(IdleRule::settle(rule(Some(0), None), rule(Some(600), None), system, none), (0, 0));
        let limit = rule(Some(1800), Some(86_400));
        assert_eq!(IdleRule::settle(rule(Some(0), None), none, system, limit), (1800, 86_400));
        assert_eq!(IdleRule::settle(rule(Some(60), Some(120)), none, system, limit), (60, 120));
    }
}
