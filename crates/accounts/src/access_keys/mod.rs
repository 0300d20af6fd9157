//! Access keys: pairs with which the clients of other products sign in as one person in one group.
//!
//! Invariants: the secret is shown once and kept as a keyed hash; a key gives no more than its person's role in its
//! group; it ends with the membership, the account or the group, and at once.

mod client_tokens;
pub mod entity;
mod snippets;
pub(crate) mod store;

pub use snippets::{clearml_conf, environment, notebook};

use base::error::FieldErrors;
use base::seal::Purpose;
use base::secret::random_text;
use base::{
    AccessKeyId, Action, Clock, Credential, Error, GroupId, OpContext, Person, Result, Secret, Timestamp,
    UserId, names,
};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use crate::audit::{self, Entry};
use crate::authenticate::{TOUCH_SECONDS, ignore_failure};
use crate::{Accounts, groups, users};

/// The longest life of an access key that has an end.
pub const MAX_DAYS: i64 = 3650;
/// The most keys of one person in one group.
const MAX_KEYS: usize = 100;
/// What access keys begin with, so that scanners know them and nothing reads them as a number.
const KEY_PREFIX: &str = "PK";
const KEY_CHARACTERS: usize = 28;
const SECRET_PREFIX: &str = "psk";
const SECRET_CHARACTERS: usize = 45;

/// A key as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    pub id: AccessKeyId,
    pub group: GroupId,
    pub label: String,
    /// The public half of the pair.
    pub access_key: String,
    pub created_at: Timestamp,
    /// `None` lives until it is revoked.
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// The address that it was last used from; empty before.
    pub last_used_from: String,
}

impl From<entity::Model> for AccessKey {
    fn from(row: entity::Model) -> Self {
        Self {
            id: AccessKeyId(row.id),
            group: GroupId(row.group_id),
            label: row.label,
            access_key: row.access_key,
            created_at: Timestamp(row.created_at),
            expires_at: row.expires_at.map(Timestamp),
            last_used_at: row.last_used_at.map(Timestamp),
            last_used_from: row.last_used_from,
        }
    }
}

/// A key to make.
#[derive(Clone, Debug, Default)]
pub struct NewAccessKey {
    /// What it is for; may be empty.
    pub label: String,
    /// `None` lives until it is revoked.
    pub days: Option<i64>,
}

/// Who signed in with an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// With the role in the key's group only.
    pub person: Person,
    pub credential: Credential,
    pub group: GroupId,
    pub group_name: String,
    pub access_key: String,
    pub expires_at: Option<Timestamp>,
}

/// A pair of letters and digits only: no quoting rule of a shell, HOCON or YAML matters.
fn new_pair(clock: &dyn Clock) -> (String, Secret) {
    let key = random_text(clock, KEY_CHARACTERS * 3);
    let key = key.chars().filter(|c| !c.is_ascii_lowercase()).take(KEY_CHARACTERS).collect::<String>();
    let secret = Secret::new(format!("{SECRET_PREFIX}{}", random_text(clock, SECRET_CHARACTERS)));
    (format!("{KEY_PREFIX}{key}"), secret)
}

impl Accounts {
    /// Makes a key in a group that the person is a member of. An API token can't; an access key without an end
    /// can, in its own group.
    pub async fn create_access_key(
        &self,
        ctx: &OpContext,
        group: GroupId,
        input: NewAccessKey,
    ) -> Result<(AccessKey, Secret)> {
        let person = ctx.person()?;
        ctx.require_in_group(Action::RunWorkload, group)?;
        if let Credential::Token { .. } = ctx.credential {
            return Err(Error::forbidden("A token can't make access keys.")
                .with_hint("Sign in and make it on your profile."));
        }
        if let Credential::AccessKey(_) = ctx.credential
            && self.holder_of_credential(ctx).await?.expires_at.is_some()
        {
            return Err(Error::forbidden("An access key that has an end can't make others.")
                .with_hint("Sign in and make it on your profile."));
        }
        let (user, name) = (person.id, person.name.clone());
        self.insert_access_key(ctx, user, name, group, input).await
    }

    /// Makes a key for somebody; for the command line.
    pub async fn create_access_key_for(
        &self,
        ctx: &OpContext,
        user: &str,
        group: &str,
        input: NewAccessKey,
    ) -> Result<(AccessKey, Secret)> {
        let (user, group) = (self.user_for_command(ctx, user).await?, self.get_group(ctx, group).await?);
        let roles = groups::store::roles_of(self.db.reader(), user.0).await?;
        if roles.iter().all(|(of, _)| *of != group.id) {
            let text = format!("{} is no member of the group “{}”.", user.1, group.name);
            return Err(Error::field("group", text).with_hint("Add them to the group first."));
        }
        self.insert_access_key(ctx, user.0, user.1, group.id, input).await
    }

    /// Id and name of a user whom the command line names.
    pub(crate) async fn user_for_command(&self, ctx: &OpContext, name: &str) -> Result<(UserId, String)> {
        if !matches!(ctx.actor, base::Actor::System(_)) {
            return Err(Error::forbidden("Only the server's own command line acts for others."));
        }
        let row = users::by_name_in(self.db.reader(), name).await?;
        let row = row.ok_or_else(|| Error::not_found(format!("user named “{}”", names::cut(name, 63))))?;
        Ok((UserId(row.id), row.name))
    }

    async fn insert_access_key(
        &self,
        ctx: &OpContext,
        user: UserId,
        user_name: String,
        group: GroupId,
        input: NewAccessKey,
    ) -> Result<(AccessKey, Secret)> {
        let mut errors = FieldErrors::default();
        let label = check_label(&mut errors, &input.label);
        if input.days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
            errors.add("days", format!("An access key lives 1 to {MAX_DAYS} days, or until it is revoked."));
        }
        errors.finish()?;
        let (access_key, secret) = new_pair(&*ctx.clock);
        let now = ctx.now();
        let row = entity::ActiveModel {
            id: Set(AccessKeyId::new(&*ctx.clock).0),
            user_id: Set(user.0),
            group_id: Set(group.0),
            label: Set(label),
            access_key: Set(access_key),
            secret_hash: Set(self.keys.hash(Purpose::AccessKeys, secret.expose())?),
            created_at: Set(now.micros()),
            expires_at: Set(input.days.map(|days| now.plus_seconds(days * 86_400).micros())),
            last_used_at: Set(None),
            last_used_from: Set(String::new()),
        };
        let ctx = ctx.clone();
        let made = self
            .db
            .write(move |tx| Box::pin(async move { insert(tx, &ctx, user, &user_name, group, row).await }))
            .await?;
        Ok((made, secret))
    }

    /// One's own keys, in one group or all of them, newest first.
    pub async fn list_access_keys(&self, ctx: &OpContext, group: Option<GroupId>) -> Result<Vec<AccessKey>> {
        let group = match (group, &ctx.credential) {
            // What signs in for one group knows of one group.
            (_, Credential::AccessKey(_)) => Some(only_group(ctx)?),
            (group, _) => group,
        };
        let rows = store::list(self.db.reader(), ctx.person()?.id, group).await?;
        Ok(rows.into_iter().map(AccessKey::from).collect())
    }

    /// Somebody's keys; for the command line.
    pub async fn list_access_keys_of(&self, ctx: &OpContext, user: &str) -> Result<Vec<AccessKey>> {
        let (user, _) = self.user_for_command(ctx, user).await?;
        let rows = store::list(self.db.reader(), user, None).await?;
        Ok(rows.into_iter().map(AccessKey::from).collect())
    }

    /// Says anew what one of one's own keys is for.
    pub async fn rename_access_key(&self, ctx: &OpContext, access_key: &str, label: &str) -> Result<()> {
        let person = ctx.person()?.clone();
        ctx.require_write()?;
        let mut errors = FieldErrors::default();
        let label = check_label(&mut errors, label);
        errors.finish()?;
        let (ctx, access_key) = (ctx.clone(), access_key.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row = own(tx, &ctx, person.id, &access_key).await?;
                    let group = GroupId(row.group_id);
                    let detail = format!("“{}” is “{label}” now", row.label);
                    let mut active = row.into_active_model();
                    active.label = Set(label);
                    active.update(tx.connection()).await.doing("rename an access key")?;
                    let subject = access_key.as_str();
                    let entry = Entry { action: "access-key.rename", group: Some(group), subject, detail };
                    audit::record(tx, &ctx, entry).await
                })
            })
            .await
    }

    /// Ends one of one's own keys at once, and every token that was given for it.
    pub async fn revoke_access_key(&self, ctx: &OpContext, access_key: &str) -> Result<()> {
        let person = ctx.person()?.clone();
        ctx.require_write()?;
        let (ctx, access_key) = (ctx.clone(), access_key.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row = own(tx, &ctx, person.id, &access_key).await?;
                    revoke(tx, &ctx, row, &person.name).await
                })
            })
            .await
    }

    /// Ends anybody's key; for the command line.
    pub async fn revoke_access_key_of(&self, ctx: &OpContext, access_key: &str) -> Result<()> {
        ctx.require_platform_admin()?;
        let (ctx, access_key) = (ctx.clone(), access_key.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row = store::by_access_key(tx.connection(), &access_key).await?;
                    let row = row.ok_or_else(|| Error::not_found("access key"))?;
                    let name = users::by_id(tx.connection(), UserId(row.user_id)).await?;
                    revoke(tx, &ctx, row, &name.map(|user| user.name).unwrap_or_default()).await
                })
            })
            .await
    }

    /// The person of a pair, or 401 with a code that tells an unknown pair.
    pub async fn authenticate_access_key(
        &self,
        ctx: &OpContext,
        access_key: &str,
        secret: &str,
    ) -> Result<KeyHolder> {
        let row = self.access_key_row(ctx, access_key).await?.ok_or_else(refused)?;
        if !self.keys.matches(Purpose::AccessKeys, secret, &row.secret_hash)? {
            return Err(refused());
        }
        if !row.secret_hash.starts_with(self.keys.ids().next().unwrap_or_default()) {
            self.hash_again(&row, secret).await;
        }
        self.holder(ctx, row).await
    }

    /// The person of a key that was shown before; for the tokens that are given for keys.
    pub async fn holder_of_access_key(&self, ctx: &OpContext, access_key: &str) -> Result<KeyHolder> {
        let row = self.access_key_row(ctx, access_key).await?.ok_or_else(refused)?;
        self.holder(ctx, row).await
    }

    /// The person whose access key this request came with.
    pub async fn holder_of_credential(&self, ctx: &OpContext) -> Result<KeyHolder> {
        let Credential::AccessKey(id) = ctx.credential else { return Err(refused()) };
        let row = store::by_id(self.db.reader(), id.0).await?.ok_or_else(refused)?;
        self.holder(ctx, row).await
    }

    async fn access_key_row(&self, ctx: &OpContext, access_key: &str) -> Result<Option<entity::Model>> {
        let load = store::by_access_key(self.db.reader(), access_key);
        self.caches.access_keys.get_or_load(ctx.catalogue, access_key.to_owned(), load).await
    }

    async fn holder(&self, ctx: &OpContext, row: entity::Model) -> Result<KeyHolder> {
        let now = ctx.now();
        if row.expires_at.is_some_and(|expires_at| expires_at <= now.micros()) {
            return Err(refused());
        }
        let mut person = self.person(ctx.catalogue, UserId(row.user_id)).await?.ok_or_else(refused)?;
        let group = GroupId(row.group_id);
        let memberships = self.memberships(ctx.catalogue, person.id).await?;
        let membership = memberships.iter().find(|one| one.group.id == group).ok_or_else(refused)?;
        let group_name = membership.group.name.clone();
        narrow(&mut person, Some(group));
        if row.last_used_at.is_none_or(|used| now.seconds_since(Timestamp(used)) >= TOUCH_SECONDS) {
            self.caches.access_keys.forget(&row.access_key);
            let (id, from) = (row.id, ctx.address.map(|address| address.to_string()).unwrap_or_default());
            let touch = self.db.write(move |tx| {
                Box::pin(async move { store::touch(tx.connection(), id, now, &from).await })
            });
            ignore_failure(touch.await);
        }
        Ok(KeyHolder {
            person,
            credential: Credential::AccessKey(AccessKeyId(row.id)),
            group,
            group_name,
            access_key: row.access_key,
            expires_at: row.expires_at.map(Timestamp),
        })
    }

    /// Keeps the hash under the present key of the ring, so that the old one can go some day.
    async fn hash_again(&self, row: &entity::Model, secret: &str) {
        let Ok(hash) = self.keys.hash(Purpose::AccessKeys, secret) else { return };
        let row = row.clone();
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                let Some(row) = store::by_id(tx.connection(), row.id).await? else { return Ok(()) };
                let mut active = row.into_active_model();
                active.secret_hash = Set(hash);
                active.update(tx.connection()).await.doing("hash an access key again").map(drop)
            })
        });
        ignore_failure(written.await);
    }
}

/// Leaves the person the role in this group only.
pub(crate) fn narrow(person: &mut Person, group: Option<GroupId>) {
    person.roles.retain(|(of, _)| Some(*of) == group);
    person.is_platform_admin = false;
}

fn refused() -> Error {
    Error::unauthenticated("This access key is unknown, expired or revoked, or its secret is another one.")
        .with_code("bad_access_key")
        .with_hint("Make a new one on your profile, under Access keys.")
}

/// The group that an access key is for.
fn only_group(ctx: &OpContext) -> Result<GroupId> {
    ctx.person()?.roles.first().map(|(group, _)| *group).ok_or_else(refused)
}

fn check_label(errors: &mut FieldErrors, label: &str) -> String {
    match label.trim() {
        "" => String::new(),
        label => errors.check("label", names::display_name(label, 60)).unwrap_or_default(),
    }
}

/// The row, if it is the person's, and of the group that they signed in for.
async fn own(tx: &Tx, ctx: &OpContext, user: UserId, access_key: &str) -> Result<entity::Model> {
    let only = match ctx.credential {
        Credential::AccessKey(_) => Some(only_group(ctx)?),
        _ => None,
    };
    store::by_access_key(tx.connection(), access_key)
        .await?
        .filter(|row| row.user_id == user.0 && only.is_none_or(|group| group.0 == row.group_id))
        .ok_or_else(|| Error::not_found("access key"))
}

async fn revoke(tx: &Tx, ctx: &OpContext, row: entity::Model, user_name: &str) -> Result<()> {
    store::delete(tx.connection(), row.id).await?;
    let (group, subject) = (Some(GroupId(row.group_id)), row.access_key.as_str());
    let detail = format!("“{}” of {user_name}", row.label);
    audit::record(tx, ctx, Entry { action: "access-key.revoke", group, subject, detail }).await?;
    tx.emit(ctx.now(), None, Topic::Access, user_name).await
}

async fn insert(
    tx: &Tx,
    ctx: &OpContext,
    user: UserId,
    user_name: &str,
    group: GroupId,
    row: entity::ActiveModel,
) -> Result<AccessKey> {
    // Whoever leaves the group at this moment takes their keys along.
    tx.lock_row(user).await?;
    let roles = groups::store::roles_of(tx.connection(), user).await?;
    if roles.iter().all(|(of, _)| *of != group) {
        return Err(groups::store::missing());
    }
    if store::list(tx.connection(), user, Some(group)).await?.len() >= MAX_KEYS {
        let text = format!("You have {MAX_KEYS} access keys in this group, which is the most.");
        return Err(
            Error::conflict("too_many_access_keys", text).with_hint("Revoke those that you no longer use.")
        );
    }
    let row = row.insert(tx.connection()).await.doing("write an access key")?;
    let detail = format!("“{}” of {user_name}", row.label);
    let subject = row.access_key.as_str();
    audit::record(tx, ctx, Entry { action: "access-key.create", group: Some(group), subject, detail })
        .await?;
    Ok(row.into())
}
