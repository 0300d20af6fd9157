//! What is kept how long.

use base::{OpContext, Result, Timestamp};
use db::ResultExt as _;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use super::entity::{Column, Entity};
use super::phase::Phase;
use super::{Keep, Kind, idempotency};
use crate::Workloads;

/// How many workloads one clean-up takes at a time, so that it never holds the writer long.
const BATCH: u64 = 200;

/// How long workloads that have ended stay, with their logs.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    pub job_days: i64,
}

impl Retention {
    /// Whatever of the kind ended before this goes.
    fn until(self, kind: Kind, now: Timestamp) -> Timestamp {
        match kind.rules().retention {
            Keep::JobDays => now.plus_seconds(-self.job_days * 86_400),
        }
    }
}

impl Workloads {
    /// Removes some workloads that ended before their time, and idempotency keys that are over. Returns whether more is
    /// left. What lay on disk for them is [due for removal](Workloads::due_removals) afterwards.
    pub async fn forget_old_workloads(&self, ctx: &OpContext, retention: Retention) -> Result<bool> {
        ctx.require_platform_admin()?;
        let mut old: Vec<Uuid> = Vec::new();
        let mut more = false;
        for kind in Kind::ALL.iter().copied() {
            let found = self.old_workloads(kind, retention.until(kind, ctx.now())).await?;
            more |= found.len() as u64 == BATCH;
            old.extend(found);
        }
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    idempotency::forget_old(tx, &ctx).await?;
                    Entity::delete_many()
                        .filter(Column::Id.is_in(old))
                        .exec(tx.connection())
                        .await
                        .doing("forget old workloads")?;
                    Ok(more)
                })
            })
            .await
    }

    async fn old_workloads(&self, kind: Kind, before: Timestamp) -> Result<Vec<Uuid>> {
        Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Kind.eq(kind.as_str()))
            .filter(Column::Phase.is_in(Phase::ENDED.map(Phase::as_str)))
            .filter(Column::FinishedAt.lt(before.micros()))
            .limit(BATCH)
            .into_tuple()
            .all(self.db.reader())
            .await
            .doing("look for old workloads")
    }
}
