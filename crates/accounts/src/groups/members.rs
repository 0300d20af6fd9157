//! Who belongs to a group, in which role.

use std::collections::{BTreeMap, BTreeSet};

use base::{Action, Error, GroupId, OpContext, Result, Role, UserId};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, ModelTrait as _,
    QueryFilter as _,
};

use super::entity::member;
use super::{Membership, store};
use crate::audit::{self, Entry};
use crate::users::entity as user;
use crate::{Accounts, access_keys, users};

/// A member as pages and the API show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub name: String,
    pub display_name: String,
    pub enabled: bool,
    pub role: Role,
}

/// Adds somebody, or changes their role.
pub(crate) async fn upsert(
    tx: &Tx,
    ctx: &OpContext,
    group: GroupId,
    user: UserId,
    user_name: &str,
    role: Role,
) -> Result<()> {
    let now = ctx.now();
    match member::Entity::find_by_id((group.0, user.0))
        .one(tx.connection())
        .await
        .doing("read a membership")?
    {
        Some(row) if store::role(&row) == role => return Ok(()),
        Some(row) => {
            let mut active = row.into_active_model();
            active.role = Set(role.as_str().to_owned());
            active.update(tx.connection()).await.doing("write a membership")?;
        }
        None => {
            let row = member::ActiveModel {
                group_id: Set(group.0),
                user_id: Set(user.0),
                role: Set(role.as_str().to_owned()),
                created_at: Set(now.micros()),
            };
            row.insert(tx.connection()).await.doing("write a membership")?;
        }
    }
    let detail = format!("role {}", role.as_str());
    audit::record(
        tx,
        ctx,
        Entry { action: "group.add-member", group: Some(group), subject: user_name, detail },
    )
    .await?;
    tx.emit(now, Some(group), Topic::Access, user_name).await
}

impl Accounts {
    /// Adds a member or sets their role.
    pub async fn add_member(&self, ctx: &OpContext, group: &str, user: &str, role: Role) -> Result<()> {
        ctx.require_platform_admin()?;
        let (ctx, group, user) = (ctx.clone(), group.to_owned(), user.trim().to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let group = store::require(tx.connection(), &group).await?;
                    let row = users_row(tx, &user).await?;
                    upsert(tx, &ctx, GroupId(group.id), UserId(row.id), &row.name, role).await
                })
            })
            .await
    }

    pub async fn remove_member(&self, ctx: &OpContext, group: &str, user: &str) -> Result<()> {
        ctx.require_platform_admin()?;
        let (ctx, group, user) = (ctx.clone(), group.to_owned(), user.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let group = GroupId(store::require(tx.connection(), &group).await?.id);
                    let row = users_row(tx, &user).await?;
                    let membership = member::Entity::find_by_id((group.0, row.id))
                        .one(tx.connection())
                        .await
                        .doing("read a membership")?;
                    let membership =
                        membership.ok_or_else(|| Error::not_found(format!("member named “{}”", row.name)))?;
                    tx.lock_row(row.id).await?;
                    membership.delete(tx.connection()).await.doing("delete a membership")?;
                    let keys =
                        access_keys::store::delete_all(tx.connection(), UserId(row.id), Some(group)).await?;
                    let entry = Entry {
                        action: "group.remove-member",
                        group: Some(group),
                        subject: &row.name,
                        detail: if keys > 0 { format!("with {keys} access keys") } else { String::new() },
                    };
                    audit::record(tx, &ctx, entry).await?;
                    tx.emit(ctx.now(), Some(group), Topic::Access, row.name).await
                })
            })
            .await
    }

    /// The members of a group that the actor may see, by name.
    pub async fn list_members(&self, ctx: &OpContext, group: GroupId) -> Result<Vec<Member>> {
        ctx.require_in_group(Action::ReadGroup, group)?;
        let rows = member::Entity::find()
            .filter(member::Column::GroupId.eq(group.0))
            .all(self.db.reader())
            .await
            .doing("list members")?;
        let people = user::Entity::find()
            .filter(user::Column::Id.is_in(rows.iter().map(|row| row.user_id)))
            .all(self.db.reader())
            .await
            .doing("read the members' accounts")?;
        let mut members: Vec<Member> = rows
            .iter()
            .filter_map(|row| {
                let person = people.iter().find(|person| person.id == row.user_id)?;
                Some(Member {
                    user: UserId(person.id),
                    name: person.name.clone(),
                    display_name: person.display_name.clone(),
                    enabled: person.enabled,
                    role: store::role(row),
                })
            })
            .collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(members)
    }

    /// How many members each of the groups has.
    pub async fn count_members(&self, ctx: &OpContext, groups: &[GroupId]) -> Result<BTreeMap<GroupId, u32>> {
        ctx.require_platform_admin()?;
        let mut counts = BTreeMap::new();
        for row in store::members_of(self.db.reader(), groups).await? {
            *counts.entry(GroupId(row.group_id)).or_default() += 1;
        }
        Ok(counts)
    }

    /// The names of the groups of each of the users.
    pub async fn group_names_of(
        &self,
        ctx: &OpContext,
        users: &[UserId],
    ) -> Result<BTreeMap<UserId, Vec<String>>> {
        ctx.require_platform_admin()?;
        let rows = member::Entity::find()
            .filter(member::Column::UserId.is_in(users.iter().map(|user| user.0)))
            .all(self.db.reader())
            .await
            .doing("read memberships")?;
        let ids: BTreeSet<GroupId> = rows.iter().map(|row| GroupId(row.group_id)).collect();
        let ids: Vec<GroupId> = ids.into_iter().collect();
        let groups: BTreeMap<_, _> = store::names(self.db.reader(), &ids).await?.into_iter().collect();
        let mut names: BTreeMap<UserId, Vec<String>> = BTreeMap::new();
        for row in rows {
            if let Some(name) = groups.get(&row.group_id) {
                names.entry(UserId(row.user_id)).or_default().push(name.clone());
            }
        }
        Ok(names)
    }

    /// The groups of somebody, by name; for platform admins.
    pub async fn groups_of(&self, ctx: &OpContext, user: UserId) -> Result<Vec<Membership>> {
        ctx.require_platform_admin()?;
        let roles = store::roles_of(self.db.reader(), user).await?;
        let rows = store::of_user(self.db.reader(), user).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let role = roles.iter().find(|(id, _)| id.0 == row.id)?.1;
                Some(Membership { group: row.into(), role })
            })
            .collect())
    }
}

async fn users_row(tx: &Tx, name: &str) -> Result<user::Model> {
    users::by_name(tx, name).await?.ok_or_else(|| {
        Error::field(
            "user",
            format!("There is no user named “{}”. Make the user first.", base::names::cut(name, 63)),
        )
    })
}
