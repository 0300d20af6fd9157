//! The queue as the scheduler sees it.

use std::collections::BTreeMap;

use base::resources::Quota;
use base::{GroupId, OpContext, Resources, Result, Timestamp, UserId, WorkloadId};
use db::ResultExt as _;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::Kind;
use super::entity::{Column, Entity, attempt};
use super::phase::Phase;
use crate::images::entity::environment;
use crate::images::{self, BuildState};
use crate::{Workloads, containers};

/// A workload that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    pub id: WorkloadId,
    /// Whose quota it counts against, beside the group's.
    pub user: Option<UserId>,
    pub ask: Resources,
    pub queued_at: Timestamp,
    pub generation: i64,
    /// What its page says now; only a change is written.
    pub reason: String,
    /// Why its image can't be used yet, in a sentence; `None` when it can.
    pub image_problem: Option<String>,
}

/// One group's part of the queue, first come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupQueue {
    pub group: GroupId,
    pub name: String,
    pub user_quota: Quota,
    pub group_quota: Quota,
    pub used: Resources,
    pub used_by: BTreeMap<UserId, Resources>,
    pub queued: Vec<Queued>,
}

/// All that a scheduling pass decides from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSnapshot {
    pub now: Timestamp,
    pub capacity: Resources,
    pub used: Resources,
    pub groups: Vec<GroupQueue>,
}

#[derive(FromQueryResult)]
struct QueuedRow {
    id: Uuid,
    kind: String,
    group_id: Uuid,
    user_id: Option<Uuid>,
    cpu_milli: i64,
    memory_mib: i64,
    gpu: i64,
    queued_at: i64,
    generation: i64,
    reason: String,
    image: String,
    digest: String,
}

#[derive(FromQueryResult)]
struct ClaimRow {
    group_id: Uuid,
    user_id: Option<Uuid>,
    cpu_milli: i64,
    memory_mib: i64,
    gpu: i64,
}

impl Workloads {
    /// The queue, the claims and the quotas as they are now.
    pub async fn queue_snapshot(&self, ctx: &OpContext) -> Result<QueueSnapshot> {
        ctx.require_platform_admin()?;
        let reader = self.db.reader();
        let queued: Vec<QueuedRow> = Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::Kind,
                Column::GroupId,
                Column::UserId,
                Column::CpuMilli,
                Column::MemoryMib,
                Column::Gpu,
                Column::QueuedAt,
                Column::Generation,
                Column::Reason,
                Column::Image,
                Column::Digest,
            ])
            .filter(Column::Phase.eq(Phase::Waiting.as_str()))
            .order_by_asc(Column::QueuedAt)
            .order_by_asc(Column::Id)
            .into_model()
            .all(reader)
            .await
            .doing("read the queue")?;
        let claims: Vec<ClaimRow> = attempt::Entity::find()
            .select_only()
            .columns([
                attempt::Column::GroupId,
                attempt::Column::UserId,
                attempt::Column::CpuMilli,
                attempt::Column::MemoryMib,
                attempt::Column::Gpu,
            ])
            .filter(attempt::Column::IsActive.eq(true))
            .into_model()
            .all(reader)
            .await
            .doing("read the claims")?;
        let mut ids: Vec<GroupId> = queued.iter().map(|row| GroupId(row.group_id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let problems = self.image_problems(&queued).await?;
        let in_container = |row: &QueuedRow| row.digest.is_empty();
        let no_engine = match queued.iter().any(in_container) {
            true => containers::wait(self.containers().await),
            false => None,
        };
        let mut groups: BTreeMap<GroupId, GroupQueue> = BTreeMap::new();
        for group in self.accounts.groups_by_ids(ctx, &ids).await? {
            let queue = GroupQueue {
                group: group.id,
                name: group.name,
                user_quota: group.user_quota,
                group_quota: group.group_quota,
                used: Resources::ZERO,
                used_by: BTreeMap::new(),
                queued: Vec::new(),
            };
            groups.insert(group.id, queue);
        }
        let mut used = Resources::ZERO;
        for claim in claims {
            let resources = Resources::new(claim.cpu_milli, claim.memory_mib, claim.gpu);
            used += resources;
            if let Some(group) = groups.get_mut(&GroupId(claim.group_id)) {
                group.used += resources;
                if let Some(user) = claim.user_id {
                    *group.used_by.entry(UserId(user)).or_default() += resources;
                }
            }
        }
        for row in queued {
            let Some(group) = groups.get_mut(&GroupId(row.group_id)) else { continue };
            let image_problem = match problems.get(&row.digest) {
                Some(problem) => Some(format!("Waits for the image {}: {problem}", row.image)),
                None => no_engine.filter(|_| in_container(&row)).map(str::to_owned),
            };
            let counts_against_user = Kind::parse(&row.kind)?.rules().counts_against_user;
            group.queued.push(Queued {
                id: WorkloadId(row.id),
                user: row.user_id.map(UserId).filter(|_| counts_against_user),
                ask: Resources::new(row.cpu_milli, row.memory_mib, row.gpu),
                queued_at: Timestamp(row.queued_at),
                generation: row.generation,
                reason: row.reason,
                image_problem,
            });
        }
        Ok(QueueSnapshot {
            now: ctx.now(),
            capacity: self.rules.capacity,
            used,
            groups: groups.into_values().collect(),
        })
    }

    /// For each digest in the queue that is not ready, why.
    async fn image_problems(&self, queued: &[QueuedRow]) -> Result<BTreeMap<String, String>> {
        let mut digests: Vec<String> = queued.iter().map(|row| row.digest.clone()).collect();
        digests.sort_unstable();
        digests.dedup();
        // Container images are the business of the engine.
        digests.retain(|digest| !digest.is_empty());
        let rows = images::store::environments(self.db.reader(), digests.clone()).await?;
        Ok(digests
            .into_iter()
            .filter_map(|digest| {
                let row = rows.iter().find(|row| row.digest == digest);
                image_problem(row).map(|problem| (digest, problem))
            })
            .collect())
    }
}

fn image_problem(row: Option<&environment::Model>) -> Option<String> {
    let Some(row) = row else { return Some("it is gone. Cancel this and choose another image.".to_owned()) };
    match BuildState::parse(&row.state) {
        BuildState::Ready => None,
        BuildState::Queued => Some("it is about to be built.".to_owned()),
        BuildState::Building => Some("it is being built.".to_owned()),
        BuildState::Failed if row.next_try_at.is_some() => {
            Some("its last build failed and will be tried again. Its page says why.".to_owned())
        }
        BuildState::Failed => Some("its build failed. Its page says why; an admin can repair it.".to_owned()),
        BuildState::Cancelled => Some("its build was cancelled. An admin can build it again.".to_owned()),
    }
}
