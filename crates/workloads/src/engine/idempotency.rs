//! Keys by which a request that is sent again is known: the same key of the same person gives the same workload.

use base::secret::hex_digest;
use base::{Error, ErrorKind, OpContext, Result, UserId};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

use super::entity::idempotency::{ActiveModel, Column, Entity, Model};

/// A key is remembered for a day.
const SECONDS: i64 = 86_400;

/// A person's key, with the digest of the request that it stands for.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyKey {
    pub(crate) user: UserId,
    pub(crate) key: String,
    pub(crate) fingerprint: String,
}

impl IdempotencyKey {
    async fn kept<C: ConnectionTrait>(&self, connection: &C) -> Result<Option<Model>> {
        Entity::find_by_id((self.user.0, self.key.clone()))
            .one(connection)
            .await
            .doing("read an idempotency key")
    }

    /// The slug of the workload that this very request made before.
    pub(crate) async fn find<C: ConnectionTrait>(&self, connection: &C) -> Result<Option<String>> {
        let kept = self.kept(connection).await?;
        Ok(kept.filter(|kept| kept.fingerprint == self.fingerprint).map(|kept| kept.slug))
    }

    /// Takes the key for the workload of this slug, or tells which one has it already.
    pub(crate) async fn claim(self, tx: &Tx, ctx: &OpContext, slug: &str) -> Result<Option<String>> {
        let name = format!("{}\0{}", self.user, self.key);
        let section = i64::from_str_radix(&hex_digest(name.as_bytes())[..15], 16).unwrap_or(0);
        tx.lock_key(section).await?;
        if let Some(kept) = self.kept(tx.connection()).await? {
            if kept.fingerprint == self.fingerprint {
                return Ok(Some(kept.slug));
            }
            return Err(Error::new(
                ErrorKind::Conflict,
                "idempotency_key_reused",
                format!("The idempotency key was used for another request, which made {}.", kept.slug),
            )
            .with_hint("Use a new key for every new job."));
        }
        let row = ActiveModel {
            user_id: Set(self.user.0),
            key: Set(self.key),
            fingerprint: Set(self.fingerprint),
            slug: Set(slug.to_owned()),
            created_at: Set(ctx.now().micros()),
        };
        Entity::insert(row).exec_without_returning(tx.connection()).await.doing("keep an idempotency key")?;
        Ok(None)
    }
}

/// Forgets the keys that are over.
pub(super) async fn forget_old(tx: &Tx, ctx: &OpContext) -> Result<()> {
    Entity::delete_many()
        .filter(Column::CreatedAt.lt(ctx.now().plus_seconds(-SECONDS).micros()))
        .exec(tx.connection())
        .await
        .doing("forget idempotency keys")
        .map(drop)
}
