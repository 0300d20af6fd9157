//! What platform admins do with users.

use base::error::FieldErrors;
use base::{Error, OpContext, Result, Secret, UserId, names};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ActiveModelTrait as _, ConnectionTrait, IntoActiveModel as _, ModelTrait as _};

use super::{Density, Scale, Theme, User, entity, store};
use crate::audit::{self, Entry};
use crate::{Accounts, access_keys, passwords, sessions, ssh_keys, tokens};

/// A user to make.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    /// Without one the person can't sign in until an admin sets it.
    pub password: Option<Secret>,
    pub is_platform_admin: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub display_name: Option<String>,
    /// `Some(None)` removes the address.
    pub email: Option<Option<String>>,
    pub is_platform_admin: Option<bool>,
    pub enabled: Option<bool>,
}

/// A new user whose fields hold; the password is still to be hashed.
pub(crate) fn check_new(input: &NewUser) -> Result<NewUser> {
    let mut errors = FieldErrors::default();
    let name = errors.check("name", names::user_name(&input.name));
    let display_name =
        if input.display_name.trim().is_empty() { input.name.clone() } else { input.display_name.clone() };
    let display_name = errors.check("display_name", names::display_name(&display_name, 80));
    let email = input.email.as_deref().filter(|email| !email.trim().is_empty());
    let email = email.and_then(|email| errors.check("email", names::email(email)));
    if let Some(password) = &input.password {
        let words = [input.name.as_str(), email.as_deref().unwrap_or_default(), "portico"];
        errors.check("password", passwords::check_new(password.expose(), &words));
    }
    match (name, display_name) {
        (Some(name), Some(display_name)) if errors.is_empty() => Ok(NewUser {
            name,
            display_name,
            email,
            password: input.password.clone(),
            is_platform_admin: input.is_platform_admin,
        }),
        _ => Err(errors.into_error()),
    }
}

/// Writes the row of a checked user.
pub(crate) async fn insert(
    tx: &Tx,
    ctx: &OpContext,
    user: NewUser,
    password_hash: Option<String>,
) -> Result<User> {
    if store::by_name(tx.connection(), &user.name).await?.is_some() {
        return Err(Error::field(
            "name",
            format!("A user named “{}” is there already. Choose another name.", user.name),
        ));
    }
    let now = ctx.now().micros();
    let row = entity::ActiveModel {
        id: Set(UserId::new(&*ctx.clock).0),
        name: Set(user.name),
        display_name: Set(user.display_name),
        email: Set(user.email),
        password_hash: Set(password_hash),
        is_platform_admin: Set(user.is_platform_admin),
        enabled: Set(true),
        theme: Set(Theme::default().as_str().to_owned()),
        density: Set(Density::default().as_str().to_owned()),
        scale: Set(Scale::default().percent()),
        time_zone: Set("UTC".to_owned()),
        created_at: Set(now),
        updated_at: Set(now),
        last_sign_in_at: Set(None),
        client_preferences: Set("{}".to_owned()),
        searched: NotSet,
    };
    let row = row.insert(tx.connection()).await.map_err(email_taken)?;
    let detail = if row.is_platform_admin { "platform admin" } else { "" }.to_owned();
    audit::record(tx, ctx, Entry { action: "user.create", group: None, subject: &row.name, detail }).await?;
    tx.emit(ctx.now(), None, Topic::Users, row.name.clone()).await?;
    Ok(row.into())
}

fn email_taken(error: sea_orm::DbErr) -> Error {
    if db::is_unique_violation(&error) {
        Error::field("email", "Another user has this e-mail address.")
    } else {
        Error::internal_from("write a user", error)
    }
}

impl Accounts {
    pub async fn create_user(&self, ctx: &OpContext, input: NewUser) -> Result<User> {
        ctx.require_platform_admin()?;
        let user = check_new(&input)?;
        let hash = match &user.password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let ctx = ctx.clone();
        self.db.write(move |tx| Box::pin(async move { insert(tx, &ctx, user, hash).await })).await
    }

    pub async fn update_user(&self, ctx: &OpContext, name: &str, change: UserChange) -> Result<User> {
        ctx.require_platform_admin()?;
        let mut errors = FieldErrors::default();
        let display_name = change
            .display_name
            .as_deref()
            .and_then(|text| errors.check("display_name", names::display_name(text, 80)));
        let email = match &change.email {
            Some(Some(email)) if !email.trim().is_empty() => {
                errors.check("email", names::email(email)).map(Some)
            }
            Some(_) => Some(None),
            None => None,
        };
        errors.finish()?;
        let (ctx, name) = (ctx.clone(), name.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(db::Section::Admins).await?;
                    let row = store::require(tx.connection(), &name).await?;
                    let (id, was_admin, was_enabled) = (UserId(row.id), row.is_platform_admin, row.enabled);
                    let stays_admin = change.is_platform_admin.unwrap_or(was_admin)
                        && change.enabled.unwrap_or(was_enabled);
                    if ctx.actor_id() == Some(id) && was_enabled && change.enabled == Some(false) {
                        return Err(Error::conflict("own_account", "You can't lock your own account.")
                            .with_hint("Ask another platform admin."));
                    }
                    if was_admin && was_enabled && !stays_admin {
                        require_another_admin(tx.connection(), id).await?;
                    }
                    let mut active = row.into_active_model();
                    let mut detail = Vec::new();
                    if let Some(display_name) = display_name {
                        detail.push(format!("display name {display_name}"));
                        active.display_name = Set(display_name);
                    }
                    if let Some(email) = email {
                        active.email = Set(email);
                        detail.push("e-mail".to_owned());
                    }
                    if let Some(admin) = change.is_platform_admin.filter(|admin| *admin != was_admin) {
                        active.is_platform_admin = Set(admin);
                        detail.push(format!("platform admin {admin}"));
                    }
                    if let Some(enabled) = change.enabled.filter(|enabled| *enabled != was_enabled) {
                        active.enabled = Set(enabled);
                        detail.push(format!("enabled {enabled}"));
                    }
                    active.updated_at = Set(ctx.now().micros());
                    let row = active.update(tx.connection()).await.map_err(email_taken)?;
                    if was_enabled && !row.enabled {
                        sessions::store::delete_all(tx.connection(), id, None).await?;
                        tokens::store::delete_all(tx.connection(), id).await?;
                        ssh_keys::store::delete_all(tx.connection(), id).await?;
                        access_keys::store::delete_all(tx.connection(), id, None).await?;
                    }
                    audit::record(
                        tx,
                        &ctx,
                        Entry {
                            action: "user.update",
                            group: None,
                            subject: &row.name,
                            detail: detail.join(", "),
                        },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::Access, row.name.clone()).await?;
                    Ok(row.into())
                })
            })
            .await
    }

    /// Sets a password for somebody else and ends their sessions.
    pub async fn set_password(&self, ctx: &OpContext, name: &str, password: Secret) -> Result<()> {
        ctx.require_platform_admin()?;
        let row = store::require(self.db.reader(), name).await?;
        let words = [row.name.as_str(), row.email.as_deref().unwrap_or_default(), "portico"];
        passwords::check_new(password.expose(), &words)
            .map_err(|message| Error::field("password", message))?;
        let hash = self.passwords.hash(&password).await?;
        self.replace_password(ctx, UserId(row.id), hash, "user.set-password").await
    }

    pub(crate) async fn replace_password(
        &self,
        ctx: &OpContext,
        id: UserId,
        hash: String,
        action: &'static str,
    ) -> Result<()> {
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row =
                        store::by_id(tx.connection(), id).await?.ok_or_else(|| Error::not_found("user"))?;
                    let name = row.name.clone();
                    let mut active = row.into_active_model();
                    active.password_hash = Set(Some(hash));
                    active.updated_at = Set(ctx.now().micros());
                    active.update(tx.connection()).await.doing("write a password")?;
                    let keep = match ctx.credential {
                        base::Credential::Session(session) if ctx.actor_id() == Some(id) => Some(session),
                        _ => None,
                    };
                    sessions::store::delete_all(tx.connection(), id, keep).await?;
                    audit::record(
                        tx,
                        &ctx,
                        Entry { action, group: None, subject: &name, detail: String::new() },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::Access, name).await
                })
            })
            .await
    }

    /// Removes a person; what they made stays in its groups under their name.
    pub async fn delete_user(&self, ctx: &OpContext, name: &str) -> Result<()> {
        ctx.require_platform_admin()?;
        let (ctx, name) = (ctx.clone(), name.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(db::Section::Admins).await?;
                    let row = store::require(tx.connection(), &name).await?;
                    if ctx.actor_id() == Some(UserId(row.id)) {
                        return Err(Error::conflict("own_account", "You can't delete your own account.")
                            .with_hint("Ask another platform admin."));
                    }
                    if row.is_platform_admin && row.enabled {
                        require_another_admin(tx.connection(), UserId(row.id)).await?;
                    }
                    row.delete(tx.connection()).await.doing("delete a user")?;
                    audit::record(
                        tx,
                        &ctx,
                        Entry { action: "user.delete", group: None, subject: &name, detail: String::new() },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::Access, name).await
                })
            })
            .await
    }

    /// Users by name; `search` looks in names and display names.
    pub async fn list_users(
        &self,
        ctx: &OpContext,
        search: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<User>> {
        ctx.require_platform_admin()?;
        let rows = store::list(self.db.reader(), db::search_text(search)?, after, limit).await?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    pub async fn get_user(&self, ctx: &OpContext, name: &str) -> Result<User> {
        ctx.require_platform_admin()?;
        Ok(store::require(self.db.reader(), name).await?.into())
    }
}

async fn require_another_admin<C: ConnectionTrait>(connection: &C, id: UserId) -> Result<()> {
    if store::another_admin(connection, id).await? {
        return Ok(());
    }
    Err(Error::conflict("last_admin", "This is the last platform admin who can sign in.")
        .with_hint("Make somebody else a platform admin first."))
}
