//! What people do with their own account.

use std::collections::{BTreeMap, BTreeSet};

use base::error::FieldErrors;
use base::{Error, OpContext, Result, Secret, names};
use db::ResultExt as _;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::{Density, Scale, Theme, User, store};
use crate::audit::{self, Entry};
use crate::{Accounts, passwords};

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    pub display_name: Option<String>,
    pub theme: Option<String>,
    /// `comfortable` or `compact`.
    pub density: Option<String>,
    /// In percent.
    pub scale: Option<i64>,
    /// An IANA name such as `Europe/Paris`.
    pub time_zone: Option<String>,
}

impl Accounts {
    /// The account of the person who asks.
    pub async fn me(&self, ctx: &OpContext) -> Result<User> {
        let id = ctx.person()?.id;
        let row = store::by_id(self.db.reader(), id).await?;
        row.map(User::from).ok_or_else(|| Error::unauthenticated("This account is gone."))
    }

    /// Whom to ask for a group: the platform admins' names. Anybody signed in may know them.
    pub async fn platform_admin_names(&self, ctx: &OpContext) -> Result<Vec<String>> {
        ctx.person()?;
        store::platform_admins(self.db.reader()).await
    }

    /// The display names of people whose user names are known; who is gone is left out.
    pub async fn display_names(
        &self,
        ctx: &OpContext,
        names: BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>> {
        ctx.person()?;
        store::display_names(self.db.reader(), names).await
    }

    pub async fn update_profile(&self, ctx: &OpContext, change: ProfileChange) -> Result<User> {
        let id = ctx.person()?.id;
        ctx.require_write()?;
        let mut errors = FieldErrors::default();
        let display_name = change
            .display_name
            .as_deref()
            .and_then(|text| errors.check("display_name", names::display_name(text, 80)));
        let theme = change.theme.as_deref().and_then(|text| errors.check("theme", Theme::parse(text)));
        let density =
            change.density.as_deref().and_then(|text| errors.check("density", Density::parse(text)));
        let scale = change.scale.and_then(|percent| errors.check("scale", Scale::new(percent)));
        let time_zone =
            change.time_zone.as_deref().and_then(|zone| errors.check("time_zone", check_time_zone(zone)));
        errors.finish()?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row =
                        store::by_id(tx.connection(), id).await?.ok_or_else(|| Error::not_found("user"))?;
                    let mut active = row.into_active_model();
                    if let Some(display_name) = display_name {
                        active.display_name = Set(display_name);
                    }
                    if let Some(theme) = theme {
                        active.theme = Set(theme.as_str().to_owned());
                    }
                    if let Some(density) = density {
                        active.density = Set(density.as_str().to_owned());
                    }
                    if let Some(scale) = scale {
                        active.scale = Set(scale.percent());
                    }
                    if let Some(time_zone) = time_zone {
                        active.time_zone = Set(time_zone);
                    }
                    active.updated_at = Set(ctx.now().micros());
                    let row = active.update(tx.connection()).await.doing("write a profile")?;
                    audit::record(
                        tx,
                        &ctx,
                        Entry {
                            action: "user.update-profile",
                            group: None,
                            subject: &row.name,
                            detail: String::new(),
                        },
                    )
                    .await?;
                    Ok(row.into())
                })
            })
            .await
    }

    /// Changes one's own password and ends one's other sessions.
    pub async fn change_password(&self, ctx: &OpContext, current: Secret, new: Secret) -> Result<()> {
        let person = ctx.person()?;
        ctx.require_write()?;
        self.limits.check_account(&person.name, ctx.address)?;
        let row = store::by_id(self.db.reader(), person.id).await?.ok_or_else(|| Error::not_found("user"))?;
        if !self.passwords.verify(&current, row.password_hash.clone()).await? {
            return Err(Error::field("current_password", "This is not your current password."));
        }
        let words = [row.name.as_str(), row.email.as_deref().unwrap_or_default(), "portico"];
        passwords::check_new(new.expose(), &words)
            .map_err(|message| Error::field("new_password", message))?;
        let hash = self.passwords.hash(&new).await?;
        self.replace_password(ctx, person.id, hash, "user.change-password").await
    }
}

fn check_time_zone(zone: &str) -> Result<String, String> {
    if base::clock::is_time_zone(zone) {
        Ok(zone.to_owned())
    } else {
        Err(format!("“{}” is no time zone. Write it as Europe/Paris.", names::cut(zone, 40)))
    }
}
