//! Content sessions: what lets a browser into one workload on the content origin.
//!
//! The portal's cookie never goes to that origin. A content session is a secret of its own, kept only as a hash, for
//! one workload, and belongs to the portal session that it was opened from: it ends with it. Its secret is always made
//! anew, so nobody can choose it beforehand (session fixation).

pub mod entity;
mod store;

use std::collections::HashSet;

use base::secret::{hash, random_text};
use base::{Credential, Error, GroupId, OpContext, Person, Result, Secret, SessionId, Timestamp, UserId};
use db::ResultExt as _;
use sea_orm::ActiveModelTrait as _;
use sea_orm::ActiveValue::Set;

use crate::sessions::LIFETIME_SECONDS;
use crate::{Accounts, sessions};

/// An older content session of the same browser and workload is replaced; younger ones may be another tab's.
const REPLACED_AFTER_SECONDS: i64 = 60;

/// Access to a group's workload that somebody was granted, and through what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub user: UserId,
    pub group: GroupId,
    pub credential: Credential,
}

impl Accounts {
    /// Makes a content session for a workload, and gives its secret; once.
    pub async fn open_content_session(
        &self,
        ctx: &OpContext,
        session: SessionId,
        slug: &str,
    ) -> Result<Secret> {
        let now = ctx.now();
        let secret = Secret::new(random_text(&*ctx.clock, 43));
        let row = entity::ActiveModel {
            id: Set(SessionId::new(&*ctx.clock).0),
            session_id: Set(session.0),
            slug: Set(slug.to_owned()),
            secret_hash: Set(hash(secret.expose())),
            created_at: Set(now.micros()),
            expires_at: Set(now.plus_seconds(LIFETIME_SECONDS).micros()),
        };
        let slug = slug.to_owned();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if sessions::store::by_id(tx.connection(), session, now).await?.is_none() {
                        return Err(Error::unauthenticated("The session that this was opened from is over.")
                            .with_hint("Sign in again."));
                    }
                    let old = now.plus_seconds(-REPLACED_AFTER_SECONDS);
                    store::delete_replaced(tx.connection(), session, &slug, old).await?;
                    row.insert(tx.connection()).await.doing("write a content session").map(drop)
                })
            })
            .await?;
        Ok(secret)
    }

    /// The person of a content session of this workload, with the portal session that it belongs to.
    pub async fn authenticate_content(
        &self,
        ctx: &OpContext,
        secret: &str,
        slug: &str,
    ) -> Result<Option<(Person, Credential)>> {
        let now = ctx.now();
        let Some(content) = store::by_hash(self.db.reader(), &hash(secret), slug, now).await? else {
            return Ok(None);
        };
        self.person_of_session(ctx, SessionId(content.session_id)).await
    }

    /// The person of a portal session that has not ended.
    pub async fn person_of_session(
        &self,
        ctx: &OpContext,
        session: SessionId,
    ) -> Result<Option<(Person, Credential)>> {
        let row = sessions::store::by_id(self.db.reader(), session, ctx.now()).await?;
        let Some(row) = row else { return Ok(None) };
        let person = self.person(ctx.catalogue, UserId(row.user_id)).await?;
        Ok(person.map(|person| (person, Credential::Session(session))))
    }

    /// Says that somebody uses a workload through this session, so that it does not end as unused.
    pub async fn touch_session(&self, ctx: &OpContext, session: SessionId) -> Result<()> {
        let now = ctx.now();
        match sessions::store::by_id(self.db.reader(), session, now).await? {
            Some(row) => self.touch(row, now).await,
            None => Ok(()),
        }
    }

    /// Which of these still have a living credential, an enabled account and their membership. A few queries for all
    /// of them, however many there are.
    pub async fn still_granted(&self, ctx: &OpContext, grants: &[Grant]) -> Result<Vec<bool>> {
        let now: Timestamp = ctx.now();
        let reader = self.db.reader();
        let mut session_ids = HashSet::new();
        let mut token_ids = HashSet::new();
        let mut key_ids = HashSet::new();
        for grant in grants {
            match &grant.credential {
                Credential::Session(id) => drop(session_ids.insert(id.0)),
                Credential::Token { id, .. } => drop(token_ids.insert(id.0)),
                Credential::SshKey(id) => drop(key_ids.insert(id.0)),
                // No key of another product's clients opens a workload.
                Credential::None | Credential::AccessKey(_) => {}
            }
        }
        let users: HashSet<_> = grants.iter().map(|grant| grant.user.0).collect();
        let sessions = store::living_sessions(reader, &session_ids, now).await?;
        let tokens = store::living_tokens(reader, &token_ids, now).await?;
        let keys = store::kept_keys(reader, &key_ids).await?;
        let enabled = store::enabled(reader, &users).await?;
        let members = store::memberships(reader, &users).await?;
        let holds = |grant: &Grant| {
            let credential = match &grant.credential {
                Credential::Session(id) => sessions.contains(&id.0),
                Credential::Token { id, .. } => tokens.contains(&id.0),
                Credential::SshKey(id) => keys.contains(&id.0),
                Credential::None | Credential::AccessKey(_) => false,
            };
            credential && enabled.contains(&grant.user.0) && members.contains(&(grant.group.0, grant.user.0))
        };
        Ok(grants.iter().map(holds).collect())
    }
}
