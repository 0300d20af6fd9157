//! From a shown secret to the person who acts: asked once per request.

use base::secret::{hash, looks_like_token};
use base::{Credential, Error, OpContext, Person, Result, SessionId, TokenId, TokenScope, UserId};

use crate::{Accounts, groups, sessions, tokens, users};

/// A session or token is marked as used at most this often; more would only cost writes.
const TOUCH_SECONDS: i64 = 60;

impl Accounts {
    /// The person of a session cookie; `None` when it is unknown, over, or its owner is disabled.
    pub async fn authenticate_session(
        &self,
        ctx: &OpContext,
        secret: &str,
    ) -> Result<Option<(Person, Credential)>> {
        let now = ctx.now();
        let Some(row) = sessions::store::by_hash(self.db.reader(), &hash(secret), now).await? else {
            return Ok(None);
        };
        let Some(person) = self.person(UserId(row.user_id)).await? else { return Ok(None) };
        let id = SessionId(row.id);
        if now.seconds_since(base::Timestamp(row.last_seen_at)) >= TOUCH_SECONDS {
            self.db
                .write(move |tx| {
                    Box::pin(async move { sessions::store::touch(tx.connection(), &row, now).await })
                })
                .await?;
        }
        Ok(Some((person, Credential::Session(id))))
    }

    /// The person of a bearer token, or 401 with the reason that helps its owner.
    pub async fn authenticate_token(&self, ctx: &OpContext, secret: &str) -> Result<(Person, Credential)> {
        let now = ctx.now();
        let refused = || {
            Error::unauthenticated("This token is unknown, expired or revoked.")
                .with_hint("Make a new one on your profile, under API tokens.")
        };
        if !looks_like_token(secret) {
            return Err(refused());
        }
        let row = tokens::store::by_hash(self.db.reader(), &hash(secret), now).await?.ok_or_else(refused)?;
        let person = self.person(UserId(row.user_id)).await?.ok_or_else(refused)?;
        let last_used = row.last_used_at.unwrap_or(0);
        if now.seconds_since(base::Timestamp(last_used)) >= TOUCH_SECONDS {
            let id = row.id;
            self.db
                .write(move |tx| {
                    Box::pin(async move { tokens::store::touch(tx.connection(), id, now).await })
                })
                .await?;
        }
        let scope = TokenScope::parse(&row.scope).unwrap_or(TokenScope::Read);
        Ok((person, Credential::Token { id: TokenId(row.id), scope }))
    }

    /// Whether the credential of an open stream still lets its person in.
    pub async fn still_valid(&self, ctx: &OpContext) -> Result<bool> {
        use sea_orm::EntityTrait as _;
        let now = ctx.now().micros();
        let reader = self.db.reader();
        let alive = match &ctx.credential {
            Credential::None => false,
            Credential::Session(id) => sessions::entity::Entity::find_by_id(id.0)
                .one(reader)
                .await
                .map_err(|error| Error::internal_from("read a session", error))?
                .is_some_and(|row| row.expires_at > now),
            Credential::Token { id, .. } => tokens::entity::Entity::find_by_id(id.0)
                .one(reader)
                .await
                .map_err(|error| Error::internal_from("read a token", error))?
                .is_some_and(|row| row.expires_at > now),
        };
        match ctx.actor_id() {
            Some(user) if alive => Ok(self.person(user).await?.as_ref() == ctx.person().ok()),
            _ => Ok(false),
        }
    }

    /// The person and what they may do now; `None` when they are gone or disabled. For the background.
    pub async fn active_person(&self, ctx: &OpContext, id: UserId) -> Result<Option<Person>> {
        ctx.require_platform_admin()?;
        self.person(id).await
    }

    async fn person(&self, id: UserId) -> Result<Option<Person>> {
        let Some(row) = users::by_id(self.db.reader(), id).await?.filter(|row| row.enabled) else {
            return Ok(None);
        };
        let roles = groups::store::roles_of(self.db.reader(), id).await?;
        Ok(Some(Person { id, name: row.name, is_platform_admin: row.is_platform_admin, roles }))
    }

    /// Removes sessions that are over and forgets rate limits that are full again.
    pub async fn clean_up(&self, ctx: &OpContext) -> Result<u64> {
        ctx.require_platform_admin()?;
        self.limits.clean_up();
        let now = ctx.now();
        self.db
            .write(move |tx| {
                Box::pin(async move { sessions::store::delete_expired(tx.connection(), now).await })
            })
            .await
    }
}
