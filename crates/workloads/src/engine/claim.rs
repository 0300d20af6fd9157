//! Turning decisions into claims, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use accounts::groups::Group;
use base::{AttemptId, GroupId, OpContext, Resources, Result, UserId, WorkloadId};
use db::{ResultExt as _, Section, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::entity::{Column, Entity, Model, attempt};
use super::phase::Phase;
use super::{CLAIMED, Wish};
use crate::Workloads;

/// A scheduler's decision to start a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub workload: WorkloadId,
    /// The generation that the decision was made for.
    pub generation: i64,
}

/// A claim that holds: the attempt is to be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub attempt: AttemptId,
    pub workload: WorkloadId,
}

impl Workloads {
    /// Makes the claims that still hold and writes why everything else waits. Quotas, capacity and generations are
    /// checked again here, under the write lock: whatever ran in parallel, no quota is exceeded.
    pub async fn apply_decisions(
        &self,
        ctx: &OpContext,
        claims: Vec<Claim>,
        reasons: Vec<(WorkloadId, i64, String)>,
        runner: &str,
        lease_seconds: i64,
    ) -> Result<Vec<Claimed>> {
        ctx.require_platform_admin()?;
        if claims.is_empty() && reasons.is_empty() {
            return Ok(Vec::new());
        }
        let (ctx, workloads, runner) = (ctx.clone(), self.clone(), runner.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let mut claimed = Vec::with_capacity(claims.len());
                    if !claims.is_empty() {
                        tx.lock(Section::Claims).await?;
                        let mut ledger = Ledger::read(tx, &workloads, &ctx, &claims, &runner).await?;
                        for row in ledger.take_rows(&claims) {
                            let user = claimed_by(&row)?;
                            if let Some(gpus) = ledger.admit(&row, user) {
                                let claim = make(tx, &ctx, row, user, &gpus, &runner, lease_seconds);
                                claimed.extend(claim.await?);
                            }
                        }
                    }
                    for (workload, generation, reason) in reasons {
                        Entity::update_many()
                            .col_expr(Column::Reason, Expr::value(reason))
                            .filter(Column::Id.eq(workload.0))
                            .filter(Column::Generation.eq(generation))
                            .filter(Column::Phase.eq(Phase::Waiting.as_str()))
                            .exec(tx.connection())
                            .await
                            .doing("write why a workload waits")?;
                    }
                    Ok(claimed)
                })
            })
            .await
    }
}

/// Sums of all claims, read once for a batch and kept up while it is applied.
struct Ledger {
    rows: BTreeMap<WorkloadId, Model>,
    groups: BTreeMap<GroupId, Group>,
    capacity: Resources,
    used: Resources,
    by_group: BTreeMap<GroupId, Resources>,
    by_user: BTreeMap<(GroupId, UserId), Resources>,
    /// GPUs of this runner that somebody has.
    taken_gpus: BTreeSet<u32>,
}

impl Ledger {
    async fn read(
        tx: &Tx,
        workloads: &Workloads,
        ctx: &OpContext,
        claims: &[Claim],
        runner: &str,
    ) -> Result<Self> {
        let rows = Entity::find()
            .filter(Column::Id.is_in(claims.iter().map(|claim| claim.workload.0)))
            .all(tx.connection())
            .await
            .doing("read workloads to start")?;
        let mut ids: Vec<GroupId> = rows.iter().map(|row| GroupId(row.group_id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let groups = workloads.accounts.groups_in(tx, ctx, &ids).await?;
        let active = attempt::Entity::find()
            .filter(attempt::Column::IsActive.eq(true))
            .all(tx.connection())
            .await
            .doing("read the claims")?;
        let mut ledger = Self {
            rows: rows.into_iter().map(|row| (WorkloadId(row.id), row)).collect(),
            groups: groups.into_iter().map(|group| (group.id, group)).collect(),
            capacity: workloads.rules.capacity,
            used: Resources::ZERO,
            by_group: BTreeMap::new(),
            by_user: BTreeMap::new(),
            taken_gpus: BTreeSet::new(),
        };
        for row in active {
            ledger.add(GroupId(row.group_id), row.user_id.map(UserId), row.resources());
            if row.runner == runner {
                ledger.taken_gpus.extend(row.gpus());
            }
        }
        Ok(ledger)
    }

    fn add(&mut self, group: GroupId, user: Option<UserId>, resources: Resources) {
        self.used += resources;
        *self.by_group.entry(group).or_default() += resources;
        if let Some(user) = user {
            *self.by_user.entry((group, user)).or_default() += resources;
        }
    }

    /// The rows that the decisions were made for, unless something happened to them since.
    fn take_rows(&mut self, claims: &[Claim]) -> Vec<Model> {
        claims
            .iter()
            .filter_map(|claim| {
                let row = self.rows.remove(&claim.workload)?;
                let as_decided = row.phase == Phase::Waiting.as_str()
                    && row.wish == Wish::Run.as_str()
                    && row.generation == claim.generation;
                as_decided.then_some(row)
            })
            .collect()
    }

    /// If the claim fits it is counted, and these are its GPUs.
    fn admit(&mut self, row: &Model, user: Option<UserId>) -> Option<Vec<u32>> {
        let (group_id, ask) = (row.group(), row.resources());
        let group = self.groups.get(&group_id)?;
        let of_group = self.by_group.get(&group_id).copied().unwrap_or_default();
        let of_user = user.and_then(|user| self.by_user.get(&(group_id, user)).copied()).unwrap_or_default();
        let fits = (self.used + ask).fits_in(self.capacity)
            && group.group_quota.excess(of_group, ask).is_none()
            && group.user_quota.excess(of_user, ask).is_none();
        if !fits {
            return None;
        }
        let wanted = usize::try_from(ask.gpu).unwrap_or_default();
        let all = 0..u32::try_from(self.capacity.gpu).unwrap_or_default();
        let gpus: Vec<u32> = all.filter(|gpu| !self.taken_gpus.contains(gpu)).take(wanted).collect();
        if gpus.len() < wanted {
            return None;
        }
        self.taken_gpus.extend(&gpus);
        self.add(group_id, user, ask);
        Some(gpus)
    }
}

/// Whose quota the claim of a workload counts against, beside the group's.
fn claimed_by(row: &Model) -> Result<Option<UserId>> {
    let counts = row.kind()?.rules().counts_against_user;
    Ok(row.user().filter(|_| counts))
}

/// Claims one workload; `None` when it is no longer there to claim.
async fn make(
    tx: &Tx,
    ctx: &OpContext,
    row: Model,
    user: Option<UserId>,
    gpus: &[u32],
    runner: &str,
    lease_seconds: i64,
) -> Result<Option<Claimed>> {
    let now = ctx.now();
    let (workload, attempt_id) = (row.workload(), AttemptId::new(&*ctx.clock));
    let (number, generation) = (row.attempts + 1, row.generation + 1);
    let attempt = attempt::ActiveModel {
        id: Set(attempt_id.0),
        workload_id: Set(row.id),
        number: Set(number),
        generation: Set(generation),
        runner: Set(runner.to_owned()),
        state: Set(CLAIMED.to_owned()),
        is_active: Set(true),
        group_id: Set(row.group_id),
        user_id: Set(user.map(|user| user.0)),
        cpu_milli: Set(row.cpu_milli),
        memory_mib: Set(row.memory_mib),
        gpu: Set(row.gpu),
        gpu_indices: Set(gpus.iter().map(u32::to_string).collect::<Vec<_>>().join(",")),
        lease_until: Set(now.plus_seconds(lease_seconds).micros()),
        claimed_at: Set(now.micros()),
        started_at: Set(None),
        finished_at: Set(None),
        cause: Set(None),
        message: Set(String::new()),
        exit_code: Set(None),
        signal: Set(None),
        max_memory_bytes: Set(None),
        cpu_time_us: Set(None),
    };
    tx.lock_row(row.id).await?;
    let claimed = Entity::update_many()
        .col_expr(Column::Phase, Expr::value(Phase::Preparing.as_str()))
        .col_expr(Column::Reason, Expr::value(""))
        .col_expr(Column::Generation, Expr::value(generation))
        .col_expr(Column::Attempts, Expr::value(number))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Phase.eq(Phase::Waiting.as_str()))
        .filter(Column::Wish.eq(Wish::Run.as_str()))
        .filter(Column::Generation.eq(row.generation))
        .exec(tx.connection())
        .await
        .doing("claim a workload")?;
    // Somebody cancelled it since the ledger was read (on databases with several writers).
    if claimed.rows_affected == 0 {
        return Ok(None);
    }
    attempt.insert(tx.connection()).await.doing("write an attempt")?;
    row.emit_change(tx, ctx).await?;
    Ok(Some(Claimed { attempt: attempt_id, workload }))
}
