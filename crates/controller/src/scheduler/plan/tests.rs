//! Written-out cases, and random worlds.

use std::collections::BTreeMap;

use base::GroupId;
use base::clock::MockClock;
use proptest::prelude::*;

use super::*;

fn id(n: u64) -> GroupId {
    GroupId::new(&*MockClock::new(Timestamp(0), n * 1_000_003 + 1))
}
fn user(n: u64) -> UserId {
    id(n).0.into()
}

fn queued(n: u64, who: u64, cpu: i64, at: i64) -> Queued {
    Queued {
        id: id(10_000 + n).0.into(),
        user: Some(user(who)),
        ask: Resources::new(cpu * 1000, cpu * 1024, 0),
        queued_at: Timestamp(at * 1_000_000),
        generation: 0,
        reason: String::new(),
        image_problem: None,
    }
}

fn cpu_quota(cpu: Option<i64>) -> Quota {
    Quota { cpu_milli: cpu.map(|cpu| cpu * 1000), ..Quota::UNLIMITED }
}

fn group(n: u64, user: Option<i64>, group: Option<i64>, queued: Vec<Queued>) -> GroupQueue {
    GroupQueue {
        group: id(n),
        name: format!("group-{n}"),
        user_quota: cpu_quota(user),
        group_quota: cpu_quota(group),
        used: Resources::ZERO,
        used_by: BTreeMap::new(),
        queued,
    }
}

fn world(cpu: i64, groups: Vec<GroupQueue>) -> QueueSnapshot {
    QueueSnapshot {
        now: Timestamp(1_000_000_000),
        capacity: Resources::new(cpu * 1000, cpu * 4096, 0),
        used: Resources::ZERO,
        groups,
    }
}

fn started(plan: &Plan) -> Vec<WorkloadId> {
    plan.starts.iter().map(|claim| claim.workload).collect()
}
fn reason(plan: &Plan, job: &Queued) -> String {
    plan.reasons
        .iter()
        .find(|(id, _, _)| *id == job.id)
        .map(|(_, _, reason)| reason.clone())
        .unwrap_or_default()
}

#[test]
fn over_user_quota_is_skipped_and_over_group_quota_blocks() {
    let jobs = vec![
        queued(1, 1, 2, 900),
        queued(2, 1, 1, 901),
        queued(3, 2, 1, 902),
        queued(4, 2, 3, 903),
        queued(5, 3, 1, 904),
    ];
    let plan = plan(&world(100, vec![group(1, Some(2), Some(4), jobs.clone())]), Policy::default());
    assert_eq!(
        started(&plan),
        [jobs[0].id, jobs[2].id, jobs[4].id],
        "job 4 can never fit in a user quota of 2"
    );
    assert_eq!(
        reason(&plan, &jobs[1]),
        "Waits for your quota: it needs 1 core, and you use 2 cores of 2 cores in this group."
    );
    assert!(
        reason(&plan, &jobs[3])
            .starts_with("Never fits: it needs 3 cores, but your quota in this group is now 2 cores.")
    );

    let jobs = vec![queued(1, 1, 3, 900), queued(2, 2, 2, 901), queued(3, 3, 1, 902)];
    let plan = super::plan(&world(100, vec![group(1, None, Some(4), jobs.clone())]), Policy::default());
    assert_eq!(started(&plan), [jobs[0].id]);
    assert!(
        reason(&plan, &jobs[1])
            .starts_with("Waits for the group's quota: it needs 2 cores, and the group uses 3 cores of 4")
    );
    assert_eq!(reason(&plan, &jobs[2]), reasons::BEHIND_GROUP);
}

#[test]
fn ones_own_small_jobs_do_not_overtake_ones_large_one() {
    let mut queue = group(1, Some(2), None, vec![queued(1, 1, 2, 900), queued(2, 1, 1, 901)]);
    queue.used_by.insert(user(1), Resources::new(1000, 1024, 0));
    queue.used = Resources::new(1000, 1024, 0);
    let plan = plan(&world(100, vec![queue.clone()]), Policy::default());
    assert!(plan.starts.is_empty());
    assert_eq!(reason(&plan, &queue.queued[1]), reasons::BEHIND_OWN);
}

#[test]
fn the_group_that_has_least_goes_first() {
    let mut rich = group(1, None, None, vec![queued(1, 1, 1, 900)]);
    rich.used = Resources::new(2000, 0, 0);
    let poor = group(2, None, None, vec![queued(2, 2, 1, 950)]);
    let mut snapshot = world(3, vec![rich, poor.clone()]);
    snapshot.used = Resources::new(2000, 0, 0);
    let plan = plan(&snapshot, Policy::default());
    assert_eq!(started(&plan), [poor.queued[0].id]);
}

#[test]
fn a_large_job_that_waited_long_enough_gets_the_machine_emptied() {
    let large = queued(1, 1, 4, 100);
    let small = queued(2, 2, 1, 999);
    let mut snapshot =
        world(4, vec![group(1, None, None, vec![large]), group(2, None, None, vec![small.clone()])]);
    snapshot.used = Resources::new(1000, 1024, 0);
    let held = plan(&snapshot, Policy { patience_seconds: 60 });
    assert!(held.starts.is_empty());
    assert_eq!(reason(&held, &small), reasons::BEHIND_OLDER);
    let patient = plan(&snapshot, Policy { patience_seconds: 10_000 });
    assert_eq!(started(&patient), [small.id], "before that, small jobs fill the gaps");
}

fn jobs(groups: u64) -> impl Strategy<Value = Vec<(u64, u64, i64, i64, u8)>> {
    // group, user, cores, queued at, run time in passes
    prop::collection::vec((0..groups, 0..4_u64, 1..6_i64, 0..500_i64, 1..6_u8), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Never over any quota, the same answer twice, and every job that can run does once the others end.
    #[test]
    fn random_worlds(
        mut asks in jobs(5),
        user_quota in prop::option::of(1..8_i64),
        group_quota in prop::option::of(1..10_i64),
        cpu in 4..12_i64,
    ) {
        asks.sort_by_key(|ask| ask.3);
        let mut waiting: Vec<(u64, Queued, u8)> = asks
            .iter()
            .enumerate()
            .map(|(n, (group, who, cores, at, passes))| (*group, queued(n as u64, *who, *cores, *at), *passes))
            .collect();
        let mut running: Vec<(u64, Queued, u8)> = Vec::new();
        for pass in 0..1000 {
            let groups = (0..5).map(|n| {
                let mut lane = group(n, user_quota, group_quota, waiting.iter().filter(|j| j.0 == n).map(|j| j.1.clone()).collect());
                for (_, job, _) in running.iter().filter(|j| j.0 == n) {
                    lane.used += job.ask;
                    *lane.used_by.entry(job.user.unwrap()).or_default() += job.ask;
                }
                lane
            });
            let mut snapshot = world(cpu, groups.collect());
            snapshot.now = Timestamp((1000 + pass * 60) * 1_000_000);
            snapshot.used = running.iter().fold(Resources::ZERO, |sum, j| sum + j.1.ask);
            let made = plan(&snapshot, Policy::default());
            prop_assert_eq!(&made, &plan(&snapshot, Policy::default()));
            let starts = started(&made);
            let (begin, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|j| starts.contains(&j.1.id));
            waiting = rest;
            running.extend(begin);
            let total = running.iter().fold(Resources::ZERO, |sum, j| sum + j.1.ask);
            prop_assert!(total.fits_in(snapshot.capacity));
            for n in 0..5 {
                let of = |who: Option<u64>| running.iter()
                    .filter(|j| j.0 == n && who.is_none_or(|who| j.1.user == Some(user(who))))
                    .map(|j| j.1.ask.cpu_milli).sum::<i64>();
                prop_assert!(group_quota.is_none_or(|quota| of(None) <= quota * 1000));
                for who in 0..4 {
                    prop_assert!(user_quota.is_none_or(|quota| of(Some(who)) <= quota * 1000));
                }
            }
            for job in &mut running {
                job.2 -= 1;
            }
            running.retain(|job| job.2 > 0);
            let can_run = |job: &Queued| {
                let cores = job.ask.cpu_milli / 1000;
                cores <= cpu && user_quota.is_none_or(|q| cores <= q) && group_quota.is_none_or(|q| cores <= q)
            };
            if waiting.iter().all(|j| !can_run(&j.1)) {
                return Ok(());
            }
        }
        prop_assert!(false, "{} jobs starved", waiting.len());
    }
}
