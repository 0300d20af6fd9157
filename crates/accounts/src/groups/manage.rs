//! Making, changing and removing groups.

use std::collections::HashMap;
use std::sync::Arc;

use base::error::FieldErrors;
use base::resources::Quota;
use base::{Action, Error, GroupId, OpContext, Result, Role, UserId, names};
use db::{ResultExt as _, Topic, Tx};
use futures::future::BoxFuture;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _, ModelTrait as _};

use super::{Group, Membership, entity, store};
use crate::Accounts;
use crate::audit::{self, Entry};

/// The largest amounts that a quota may name: far beyond any machine, far from overflow.
const MOST: i64 = 1_000_000_000;

/// A group to make.
#[derive(Clone, Debug, Default)]
pub struct NewGroup {
    pub name: String,
    pub display_name: String,
    pub user_quota: Quota,
    pub group_quota: Quota,
    pub default_time_limit_s: Option<i64>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct GroupChange {
    pub display_name: Option<String>,
    pub user_quota: Option<Quota>,
    pub group_quota: Option<Quota>,
    /// `Some(None)` goes back to the system's default.
    pub default_time_limit_s: Option<Option<i64>>,
}

fn check_quotas(errors: &mut FieldErrors, user: &Quota, group: &Quota) {
    let mut check = |what: &str, unit: &str, user: Option<i64>, group: Option<i64>, step: i64| {
        for (side, value) in [("user", user), ("group", group)] {
            let field = format!("{side}_{what}");
            match value {
                Some(value) if value < 0 => {
                    errors.add(field, "A quota is 0 or more; leave it empty for unlimited.");
                }
                Some(value) if value > MOST => {
                    errors.add(field, "This is more than any machine has. Leave it empty for unlimited.");
                }
                Some(value) if value % step != 0 => errors.add(field, format!("Use steps of {unit}.")),
                _ => {}
            }
        }
        if let (Some(user), Some(group)) = (user, group)
            && user > group
        {
            errors.add(
                format!("user_{what}"),
                "One member can't have more than the whole group. Lower it or raise the group's.",
            );
        }
    };
    check("cpu", "0.5 cores", user.cpu_milli, group.cpu_milli, 500);
    check("memory", "1 MiB", user.memory_mib, group.memory_mib, 1);
    check("gpu", "1 GPU", user.gpu, group.gpu, 1);
}

fn check_time_limit(errors: &mut FieldErrors, seconds: Option<i64>) {
    if seconds.is_some_and(|seconds| !(0..=365 * 86_400).contains(&seconds)) {
        errors.add("default_time_limit", "Use 0 (no limit) to 365 days.");
    }
}

/// Checks and writes a new group.
pub(crate) async fn insert(tx: &Tx, ctx: &OpContext, input: NewGroup) -> Result<Group> {
    let mut errors = FieldErrors::default();
    let name = errors.check("name", names::group_name(&input.name));
    let display_name = if input.display_name.trim().is_empty() { &input.name } else { &input.display_name };
    let display_name = errors.check("display_name", names::display_name(display_name, 80));
    check_quotas(&mut errors, &input.user_quota, &input.group_quota);
    check_time_limit(&mut errors, input.default_time_limit_s);
    let (Some(name), Some(display_name), true) = (name, display_name, errors.is_empty()) else {
        return Err(errors.into_error());
    };
    let path = names::group_path(&name);
    if let Some(other) = store::by_path(tx.connection(), &path).await? {
        return Err(Error::field(
            "name",
            format!("The group “{}” has this name or folder already. Choose another name.", other.name),
        )
        .with_code("group_conflict_name"));
    }
    let now = ctx.now().micros();
    let row = entity::ActiveModel {
        id: Set(GroupId::new(&*ctx.clock).0),
        name: Set(name),
        path: Set(path),
        display_name: Set(display_name),
        user_cpu_milli: Set(input.user_quota.cpu_milli),
        user_memory_mib: Set(input.user_quota.memory_mib),
        user_gpu: Set(input.user_quota.gpu),
        group_cpu_milli: Set(input.group_quota.cpu_milli),
        group_memory_mib: Set(input.group_quota.memory_mib),
        group_gpu: Set(input.group_quota.gpu),
        default_time_limit_s: Set(input.default_time_limit_s),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let row = row.insert(tx.connection()).await.doing("write a group")?;
    let id = GroupId(row.id);
    audit::record(
        tx,
        ctx,
        Entry { action: "group.create", group: Some(id), subject: &row.name, detail: String::new() },
    )
    .await?;
    tx.emit(ctx.now(), Some(id), Topic::Groups, row.name.clone()).await?;
    Ok(row.into())
}

impl Accounts {
    pub async fn create_group(&self, ctx: &OpContext, input: NewGroup) -> Result<Group> {
        ctx.require_platform_admin()?;
        let ctx = ctx.clone();
        self.db.write(move |tx| Box::pin(async move { insert(tx, &ctx, input).await })).await
    }

    /// Platform admins change everything; group admins the default time limit.
    pub async fn update_group(&self, ctx: &OpContext, name: &str, change: GroupChange) -> Result<Group> {
        let group = self.get_group(ctx, name).await?;
        ctx.require_in_group(Action::ManageGroup, group.id)?;
        if change.display_name.is_some() || change.user_quota.is_some() || change.group_quota.is_some() {
            ctx.require_platform_admin()?;
        }
        let mut errors = FieldErrors::default();
        let display_name = change
            .display_name
            .as_deref()
            .and_then(|text| errors.check("display_name", names::display_name(text, 80)));
        let user_quota = change.user_quota.unwrap_or(group.user_quota);
        let group_quota = change.group_quota.unwrap_or(group.group_quota);
        check_quotas(&mut errors, &user_quota, &group_quota);
        check_time_limit(&mut errors, change.default_time_limit_s.flatten());
        errors.finish()?;
        let (ctx, name) = (ctx.clone(), name.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row = store::require(tx.connection(), &name).await?;
                    let mut active = row.into_active_model();
                    if let Some(display_name) = display_name {
                        active.display_name = Set(display_name);
                    }
                    active.user_cpu_milli = Set(user_quota.cpu_milli);
                    active.user_memory_mib = Set(user_quota.memory_mib);
                    active.user_gpu = Set(user_quota.gpu);
                    active.group_cpu_milli = Set(group_quota.cpu_milli);
                    active.group_memory_mib = Set(group_quota.memory_mib);
                    active.group_gpu = Set(group_quota.gpu);
                    if let Some(limit) = change.default_time_limit_s {
                        active.default_time_limit_s = Set(limit);
                    }
                    active.updated_at = Set(ctx.now().micros());
                    let row = active.update(tx.connection()).await.doing("write a group")?;
                    let id = GroupId(row.id);
                    let detail = format!("user quota {user_quota:?}, group quota {group_quota:?}");
                    audit::record(
                        tx,
                        &ctx,
                        Entry { action: "group.update", group: Some(id), subject: &row.name, detail },
                    )
                    .await?;
                    tx.emit(ctx.now(), Some(id), Topic::Groups, row.name.clone()).await?;
                    Ok(row.into())
                })
            })
            .await
    }

    /// Removes a group and every row that belongs to it, unless `may_go` finds something in it that has to end first.
    /// Nothing is added to the group between that check and its end.
    pub async fn delete_group<F>(&self, ctx: &OpContext, name: &str, may_go: F) -> Result<()>
    where
        F: for<'a> FnOnce(&'a Tx, GroupId) -> BoxFuture<'a, Result<()>> + Send + 'static,
    {
        ctx.require_platform_admin()?;
        let (ctx, name) = (ctx.clone(), name.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row = store::require_alone(tx.connection(), &name).await?;
                    let id = GroupId(row.id);
                    may_go(tx, id).await?;
                    row.delete(tx.connection()).await.doing("delete a group")?;
                    audit::record(
                        tx,
                        &ctx,
                        Entry {
                            action: "group.delete",
                            group: Some(id),
                            subject: &name,
                            detail: String::new(),
                        },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::Access, name).await
                })
            })
            .await
    }

    /// The group, if the actor may see it.
    pub async fn get_group(&self, ctx: &OpContext, name: &str) -> Result<Group> {
        let load = store::by_name(self.db.reader(), name);
        let row = self.caches.groups.get_or_load(ctx.catalogue, name.to_owned(), load).await?;
        let Some(row) = row else {
            // Whoever is not signed in hears 401, not whether the group exists.
            if matches!(ctx.actor, base::Actor::Anonymous) {
                ctx.person()?;
            }
            return Err(store::missing());
        };
        ctx.require_in_group(Action::ReadGroup, GroupId(row.id))?;
        Ok(row.into())
    }

    /// The groups of the person who asks, with their roles, by name.
    pub async fn my_groups(&self, ctx: &OpContext) -> Result<Arc<Vec<Membership>>> {
        self.memberships(ctx.catalogue, ctx.person()?.id).await
    }

    pub(crate) async fn memberships(
        &self,
        catalogue: Option<i64>,
        user: UserId,
    ) -> Result<Arc<Vec<Membership>>> {
        let load = async {
            let roles = store::roles_of(self.db.reader(), user).await?;
            let roles: HashMap<GroupId, Role> = roles.into_iter().collect();
            let rows = store::of_user(self.db.reader(), user).await?;
            let memberships = rows.into_iter().filter_map(|row| {
                let group = Group::from(row);
                roles.get(&group.id).map(|role| Membership { role: *role, group })
            });
            Ok(Some(Arc::new(memberships.collect())))
        };
        Ok(self.caches.memberships.get_or_load(catalogue, user, load).await?.unwrap_or_default())
    }

    /// Every group, by name; for platform admins.
    pub async fn list_groups(
        &self,
        ctx: &OpContext,
        search: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Group>> {
        ctx.require_platform_admin()?;
        let rows = store::list(self.db.reader(), db::search_text(search)?, after, limit).await?;
        Ok(rows.into_iter().map(Group::from).collect())
    }

    /// Groups inside a transaction; for claims.
    pub async fn groups_in(&self, tx: &Tx, ctx: &OpContext, ids: &[GroupId]) -> Result<Vec<Group>> {
        ctx.require_platform_admin()?;
        Ok(store::by_ids(tx.connection(), ids).await?.into_iter().map(Group::from).collect())
    }

    /// Every group's quotas; for the scheduler.
    pub async fn groups_by_ids(&self, ctx: &OpContext, ids: &[GroupId]) -> Result<Vec<Group>> {
        ctx.require_platform_admin()?;
        Ok(store::by_ids(self.db.reader(), ids).await?.into_iter().map(Group::from).collect())
    }
}
