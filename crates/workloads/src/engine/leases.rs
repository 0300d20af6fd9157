//! Leases: a server says again and again that it looks after its attempts. Those of a server that fell silent are
//! lost, and their workloads wait for another.
//!
//! A runner only knows what runs on its own machine, so nobody can take over an attempt that still runs elsewhere; it
//! is given up, and its own server ends what is left of it when it is back.

use base::{AttemptId, OpContext, Result, Timestamp};
use db::ResultExt as _;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use super::entity::attempt;
use super::observe::{current, end_attempt};
use super::phase::Cause;
use super::{AttemptEnd, ENDED};
use crate::Workloads;

impl Workloads {
    /// This runner's server is there: its attempts belong to it for so much longer.
    pub async fn renew_leases(&self, ctx: &OpContext, runner: &str, seconds: i64) -> Result<()> {
        ctx.require_platform_admin()?;
        // A server with nothing to do writes nothing.
        if self.active_attempts(ctx, runner).await?.is_empty() {
            return Ok(());
        }
        let (runner, until) = (runner.to_owned(), ctx.now().plus_seconds(seconds).micros());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    attempt::Entity::update_many()
                        .col_expr(attempt::Column::LeaseUntil, Expr::value(until))
                        .filter(attempt::Column::IsActive.eq(true))
                        .filter(attempt::Column::Runner.eq(runner))
                        .exec(tx.connection())
                        .await
                        .doing("renew leases")
                        .map(drop)
                })
            })
            .await
    }

    /// Gives up what other runners hold beyond their leases. One's own attempts are never given up so: whoever asks
    /// this looks after them.
    pub async fn lose_expired(&self, ctx: &OpContext, runner: &str) -> Result<Vec<AttemptId>> {
        ctx.require_platform_admin()?;
        let now = ctx.now();
        let expired: Vec<Uuid> = attempt::Entity::find()
            .select_only()
            .column(attempt::Column::Id)
            .filter(attempt::Column::IsActive.eq(true))
            .filter(attempt::Column::Runner.ne(runner))
            .filter(attempt::Column::LeaseUntil.lt(now.micros()))
            .into_tuple()
            .all(self.db.reader())
            .await
            .doing("look for expired leases")?;
        let mut lost = Vec::new();
        for id in expired.into_iter().map(AttemptId) {
            if self.lose(ctx, id, now).await? {
                lost.push(id);
            }
        }
        Ok(lost)
    }

    async fn lose(&self, ctx: &OpContext, id: AttemptId, now: Timestamp) -> Result<bool> {
        let (ctx, on_requeue) = (ctx.clone(), self.on_requeue);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let Some((attempt, row)) = current(tx, id).await? else { return Ok(false) };
                    // Its server was heard of since, or another one was faster.
                    if attempt.lease_until >= now.micros() {
                        return Ok(false);
                    }
                    let end = AttemptEnd {
                        cause: Cause::NodeLost,
                        message: "The server that ran it was not heard of any more.".to_owned(),
                        started_at: attempt.started_at.map(Timestamp),
                        finished_at: now,
                        exit_code: None,
                        signal: None,
                        max_memory_bytes: None,
                        cpu_time_us: None,
                    };
                    end_attempt(tx, &ctx, on_requeue, attempt, row, end).await.map(|()| true)
                })
            })
            .await
    }

    /// Attempts of this runner that were given up since then: what still runs of them is to be ended.
    pub async fn lost_attempts(
        &self,
        ctx: &OpContext,
        runner: &str,
        since: Timestamp,
    ) -> Result<Vec<AttemptId>> {
        ctx.require_platform_admin()?;
        let lost: Vec<Uuid> = attempt::Entity::find()
            .select_only()
            .column(attempt::Column::Id)
            .filter(attempt::Column::State.eq(ENDED))
            .filter(attempt::Column::Runner.eq(runner))
            .filter(attempt::Column::Cause.eq(Cause::NodeLost.as_str()))
            .filter(attempt::Column::FinishedAt.gt(since.micros()))
            .into_tuple()
            .all(self.db.reader())
            .await
            .doing("look for attempts that were given up")?;
        Ok(lost.into_iter().map(AttemptId).collect())
    }
}
