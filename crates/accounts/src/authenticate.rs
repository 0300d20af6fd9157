//! Authentication: from a secret to the person who acts, once per request.

use base::secret::{hash, looks_like_token};
use base::{Credential, Error, OpContext, Person, Result, SessionId, Timestamp, TokenId, TokenScope, UserId};

use crate::{Accounts, access_keys, groups, sessions, ssh_keys, tokens, users};

/// A session or token is marked as used at most this often; more would only cost writes.
pub(crate) const TOUCH_SECONDS: i64 = 60;

/// A credential that was authenticated before, as its row said.
#[derive(Clone)]
pub(crate) struct CachedCredential {
    user: UserId,
    credential: Credential,
    expires_at: Timestamp,
    used_at: Timestamp,
}

impl CachedCredential {
    fn is_due(&self, now: Timestamp) -> bool {
        now.seconds_since(self.used_at) >= TOUCH_SECONDS
    }
}

impl Accounts {
    /// The person of a session cookie; `None` when it is unknown, over, or its owner is disabled.
    pub async fn authenticate_session(
        &self,
        ctx: &OpContext,
        secret: &str,
    ) -> Result<Option<(Person, Credential)>> {
        let (now, hash) = (ctx.now(), hash(secret));
        let load = async {
            let row = sessions::store::by_hash(self.db.reader(), &hash, now).await?;
            Ok(row.map(|row| CachedCredential {
                user: UserId(row.user_id),
                credential: Credential::Session(SessionId(row.id)),
                expires_at: Timestamp(row.expires_at),
                used_at: Timestamp(row.last_seen_at),
            }))
        };
        let cached = self.caches.credentials.get_or_load(ctx.catalogue, hash.clone(), load).await?;
        let Some(cached) = cached.filter(|cached| cached.expires_at > now) else { return Ok(None) };
        let Some(person) = self.person(ctx.catalogue, cached.user).await? else { return Ok(None) };
        if cached.is_due(now) {
            self.caches.credentials.forget(&hash);
            let touched = self
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        match sessions::store::by_hash(tx.connection(), &hash, now).await? {
                            Some(row) => sessions::store::touch(tx.connection(), &row, now).await,
                            None => Ok(()),
                        }
                    })
                })
                .await;
            ignore_failure(touched);
        }
        Ok(Some((person, cached.credential)))
    }

    /// Records that a session was used just now, unless that was recorded a moment ago.
    pub(crate) async fn touch(&self, row: sessions::entity::Model, now: Timestamp) -> Result<()> {
        if now.seconds_since(Timestamp(row.last_seen_at)) < TOUCH_SECONDS {
            return Ok(());
        }
        self.db
            .write(move |tx| {
                Box::pin(async move { sessions::store::touch(tx.connection(), &row, now).await })
            })
            .await
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
        let hash = hash(secret);
        let load = async {
            let row = tokens::store::by_hash(self.db.reader(), &hash, now).await?;
            Ok(row.map(|row| CachedCredential {
                user: UserId(row.user_id),
                credential: Credential::Token {
                    id: TokenId(row.id),
                    scope: TokenScope::parse(&row.scope).unwrap_or(TokenScope::Read),
                },
                expires_at: Timestamp(row.expires_at),
                used_at: Timestamp(row.last_used_at.unwrap_or(0)),
            }))
        };
        let cached = self.caches.credentials.get_or_load(ctx.catalogue, hash.clone(), load).await?;
        let cached = cached.filter(|cached| cached.expires_at > now).ok_or_else(refused)?;
        let person = self.person(ctx.catalogue, cached.user).await?.ok_or_else(refused)?;
        if let (true, Credential::Token { id, .. }) = (cached.is_due(now), &cached.credential) {
            let id = id.0;
            self.caches.credentials.forget(&hash);
            let touched = self
                .db
                .write(move |tx| {
                    Box::pin(async move { tokens::store::touch(tx.connection(), id, now).await })
                })
                .await;
            ignore_failure(touched);
        }
        Ok((person, cached.credential))
    }

    /// Whether the credential of an open stream still lets its person in.
    pub async fn still_valid(&self, ctx: &OpContext) -> Result<bool> {
        use sea_orm::EntityTrait as _;
        // Now, not when the stream was opened.
        let catalogue = Some(self.db.catalogue_version().await?);
        let now = ctx.now().micros();
        let reader = self.db.reader();
        let alive = match &ctx.credential {
            Credential::None => false,
            Credential::Session(id) => sessions::entity::Entity::find_by_id(id.0)
                .one(reader)
                .await
                .map_err(|error| Error::internal_from("read a session", error))?
                .is_some_and(|row| row.expires_at > now),
            Credential::SshKey(id) => ssh_keys::entity::Entity::find_by_id(id.0)
                .one(reader)
                .await
                .map_err(|error| Error::internal_from("read an SSH key", error))?
                .is_some(),
            Credential::AccessKey(id) => access_keys::store::by_id(reader, id.0)
                .await?
                .is_some_and(|row| row.expires_at.is_none_or(|expires_at| expires_at > now)),
            Credential::Token { id, .. } => tokens::entity::Entity::find_by_id(id.0)
                .one(reader)
                .await
                .map_err(|error| Error::internal_from("read a token", error))?
                .is_some_and(|row| row.expires_at > now),
        };
        let Some(user) = ctx.actor_id().filter(|_| alive) else { return Ok(false) };
        let mut person = self.person(catalogue, user).await?;
        if let (Some(person), Credential::AccessKey(_)) = (&mut person, &ctx.credential) {
            access_keys::narrow(person, ctx.person()?.roles.first().map(|(group, _)| *group));
        }
        Ok(person.as_ref() == ctx.person().ok())
    }

    /// The person and what they may do now; `None` when they are gone or disabled. For the background.
    pub async fn active_person(&self, ctx: &OpContext, id: UserId) -> Result<Option<Person>> {
        ctx.require_platform_admin()?;
        self.person(ctx.catalogue, id).await
    }

    pub(crate) async fn person(&self, catalogue: Option<i64>, id: UserId) -> Result<Option<Person>> {
        let load = async {
            let row = users::by_id(self.db.reader(), id).await?.filter(|row| row.enabled);
            let Some(row) = row else { return Ok(None) };
            let roles = groups::store::roles_of(self.db.reader(), id).await?;
            Ok(Some(Person { id, name: row.name, is_platform_admin: row.is_platform_admin, roles }))
        };
        self.caches.people.get_or_load(catalogue, id, load).await
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

/// On a full disk people still sign in to read: that a credential was used just now may stay unrecorded.
pub(crate) fn ignore_failure(touched: Result<()>) {
    if let Err(error) = touched {
        tracing::warn!(error = ?error, "the last use of a credential could not be written down");
    }
}
