//! Who holds how much of a group's quotas now.

use accounts::groups::Group;
use base::{Action, Error, GroupId, OpContext, Resources, Result};
use db::{ResultExt as _, Tx};
use futures::future::BoxFuture;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};

use super::Kind;
use super::entity::{Column, Entity, attempt};
use super::phase::Phase;
use crate::Workloads;

/// Something that holds a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub kind: Kind,
    pub slug: String,
    pub name: String,
    pub user_name: String,
    pub instance_type: String,
    pub resources: Resources,
}

/// A group's claims, as seen by one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub mine: Resources,
    pub group: Resources,
    /// Largest first.
    pub holders: Vec<Holder>,
}

impl Workloads {
    pub async fn group_usage(&self, ctx: &OpContext, group: &Group) -> Result<Usage> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let claims = attempt::Entity::find()
            .filter(attempt::Column::IsActive.eq(true))
            .filter(attempt::Column::GroupId.eq(group.id.0))
            .all(self.db.reader())
            .await
            .doing("read the group's claims")?;
        let rows = Entity::find()
            .filter(Column::Id.is_in(claims.iter().map(|claim| claim.workload_id)))
            .all(self.db.reader())
            .await
            .doing("read what holds claims")?;
        let me = ctx.actor_id();
        let mut usage = Usage::default();
        for claim in claims {
            let resources = Resources::new(claim.cpu_milli, claim.memory_mib, claim.gpu);
            usage.group += resources;
            if me.is_some_and(|me| claim.user_id == Some(me.0)) {
                usage.mine += resources;
            }
            if let Some(row) = rows.iter().find(|row| row.id == claim.workload_id) {
                usage.holders.push(Holder {
                    kind: row.kind()?,
                    slug: row.slug.clone(),
                    name: row.name.clone(),
                    user_name: row.user_name.clone(),
                    instance_type: row.instance_type.clone(),
                    resources,
                });
            }
        }
        usage.holders.sort_by_key(|holder| {
            std::cmp::Reverse((holder.resources.gpu, holder.resources.cpu_milli, holder.resources.memory_mib))
        });
        Ok(usage)
    }

    /// What all groups hold together; for platform admins.
    pub async fn total_usage(&self, ctx: &OpContext) -> Result<Resources> {
        ctx.require_platform_admin()?;
        let claims = attempt::Entity::find()
            .filter(attempt::Column::IsActive.eq(true))
            .all(self.db.reader())
            .await
            .doing("read all claims")?;
        Ok(claims.iter().fold(Resources::ZERO, |sum, claim| {
            sum + Resources::new(claim.cpu_milli, claim.memory_mib, claim.gpu)
        }))
    }

    /// How many jobs of the group wait or run.
    pub async fn active_jobs(&self, ctx: &OpContext, group: &Group) -> Result<u64> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        count_active(self.db.reader(), group.id).await
    }

    /// Removes a group whose jobs have all ended; one that still has some is refused.
    pub async fn delete_group(&self, ctx: &OpContext, name: &str) -> Result<()> {
        ctx.require_platform_admin()?;
        self.accounts.delete_group(ctx, name, all_ended).await
    }
}

async fn count_active(connection: &impl ConnectionTrait, group: GroupId) -> Result<u64> {
    Entity::find()
        .filter(Column::GroupId.eq(group.0))
        .filter(Column::Phase.is_in(Phase::UNFINISHED.map(Phase::as_str)))
        .count(connection)
        .await
        .doing("count active jobs")
}

/// Refuses while something of the group waits or runs.
fn all_ended(tx: &Tx, group: GroupId) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let active = count_active(tx.connection(), group).await?;
        if active == 0 {
            return Ok(());
        }
        let text = format!("{active} jobs and notebooks of this group still wait or run.");
        Err(Error::conflict("group_in_use", text).with_hint("Cancel or stop them first."))
    })
}
