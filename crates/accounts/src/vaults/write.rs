//! Changing a vault.

use base::error::FieldErrors;
use base::{Error, OpContext, Result, Secret, VaultId};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveModelTrait as _;
use sea_orm::ActiveValue::Set;
use vault_format::{Format, Problem};

use super::entity::{ActiveModel, Model, revision};
use super::read::{KEPT, format_of, place};
use super::{Owner, store};
use crate::Accounts;
use crate::audit::{self, Entry};

/// What somebody typed.
#[derive(Clone, Debug)]
pub struct NewContent {
    pub format: Format,
    pub content: Secret,
    /// The revision that it was made from, 0 where there was none; `None` replaces whatever is there.
    pub based_on: Option<i64>,
    /// `None` leaves it as it is; a vault that is new is enabled.
    pub enable: Option<bool>,
}

/// A vault as it is to be.
struct Next {
    id: VaultId,
    revision: i64,
    is_enabled: bool,
    format: Format,
    /// Sealed.
    content: String,
}

impl Accounts {
    /// Replaces the content. What can't be read is refused with its lines; so is what was made from an older revision.
    /// Returns the new revision and what is odd in it.
    pub async fn set_vault(
        &self,
        ctx: &OpContext,
        owner: Owner,
        input: NewContent,
    ) -> Result<(i64, Vec<Problem>)> {
        owner.require_write(ctx)?;
        let read = vault_format::read(input.content.expose().as_bytes(), input.format);
        let warnings = read.map_err(refused)?.warnings;
        let revision = self.write_vault(ctx, owner, "edit", input).await?;
        Ok((revision, warnings))
    }

    /// Makes a revision's content the present one again.
    pub async fn restore_vault(&self, ctx: &OpContext, owner: Owner, number: i64) -> Result<i64> {
        let old = self.get_vault_revision(ctx, owner, number).await?;
        owner.require_write(ctx)?;
        let input = NewContent { format: old.format, content: old.content, based_on: None, enable: None };
        self.write_vault(ctx, owner, "restore", input).await
    }

    /// Whether clients get it. A vault into which nothing was written can't be enabled.
    pub async fn enable_vault(&self, ctx: &OpContext, owner: Owner, enable: bool) -> Result<()> {
        owner.require_write(ctx)?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let missing = || {
                        Error::conflict("empty_vault", "There is nothing in this vault yet.")
                            .with_hint("Write something into it first.")
                    };
                    let row = locked(tx, owner).await?.ok_or_else(missing)?;
                    if row.is_enabled == enable {
                        return Ok(());
                    }
                    let next = Next {
                        id: VaultId(row.id),
                        revision: row.revision + 1,
                        is_enabled: enable,
                        format: format_of(&row.format),
                        content: row.content.clone(),
                    };
                    let action = if enable { "enable" } else { "disable" };
                    write(tx, &ctx, owner, action, Some(row), next).await.map(drop)
                })
            })
            .await
    }

    async fn write_vault(
        &self,
        ctx: &OpContext,
        owner: Owner,
        action: &'static str,
        input: NewContent,
    ) -> Result<i64> {
        let (ctx, keys) = (ctx.clone(), self.keys.clone());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row = locked(tx, owner).await?;
                    let present = row.as_ref().map_or(0, |row| row.revision);
                    if input.based_on.is_some_and(|based_on| based_on != present) {
                        let by = row.as_ref().map(|row| row.updated_by.clone()).unwrap_or_default();
                        return Err(Error::conflict(
                            "vault_changed",
                            format!("{by} changed this vault meanwhile."),
                        )
                        .with_hint("Compare the two and save again."));
                    }
                    let id = row.as_ref().map_or_else(|| VaultId::new(&*ctx.clock), |row| VaultId(row.id));
                    let next = Next {
                        id,
                        revision: present + 1,
                        is_enabled: input.enable.unwrap_or(row.as_ref().is_none_or(|row| row.is_enabled)),
                        format: input.format,
                        content: keys.seal(&*ctx.clock, &place(id), input.content.expose())?,
                    };
                    write(tx, &ctx, owner, action, row, next).await
                })
            })
            .await
    }
}

/// The row, which nobody else changes until the end of the transaction.
async fn locked(tx: &Tx, owner: Owner) -> Result<Option<Model>> {
    match owner {
        Owner::Platform => tx.lock(db::Section::PlatformVault).await?,
        Owner::Group(group) => tx.lock_row(group).await?,
        Owner::Person(user) => tx.lock_row(user).await?,
    }
    store::of(tx.connection(), owner).await
}

async fn write(
    tx: &Tx,
    ctx: &OpContext,
    owner: Owner,
    action: &'static str,
    before: Option<Model>,
    next: Next,
) -> Result<i64> {
    let (id, number, now) = (next.id, next.revision, ctx.now().micros());
    let user = match owner {
        Owner::Person(user) => Some(user.0),
        Owner::Platform | Owner::Group(_) => None,
    };
    let made_by = ctx.actor_name().to_owned();
    let row = ActiveModel {
        id: Set(id.0),
        owner: Set(owner.key()),
        group_id: Set(owner.group().map(|group| group.0)),
        user_id: Set(user),
        is_enabled: Set(next.is_enabled),
        format: Set(next.format.as_str().to_owned()),
        content: Set(next.content.clone()),
        revision: Set(number),
        updated_at: Set(now),
        updated_by: Set(made_by.clone()),
    };
    let written =
        if before.is_some() { row.update(tx.connection()).await } else { row.insert(tx.connection()).await };
    written.doing("write a vault")?;
    let row = revision::ActiveModel {
        vault_id: Set(id.0),
        revision: Set(number),
        action: Set(action.to_owned()),
        format: Set(next.format.as_str().to_owned()),
        content: Set(next.content),
        made_at: Set(now),
        made_by: Set(made_by),
    };
    row.insert(tx.connection()).await.doing("write a revision of a vault")?;
    store::forget(tx.connection(), id, number - i64::try_from(KEPT).unwrap_or(i64::MAX)).await?;
    let action = format!("vault.{action}");
    let subject = match owner {
        Owner::Platform => "the platform's",
        Owner::Group(_) => "the group's",
        Owner::Person(_) => "a person's",
    };
    let detail = format!("revision {number}");
    audit::record(tx, ctx, Entry { action: &action, group: owner.group(), subject, detail }).await?;
    Ok(number)
}

/// The problems as field errors, one for each line.
fn refused(problems: Vec<Problem>) -> Error {
    let mut errors = FieldErrors::default();
    for problem in problems {
        errors
            .add("content", format!("Line {}, column {}: {}", problem.line, problem.column, problem.message));
    }
    errors.into_error()
}
