//! The decision itself.
//!
//! Rules, in the order in which they count:
//! 1. Within a group the queue is first come, first served.
//! 2. Who is over their own quota is skipped, and with them what they submitted later (their own small jobs never
//!    overtake their own large one).
//! 3. A job over the group's quota blocks the group's queue behind it.
//! 4. What never fits, or whose image is not ready, is skipped.
//! 5. Between groups, the group with the smallest dominant share (its largest share of CPU, memory or GPU) goes first.
//! 6. Nobody starves: a job that has waited for longer than [`Policy::patience_seconds`] goes before all that waited
//!    less; if the machine has no room for it, nothing else starts until it has.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use base::resources::Quota;
use base::{Resources, Timestamp, UserId, WorkloadId};
use workloads::engine::{Claim, GroupQueue, QueueSnapshot, Queued};

use super::reasons;

/// In a long queue only the first of each group get a sentence with numbers; those behind them stand in line. So one
/// ending job does not rewrite a thousand rows.
const EXPLAINED_PER_GROUP: usize = 20;

/// What an administrator may tune.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub patience_seconds: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { patience_seconds: 600 }
    }
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which to start them.
    pub starts: Vec<Claim>,
    /// Workloads whose sentence changed, with their generation.
    pub reasons: Vec<(WorkloadId, i64, String)>,
    /// How many workloads were looked at.
    pub decided: usize,
}

/// One group while the plan is made.
struct Lane<'a> {
    queue: &'a GroupQueue,
    used: Resources,
    used_by: std::collections::BTreeMap<UserId, Resources>,
    next: usize,
    explained: usize,
    /// People whose earlier job waits for their quota.
    over_quota: BTreeSet<UserId>,
    blocked: bool,
}

/// What stands in the way of a job's group and person, if anything.
enum Obstacle {
    Skip(String),
    BlockGroup(String),
}

impl Lane<'_> {
    fn obstacle(&self, job: &Queued, capacity: Resources) -> Option<Obstacle> {
        if self.blocked {
            return Some(Obstacle::Skip(reasons::BEHIND_GROUP.to_owned()));
        }
        if let Some(never) =
            reasons::never(&self.queue.user_quota, &self.queue.group_quota, capacity, job.ask)
        {
            return Some(Obstacle::Skip(never));
        }
        if let Some(user) = job.user {
            if self.over_quota.contains(&user) {
                return Some(Obstacle::Skip(reasons::BEHIND_OWN.to_owned()));
            }
            let used = self.used_by.get(&user).copied().unwrap_or_default();
            if let Some(excess) = self.queue.user_quota.excess(used, job.ask) {
                return Some(Obstacle::Skip(reasons::user_quota(excess)));
            }
        }
        if let Some(excess) = self.queue.group_quota.excess(self.used, job.ask) {
            return Some(Obstacle::BlockGroup(reasons::group_quota(excess)));
        }
        job.image_problem.clone().map(Obstacle::Skip)
    }

    fn is_over_own_quota(&self, job: &Queued) -> bool {
        job.user.is_some_and(|user| {
            let used = self.used_by.get(&user).copied().unwrap_or_default();
            let fits_alone = self.queue.user_quota.excess(Resources::ZERO, job.ask).is_none();
            fits_alone && self.queue.user_quota.excess(used, job.ask).is_some()
        })
    }

    fn take(&mut self, job: &Queued) {
        self.used += job.ask;
        if let Some(user) = job.user {
            *self.used_by.entry(user).or_default() += job.ask;
        }
    }
}

/// A group's place in line: what starved first, then the smallest dominant share, then the oldest.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Precedence {
    is_patient: bool,
    share_ppm: i64,
    queued_at: Timestamp,
    id: WorkloadId,
    lane: usize,
}

/// Decides from what is known now. The same snapshot gives the same plan.
pub fn plan(snapshot: &QueueSnapshot, policy: Policy) -> Plan {
    let mut planner = Planner {
        snapshot,
        policy,
        used: snapshot.used,
        lanes: snapshot
            .groups
            .iter()
            .map(|queue| Lane {
                queue,
                used: queue.used,
                used_by: queue.used_by.clone(),
                next: 0,
                explained: 0,
                over_quota: BTreeSet::new(),
                blocked: false,
            })
            .collect(),
        plan: Plan::default(),
        is_holding: false,
    };
    let mut line = BinaryHeap::new();
    for lane in 0..planner.lanes.len() {
        line.extend(planner.advance(lane).map(Reverse));
    }
    while let Some(Reverse(place)) = line.pop() {
        planner.decide(place.lane, !place.is_patient);
        line.extend(planner.advance(place.lane).map(Reverse));
    }
    planner.plan
}

struct Planner<'a> {
    snapshot: &'a QueueSnapshot,
    policy: Policy,
    used: Resources,
    lanes: Vec<Lane<'a>>,
    plan: Plan,
    /// The machine makes room for a job that starved.
    is_holding: bool,
}

impl Planner<'_> {
    /// Moves the lane on to the next job that only the machine could stop, explaining those that it passes.
    fn advance(&mut self, index: usize) -> Option<Precedence> {
        let lane = &mut self.lanes[index];
        while let Some(job) = lane.queue.queued.get(lane.next) {
            let Some(obstacle) = lane.obstacle(job, self.snapshot.capacity) else {
                let waited = self.snapshot.now.seconds_since(job.queued_at);
                let is_patient = waited < self.policy.patience_seconds;
                return Some(Precedence {
                    is_patient,
                    share_ppm: if is_patient { dominant_share(lane.used, self.snapshot.capacity) } else { 0 },
                    queued_at: job.queued_at,
                    id: job.id,
                    lane: index,
                });
            };
            self.plan.decided += 1;
            lane.next += 1;
            let reason = match obstacle {
                Obstacle::Skip(reason) => {
                    if lane.is_over_own_quota(job)
                        && let Some(user) = job.user
                    {
                        lane.over_quota.insert(user);
                    }
                    reason
                }
                Obstacle::BlockGroup(reason) => {
                    lane.blocked = true;
                    reason
                }
            };
            explain(lane, &mut self.plan, job, reason);
        }
        None
    }

    /// Starts the lane's next job if the machine has room.
    fn decide(&mut self, index: usize, is_starved: bool) {
        let lane = &mut self.lanes[index];
        let Some(job) = lane.queue.queued.get(lane.next) else { return };
        lane.next += 1;
        self.plan.decided += 1;
        if self.is_holding {
            return explain(lane, &mut self.plan, job, reasons::BEHIND_OLDER.to_owned());
        }
        match Quota::of(self.snapshot.capacity).excess(self.used, job.ask) {
            None => {
                lane.take(job);
                self.used += job.ask;
                self.plan.starts.push(Claim { workload: job.id, generation: job.generation });
            }
            Some(excess) => {
                self.is_holding |= is_starved;
                explain(lane, &mut self.plan, job, reasons::machine(excess));
            }
        }
    }
}

fn explain(lane: &mut Lane<'_>, plan: &mut Plan, job: &Queued, reason: String) {
    let reason = if lane.explained < EXPLAINED_PER_GROUP || reason.starts_with("Never fits") {
        lane.explained += 1;
        reason
    } else {
        reasons::IN_LINE.to_owned()
    };
    if reason != job.reason {
        plan.reasons.push((job.id, job.generation, reason));
    }
}

/// The largest share of any resource, in millionths.
fn dominant_share(used: Resources, capacity: Resources) -> i64 {
    let share =
        |used: i64, capacity: i64| if capacity > 0 { used.saturating_mul(1_000_000) / capacity } else { 0 };
    share(used.cpu_milli, capacity.cpu_milli)
        .max(share(used.memory_mib, capacity.memory_mib))
        .max(share(used.gpu, capacity.gpu))
}

#[cfg(test)]
mod tests;
