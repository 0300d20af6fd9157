//! Stopping what nobody uses: first a warning, then the end.

use base::{AttemptId, GroupId, OpContext, Result, Timestamp, UserId, WorkloadId};
use db::{ResultExt as _, Tx};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::entity::{Column, Entity, Model};
use crate::Workloads;
use crate::engine::entity as workload;
use crate::engine::{Kind, Phase, Wish, ask_to_stop, store};

/// A warning comes this long before the end, or at half time where the whole time is shorter.
const WARN_SECONDS: i64 = 600;

/// A workload that serves HTTP and runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub workload: WorkloadId,
    pub kind: Kind,
    pub attempt: AttemptId,
    pub slug: String,
    pub group: GroupId,
    pub owner: Option<UserId>,
    pub base_path: String,
    pub started_at: Timestamp,
    /// Which GPUs of its machine it holds.
    pub gpu_indices: Vec<u32>,
    served: Model,
}

/// What is to be done about a workload now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdleStep {
    Nothing,
    /// Somebody uses it again.
    TakeBackWarning,
    Warn,
    /// Stop it, for this reason.
    Stop(String),
}

impl Watched {
    /// What to do at `now`, when it was last used at `active_at`. A pure function.
    pub fn step(&self, now: Timestamp, active_at: Timestamp) -> IdleStep {
        let Model { idle_s, lifetime_s, snoozed_until, warned_at, .. } = &self.served;
        if *lifetime_s > 0 && now >= self.started_at.plus_seconds(*lifetime_s) {
            let text = format!("Stopped at the end of its lifetime of {}.", minutes(*lifetime_s));
            return IdleStep::Stop(text);
        }
        let mut end = active_at.plus_seconds(*idle_s);
        if let Some(until) = snoozed_until {
            end = end.max(Timestamp(*until));
        }
        let warning = end.plus_seconds(-WARN_SECONDS.min(idle_s / 2));
        match warned_at {
            _ if *idle_s == 0 => IdleStep::Nothing,
            _ if now >= end => {
                IdleStep::Stop(format!("Stopped after {} without activity.", minutes(*idle_s)))
            }
            None if now >= warning => IdleStep::Warn,
            Some(_) if now < warning => IdleStep::TakeBackWarning,
            _ => IdleStep::Nothing,
        }
    }

    /// When it was last known to be used.
    pub fn active_at(&self) -> Timestamp {
        Timestamp(self.served.active_at.or(self.served.ready_at).unwrap_or(self.started_at.micros()))
    }
}

fn minutes(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}

impl Workloads {
    /// Every workload of this runner that serves HTTP and has answered.
    pub async fn watched_workloads(&self, ctx: &OpContext, runner: &str) -> Result<Vec<Watched>> {
        ctx.require_platform_admin()?;
        let reader = self.db.reader();
        let attempts = workload::attempt::Entity::find()
            .filter(workload::attempt::Column::IsActive.eq(true))
            .filter(workload::attempt::Column::Runner.eq(runner))
            .all(reader)
            .await
            .doing("read active attempts")?;
        let served = Entity::find()
            .filter(Column::WorkloadId.is_in(attempts.iter().map(|attempt| attempt.workload_id)))
            .filter(Column::ReadyAt.is_not_null())
            .all(reader)
            .await
            .doing("read served workloads")?;
        let rows = workload::Entity::find()
            .filter(workload::Column::Id.is_in(served.iter().map(|served| served.workload_id)))
            .filter(workload::Column::Wish.eq(Wish::Run.as_str()))
            .all(reader)
            .await
            .doing("read running workloads")?;
        let mut watched = Vec::with_capacity(served.len());
        for served in served {
            let Some(row) = rows.iter().find(|row| row.id == served.workload_id) else { continue };
            let Some(attempt) = attempts.iter().find(|attempt| attempt.workload_id == row.id) else {
                continue;
            };
            watched.push(Watched {
                workload: row.workload(),
                kind: row.kind()?,
                attempt: AttemptId(attempt.id),
                slug: served.slug.clone(),
                group: row.group(),
                owner: row.user(),
                base_path: super::base_path(&served.slug),
                started_at: Timestamp(row.started_at.unwrap_or(row.queued_at)),
                gpu_indices: attempt.gpus(),
                served,
            });
        }
        Ok(watched)
    }

    /// Writes down when a workload was last used, and does what [`Watched::step`] says.
    pub async fn take_idle_step(
        &self,
        ctx: &OpContext,
        watched: &Watched,
        active_at: Timestamp,
        step: IdleStep,
    ) -> Result<()> {
        ctx.require_platform_admin()?;
        let (ctx, id) = (ctx.clone(), watched.workload);
        let link = self.page_of(&ctx, watched).await?;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let Some(row) = store::locked(tx, id).await? else { return Ok(()) };
                    if row.phase()? != Phase::Running || row.wish()? != Wish::Run {
                        return Ok(());
                    }
                    let mut update = Entity::update_many()
                        .col_expr(Column::ActiveAt, Expr::value(active_at.micros()))
                        .filter(Column::WorkloadId.eq(id.0));
                    match &step {
                        IdleStep::Nothing | IdleStep::Stop(_) => {}
                        IdleStep::TakeBackWarning => {
                            update = update.col_expr(Column::WarnedAt, Expr::value(None::<i64>));
                        }
                        IdleStep::Warn => {
                            update = update.col_expr(Column::WarnedAt, Expr::value(ctx.now().micros()));
                        }
                    }
                    update.exec(tx.connection()).await.doing("write when a workload was used")?;
                    match step {
                        IdleStep::Nothing => Ok(()),
                        IdleStep::TakeBackWarning => row.emit_change(tx, &ctx).await,
                        IdleStep::Warn => {
                            notify(tx, &ctx, &row, &link, "will be stopped soon because nobody uses it")
                                .await?;
                            let text = "Nobody uses it; it will be stopped soon.".to_owned();
                            store::note(tx, &ctx, id, "idle", text).await?;
                            row.emit_change(tx, &ctx).await
                        }
                        IdleStep::Stop(why) => {
                            let sentence = why.trim_end_matches('.').to_lowercase();
                            notify(tx, &ctx, &row, &link, &format!("was {sentence}")).await?;
                            ask_to_stop(tx, &ctx, row, why).await.map(drop)
                        }
                    }
                })
            })
            .await
    }

    /// The portal's page of a workload.
    async fn page_of(&self, ctx: &OpContext, watched: &Watched) -> Result<String> {
        let groups = self.accounts.groups_by_ids(ctx, &[watched.group]).await?;
        let group = groups.first().map_or("", |group| group.name.as_str());
        Ok((watched.kind.rules().page)(group, &watched.slug))
    }

    /// Leaves a workload alone for a while, whether anybody uses it or not.
    pub(crate) async fn snooze_workload(&self, ctx: &OpContext, id: WorkloadId, seconds: i64) -> Result<()> {
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    Entity::update_many()
                        .col_expr(Column::SnoozedUntil, Expr::value(ctx.now().plus_seconds(seconds).micros()))
                        .col_expr(Column::WarnedAt, Expr::value(None::<i64>))
                        .filter(Column::WorkloadId.eq(id.0))
                        .exec(tx.connection())
                        .await
                        .doing("snooze a workload")?;
                    match store::by_id(tx.connection(), id).await? {
                        Some(row) => row.emit_change(tx, &ctx).await,
                        None => Ok(()),
                    }
                })
            })
            .await
    }
}

/// A message to the owner: "Your notebook “x” was stopped after …".
async fn notify(tx: &Tx, ctx: &OpContext, row: &workload::Model, link: &str, what: &str) -> Result<()> {
    let Some(user) = row.user() else { return Ok(()) };
    let text = format!("Your {} “{}” {what}.", row.kind, row.name);
    accounts::notifications::notify(tx, ctx, user, text, link.to_owned()).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Clock as _;
    use base::clock::MockClock;

    const START: Timestamp = Timestamp(1_000_000_000_000_000);

    fn watched(idle_s: i64, lifetime_s: i64) -> Watched {
        let clock = MockClock::new(START, 1);
        assert_eq!(clock.now(), START);
        Watched {
            workload: WorkloadId::new(&*clock),
            kind: Kind::Notebook,
            attempt: AttemptId::new(&*clock),
            slug: "nb-1".to_owned(),
            group: GroupId::new(&*clock),
            owner: None,
            base_path: "/w/nb-1/".to_owned(),
            started_at: START,
            gpu_indices: Vec::new(),
            served: Model {
                workload_id: uuid::Uuid::nil(),
                slug: "nb-1".to_owned(),
                idle_s,
                lifetime_s,
                ready_at: Some(START.micros()),
                active_at: None,
                warned_at: None,
                snoozed_until: None,
            },
        }
    }

    #[test]
    fn it_warns_before_it_stops_and_takes_a_warning_back() {
        let mut it = watched(3600, 0);
        let at = |seconds: i64| START.plus_seconds(seconds);
        assert_eq!(it.step(at(2999), START), IdleStep::Nothing);
        assert_eq!(it.step(at(3000), START), IdleStep::Warn);
        it.served.warned_at = Some(at(3000).micros());
        assert_eq!(it.step(at(3001), START), IdleStep::Nothing);
        assert_eq!(it.step(at(3001), at(3001)), IdleStep::TakeBackWarning);
        assert_eq!(
            it.step(at(3600), START),
            IdleStep::Stop("Stopped after 60 minutes without activity.".into())
        );
    }

    #[test]
    fn a_snooze_puts_the_end_off_and_a_lifetime_does_not_care() {
        let mut it = watched(600, 7200);
        let at = |seconds: i64| START.plus_seconds(seconds);
        it.served.snoozed_until = Some(at(4000).micros());
        assert_eq!(it.step(at(3000), START), IdleStep::Nothing);
        assert!(matches!(it.step(at(4000), START), IdleStep::Stop(_)));
        assert_eq!(
            it.step(at(7200), at(7200)),
            IdleStep::Stop("Stopped at the end of its lifetime of 2 hours.".into())
        );
        assert_eq!(watched(0, 0).step(at(1_000_000), START), IdleStep::Nothing);
    }
}
