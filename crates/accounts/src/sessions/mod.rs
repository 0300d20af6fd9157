//! Signed-in browsers.
//!
//! A session is an opaque random secret in a cookie, kept only as a hash, bound to a row that its owner sees and can
//! end. It ends after 12 hours without use and after 30 days in any case.

pub mod entity;
mod limits;
mod sign_in;
pub(crate) mod store;

pub use limits::SignInLimits;
pub(crate) use sign_in::open as sign_in_open;
pub use sign_in::{NewSession, SignIn};

use base::{Error, OpContext, Result, SessionId, Timestamp};
use db::Topic;

use crate::Accounts;
use crate::audit::{self, Entry};

/// Unused for so long, a session ends.
pub const IDLE_SECONDS: i64 = 12 * 3600;
/// So old, a session ends.
pub const LIFETIME_SECONDS: i64 = 30 * 86_400;

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub user_agent: String,
    pub address: String,
    /// The one that asks.
    pub is_current: bool,
}

impl Accounts {
    pub async fn list_sessions(&self, ctx: &OpContext) -> Result<Vec<Session>> {
        let user = ctx.person()?.id;
        let rows = store::list(self.db.reader(), user, ctx.now()).await?;
        Ok(rows
            .into_iter()
            .map(|row| Session {
                id: SessionId(row.id),
                created_at: Timestamp(row.created_at),
                last_seen_at: Timestamp(row.last_seen_at),
                user_agent: row.user_agent,
                address: row.address,
                is_current: ctx.credential == base::Credential::Session(SessionId(row.id)),
            })
            .collect())
    }

    /// Ends one of one's own sessions.
    pub async fn revoke_session(&self, ctx: &OpContext, id: SessionId) -> Result<()> {
        let person = ctx.person()?.clone();
        ctx.require_write()?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if store::delete(tx.connection(), person.id, id).await? == 0 {
                        return Err(Error::not_found("session"));
                    }
                    audit::record(
                        tx,
                        &ctx,
                        Entry {
                            action: "session.revoke",
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

    /// Ends all of one's own sessions but the one that asks.
    pub async fn revoke_other_sessions(&self, ctx: &OpContext) -> Result<u64> {
        let person = ctx.person()?.clone();
        ctx.require_write()?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let keep = match ctx.credential {
                        base::Credential::Session(id) => Some(id),
                        _ => None,
                    };
                    let ended = store::delete_all(tx.connection(), person.id, keep).await?;
                    let detail = format!("{ended} sessions");
                    audit::record(
                        tx,
                        &ctx,
                        Entry { action: "session.revoke-others", group: None, subject: &person.name, detail },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::Access, person.name).await?;
                    Ok(ended)
                })
            })
            .await
    }
}
