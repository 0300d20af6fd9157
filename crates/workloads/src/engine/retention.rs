//! What is kept how long.

use base::{OpContext, Result, Timestamp};
use db::ResultExt as _;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use crate::Workloads;
use crate::jobs::entity::{Column, Entity, idempotency};
use crate::jobs::submit::IDEMPOTENCY_SECONDS;

/// How many jobs one clean-up takes at a time, so that it never holds the writer long.
const BATCH: u64 = 200;

/// How long finished jobs and their logs stay.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    pub job_days: i64,
}

impl Workloads {
    /// Removes some jobs that ended before their time, and idempotency keys that are over. Returns whether more is
    /// left. What lay on disk for them is [due for removal](Workloads::due_removals) afterwards.
    pub async fn forget_old_jobs(&self, ctx: &OpContext, retention: Retention) -> Result<bool> {
        ctx.require_platform_admin()?;
        let now = ctx.now();
        let before = now.plus_seconds(-retention.job_days * 86_400);
        let old: Vec<Uuid> = self.old_jobs(before).await?;
        let more = old.len() as u64 == BATCH;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    idempotency::Entity::delete_many()
                        .filter(
                            idempotency::Column::CreatedAt
                                .lt(now.plus_seconds(-IDEMPOTENCY_SECONDS).micros()),
                        )
                        .exec(tx.connection())
                        .await
                        .doing("forget idempotency keys")?;
                    Entity::delete_many()
                        .filter(Column::Id.is_in(old))
                        .exec(tx.connection())
                        .await
                        .doing("forget old jobs")?;
                    Ok(more)
                })
            })
            .await
    }

    async fn old_jobs(&self, before: Timestamp) -> Result<Vec<Uuid>> {
        Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Phase.is_in(["succeeded", "failed", "cancelled"]))
            .filter(Column::FinishedAt.lt(before.micros()))
            .limit(BATCH)
            .into_tuple()
            .all(self.db.reader())
            .await
            .doing("look for old jobs")
    }
}
