//! From a name and a password to a session, and back out.

use base::secret::{hash, random_text};
use base::{Error, OpContext, Result, Secret, SessionId, UserId, names};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::{IDLE_SECONDS, entity, store};
use crate::audit::{self, Entry};
use crate::{Accounts, users};

/// What somebody typed.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub name: String,
    pub password: Secret,
    pub user_agent: String,
}

/// A session that was just made; its secret goes into the cookie and nowhere else.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: SessionId,
    pub secret: Secret,
}

/// Writes a session for somebody.
pub(crate) async fn open(tx: &Tx, ctx: &OpContext, user: UserId, user_agent: &str) -> Result<NewSession> {
    let now = ctx.now();
    let secret = Secret::new(random_text(&*ctx.clock, 43));
    let id = SessionId::new(&*ctx.clock);
    let row = entity::ActiveModel {
        id: Set(id.0),
        user_id: Set(user.0),
        token_hash: Set(hash(secret.expose())),
        created_at: Set(now.micros()),
        last_seen_at: Set(now.micros()),
        expires_at: Set(now.plus_seconds(IDLE_SECONDS).micros()),
        user_agent: Set(base::redact::for_log(user_agent, 200)),
        address: Set(ctx.address.map(|address| address.to_string()).unwrap_or_default()),
    };
    row.insert(tx.connection()).await.doing("write a session")?;
    Ok(NewSession { id, secret })
}

impl Accounts {
    /// Checks name and password. Whether the name exists, is disabled or the password is wrong: the answer and the
    /// time it takes are the same.
    pub async fn sign_in(&self, ctx: &OpContext, input: SignIn) -> Result<NewSession> {
        self.limits.check_address(ctx.address)?;
        let name = input.name.trim().to_owned();
        self.limits.check_account(&name, ctx.address)?;
        let row = match names::user_name(&name) {
            Ok(name) => users::by_name_in(self.db.reader(), &name).await?,
            Err(_) => None,
        };
        let usable = row.filter(|row| row.enabled);
        let kept = usable.as_ref().and_then(|row| row.password_hash.clone());
        let right = self.passwords.verify(&input.password, kept).await?;
        let Some(row) = usable.filter(|_| right) else {
            let address = ctx.address.map(|address| address.to_string()).unwrap_or_default();
            tracing::warn!(user = %base::redact::for_log(&name, 63), %address, "a sign-in failed");
            return Err(Error::unauthenticated("The name or the password is wrong.")
                .with_code("wrong_credentials")
                .with_hint("Try again, or ask a platform admin to set a new password."));
        };
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let (user, name) = (UserId(row.id), row.name.clone());
                    let mut active = row.into_active_model();
                    active.last_sign_in_at = Set(Some(ctx.now().micros()));
                    active.update(tx.connection()).await.doing("write the time of a sign-in")?;
                    let session = open(tx, &ctx, user, &input.user_agent).await?;
                    audit::record(
                        tx,
                        &ctx,
                        Entry { action: "session.open", group: None, subject: &name, detail: String::new() },
                    )
                    .await?;
                    Ok(session)
                })
            })
            .await
    }

    /// Ends the session that asks.
    pub async fn sign_out(&self, ctx: &OpContext) -> Result<()> {
        let base::Credential::Session(id) = ctx.credential else { return Ok(()) };
        let person = ctx.person()?.clone();
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    store::delete(tx.connection(), person.id, id).await?;
                    audit::record(
                        tx,
                        &ctx,
                        Entry {
                            action: "session.close",
                            group: None,
                            subject: &person.name,
                            detail: String::new(),
                        },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::Access, person.name).await
                })
            })
            .await
    }
}
