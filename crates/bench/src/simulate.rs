//! The scheduler alone: how many decisions a second, and a synthetic trace of 100,000 jobs over 1,000 groups replayed
//! in virtual time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Instant;

use base::clock::MockClock;
use base::resources::Quota;
use base::{Clock as _, GroupId, Resources, Timestamp, UserId, WorkloadId};
use controller::scheduler::plan::{Policy, plan};
use workloads::engine::{GroupQueue, QueueSnapshot, Queued};

use crate::{Row, say};

const GROUPS: usize = 1000;
const USERS_PER_GROUP: u64 = 5;

/// Repeatable numbers.
struct Dice(std::sync::Arc<MockClock>);

impl Dice {
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill_random(&mut bytes);
        u64::from_le_bytes(bytes) % bound
    }
}

fn groups() -> Vec<GroupQueue> {
    let clock = MockClock::new(Timestamp(0), 1);
    (0..GROUPS)
        .map(|n| GroupQueue {
            group: GroupId::new(&*clock),
            name: format!("group-{n}"),
            user_quota: Quota { cpu_milli: Some(8000), ..Quota::UNLIMITED },
            group_quota: Quota { cpu_milli: Some(16_000), ..Quota::UNLIMITED },
            used: Resources::ZERO,
            used_by: BTreeMap::new(),
            queued: Vec::new(),
        })
        .collect()
}

fn job(dice: &Dice, group: usize, at: Timestamp) -> Queued {
    let user = dice.below(USERS_PER_GROUP) + group as u64 * USERS_PER_GROUP;
    let cores = [1, 1, 1, 2, 4, 8][usize::try_from(dice.below(6)).unwrap_or(0)];
    Queued {
        id: WorkloadId::new(&*dice.0),
        user: Some(UserId::new(&*MockClock::new(Timestamp(0), user + 7))),
        ask: Resources::new(cores * 1000, cores * 4096, 0),
        queued_at: at,
        generation: 0,
        reason: String::new(),
        image_problem: None,
    }
}

/// Decisions a second with 50,000 in the queue.
pub(crate) fn decisions() -> Row {
    let dice = Dice(MockClock::new(Timestamp(0), 3));
    let mut groups = groups();
    for n in 0..50_000 {
        let index = n % GROUPS;
        groups[index].queued.push(job(&dice, index, Timestamp(n as i64)));
    }
    let capacity = Resources::new(2_000_000, 16_000_000, 0);
    let snapshot = QueueSnapshot { now: Timestamp(60_000_000), capacity, used: Resources::ZERO, groups };
    let begin = Instant::now();
    let mut decided = 0;
    for _ in 0..5 {
        decided += plan(&snapshot, Policy::default()).decided;
    }
    let rate = decided as f64 / begin.elapsed().as_secs_f64();
    Row {
        what: "scheduling decisions, 50,000 queued",
        measured: format!("{rate:.0}/s"),
        target: "≥ 5,000/s",
        limit: String::new(),
    }
}

struct Running {
    group: usize,
    user: Option<UserId>,
    ask: Resources,
}

/// Replays the trace.
pub(crate) fn run() -> anyhow::Result<()> {
    const JOBS: usize = 100_000;
    let dice = Dice(MockClock::new(Timestamp(0), 11));
    let capacity = Resources::new(2_000_000, 16_000_000, 0);
    let mut queues = groups();
    // Arrivals: bursts of a group's people over about four days; lives of a minute to an hour.
    let mut arrivals: Vec<(Timestamp, usize)> = (0..JOBS)
        .map(|_| {
            (
                Timestamp::from_micros(0).plus_seconds(i64::try_from(dice.below(4 * 86_400)).unwrap_or(0)),
                usize::try_from(dice.below(GROUPS as u64)).unwrap_or(0),
            )
        })
        .collect();
    arrivals.sort_unstable();
    let mut arrivals = arrivals.into_iter().peekable();
    let mut ends: BinaryHeap<Reverse<(Timestamp, usize)>> = BinaryHeap::new();
    let mut running: Vec<Option<Running>> = Vec::new();
    let (mut used, mut passes, mut decided, mut waits) =
        (Resources::ZERO, 0_u64, 0_usize, Vec::with_capacity(JOBS));
    let mut peak = 0;
    let begin = Instant::now();
    while waits.len() < JOBS {
        let next_end = ends.peek().map(|Reverse((at, _))| *at);
        let next_arrival = arrivals.peek().map(|(at, _)| *at);
        let Some(now) = [next_end, next_arrival].into_iter().flatten().min() else {
            anyhow::bail!("{} jobs never started", JOBS - waits.len());
        };
        // What happens within ten seconds is decided in one pass, so that a pass has something to decide.
        let now = now.plus_seconds(10);
        while let Some((at, group)) = arrivals.next_if(|(at, _)| *at <= now) {
            let queued = job(&dice, group, at);
            queues[group].queued.push(queued);
        }
        while let Some(Reverse((at, slot))) = ends.peek().copied() {
            if at > now {
                break;
            }
            ends.pop();
            if let Some(done) = running[slot].take() {
                used = used - done.ask;
                let queue = &mut queues[done.group];
                queue.used = queue.used - done.ask;
                if let Some(held) = done.user.and_then(|user| queue.used_by.get_mut(&user)) {
                    *held = *held - done.ask;
                }
            }
        }
        let waiting: Vec<GroupQueue> =
            queues.iter().filter(|queue| !queue.queued.is_empty()).cloned().collect();
        peak = peak.max(waiting.iter().map(|queue| queue.queued.len()).sum());
        let snapshot = QueueSnapshot { now, capacity, used, groups: waiting };
        let made = plan(&snapshot, Policy::default());
        passes += 1;
        decided += made.decided;
        let starts: std::collections::BTreeSet<WorkloadId> =
            made.starts.iter().map(|claim| claim.workload).collect();
        for (index, queue) in queues.iter_mut().enumerate() {
            let (begin, rest): (Vec<_>, Vec<_>) =
                std::mem::take(&mut queue.queued).into_iter().partition(|job| starts.contains(&job.id));
            queue.queued = rest;
            for job in begin {
                used += job.ask;
                queue.used += job.ask;
                if let Some(user) = job.user {
                    *queue.used_by.entry(user).or_default() += job.ask;
                }
                waits.push(now.seconds_since(job.queued_at));
                let life = 60 + i64::try_from(dice.below(3600)).unwrap_or(0);
                ends.push(Reverse((now.plus_seconds(life), running.len())));
                running.push(Some(Running { group: index, user: job.user, ask: job.ask }));
            }
            anyhow::ensure!(
                queue.group_quota.excess(Resources::ZERO, queue.used).is_none(),
                "a group is over its quota"
            );
        }
        anyhow::ensure!(used.fits_in(capacity), "the machine is over its capacity");
    }
    waits.sort_unstable();
    let at = |share: f64| waits[((JOBS as f64 * share) as usize).min(JOBS - 1)];
    say(&format!(
        "{JOBS} jobs of {GROUPS} groups: {passes} passes, {decided} decisions in {:.1} s of real time; longest queue {peak}; waits p50 {} s, p95 {} s, worst {} s; no quota exceeded, nobody starved",
        begin.elapsed().as_secs_f64(),
        at(0.5),
        at(0.95),
        at(1.0)
    ));
    Ok(())
}
