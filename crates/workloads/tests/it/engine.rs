//! Claims, generations and ends.

use base::{Clock as _, Resources, Timestamp};
use test_kit::{World, on_both_databases};
use workloads::engine::{AttemptEnd, Cause, Claim, Claimed, Phase};
use workloads::jobs::{JobSummary, NewJob};

fn end(cause: Cause) -> AttemptEnd {
    AttemptEnd {
        cause,
        message: "Test.".to_owned(),
        started_at: Some(Timestamp(1)),
        finished_at: Timestamp(2),
        exit_code: None,
        signal: None,
        max_memory_bytes: None,
        cpu_time_us: None,
    }
}

fn claim(job: &JobSummary) -> Claim {
    Claim { workload: job.id, generation: job.generation }
}

async fn claim_one(world: &World, job: &JobSummary) -> Vec<Claimed> {
    world.workloads.apply_decisions(&world.system(), vec![claim(job)], Vec::new(), "fake", 45).await.unwrap()
}

async fn job_now(world: &World, slug: &str) -> JobSummary {
    let group = world.group("vision").await;
    world.workloads.get_job(&world.system(), &group, slug).await.unwrap().summary
}

on_both_databases! {
    async fn claims_never_exceed_a_quota_whatever_runs_in_parallel(database) {
        let world = World::new(&database.db).await;
        world.set_cpu_quotas(Some(3), Some(5)).await;
        let group = world.group("vision").await;
        let mut claims = Vec::new();
        for n in 0..40 {
            let person = world.person(["mia", "max", "gail"][n % 3]).await;
            claims.push(claim(&world.workloads.submit_job(&person, &group, world.job("a")).await.unwrap()));
        }
        let tries = (0..12).map(|n| {
            let (workloads, ctx) = (world.workloads.clone(), world.system());
            let mut claims = claims.clone();
            claims.rotate_left(n * 3);
            async move { workloads.apply_decisions(&ctx, claims, Vec::new(), "fake", 45).await.unwrap() }
        });
        let claimed: Vec<Claimed> = futures::future::join_all(tries).await.into_iter().flatten().collect();
        assert_eq!(claimed.len(), 5, "exactly what the group's quota holds");
        let usage = world.workloads.group_usage(&world.person("mia").await, &group).await.unwrap();
        assert_eq!(usage.group, Resources::new(5000, 5 * 2048, 0));
        assert!(usage.mine.cpu_milli <= 3000);
    }

    async fn a_claim_for_an_older_generation_is_refused(database) {
        let world = World::new(&database.db).await;
        let group = world.group("vision").await;
        let job = world.workloads.submit_job(&world.person("mia").await, &group, world.job("a")).await.unwrap();
        assert_eq!(claim_one(&world, &job).await.len(), 1);
        assert_eq!(claim_one(&world, &job).await.len(), 0, "it is claimed already");
        let first = world.workloads.active_attempts(&world.system(), "fake").await.unwrap()[0].id;
        world.workloads.attempt_ended(&world.system(), first, end(Cause::NodeLost)).await.unwrap();
        assert_eq!(claim_one(&world, &job).await.len(), 0, "decided before the retry");
        let again = job_now(&world, &job.slug).await;
        assert_eq!((again.phase, again.generation), (Phase::Waiting, 1));
        assert_eq!(claim_one(&world, &again).await.len(), 1);
        // A late word of the first attempt changes nothing.
        world.workloads.attempt_ended(&world.system(), first, end(Cause::Succeeded)).await.unwrap();
        assert_eq!(job_now(&world, &job.slug).await.phase, Phase::Preparing);
    }

    async fn a_job_ends_once_with_one_cause(database) {
        let world = World::new(&database.db).await;
        let group = world.group("vision").await;
        let job = world.workloads.submit_job(&world.person("mia").await, &group, world.job("a")).await.unwrap();
        let attempt = claim_one(&world, &job).await[0].attempt;
        let causes = [Cause::Succeeded, Cause::UserCode, Cause::TimeLimit, Cause::OutOfMemory];
        let ends = causes.map(|cause| {
            let (workloads, ctx) = (world.workloads.clone(), world.system());
            async move { workloads.attempt_ended(&ctx, attempt, end(cause)).await }
        });
        for result in futures::future::join_all(ends).await {
            result.unwrap();
        }
        let ended = job_now(&world, &job.slug).await;
        assert!(ended.phase.is_final());
        world.workloads.attempt_ended(&world.system(), attempt, end(Cause::Platform)).await.unwrap();
        assert_eq!(job_now(&world, &job.slug).await, ended);
        assert!(world.workloads.active_attempts(&world.system(), "fake").await.unwrap().is_empty(), "the claim is given back");
    }

    async fn the_platform_s_faults_are_tried_again_but_not_for_ever(database) {
        let world = World::new(&database.db).await;
        let group = world.group("vision").await;
        let mut job = world.workloads.submit_job(&world.person("mia").await, &group, world.job("a")).await.unwrap();
        for attempt in 1..=3 {
            let claimed = claim_one(&world, &job).await;
            world.workloads.attempt_running(&world.system(), claimed[0].attempt, Timestamp(5)).await.unwrap();
            world.workloads.attempt_ended(&world.system(), claimed[0].attempt, end(Cause::NodeLost)).await.unwrap();
            job = job_now(&world, &job.slug).await;
            assert_eq!(job.attempts, attempt);
        }
        assert_eq!((job.phase, job.cause), (Phase::Failed, Some(Cause::NodeLost)));
        let users = world.workloads.submit_job(&world.person("mia").await, &group, world.job("a")).await.unwrap();
        let claimed = claim_one(&world, &users).await;
        world.workloads.attempt_ended(&world.system(), claimed[0].attempt, end(Cause::UserCode)).await.unwrap();
        assert_eq!(job_now(&world, &users.slug).await.phase, Phase::Failed, "one's own fault is not");
    }

    async fn no_two_attempts_hold_the_same_gpu(database) {
        let world = World::new(&database.db).await;
        let (mia, group, system) = (world.person("mia").await, world.group("vision").await, world.system());
        let of = async |attempt| world.workloads.launch_spec(&system, attempt).await.unwrap().unwrap().gpu_indices;
        let start = async || {
            let new = NewJob { instance_type: "gpu-1".to_owned(), ..world.job("a") };
            let job = world.workloads.submit_job(&mia, &group, new).await.unwrap();
            claim_one(&world, &job).await.first().map(|claimed| claimed.attempt)
        };
        let mut attempts = Vec::new();
        for gpu in 0..8 {
            let attempt = start().await.unwrap();
            assert_eq!(of(attempt).await, [gpu]);
            attempts.push(attempt);
        }
        assert_eq!(start().await, None, "the machine has eight");
        world.workloads.attempt_ended(&system, attempts[3], end(Cause::UserCode)).await.unwrap();
        assert_eq!(of(start().await.unwrap()).await, [3]);
        let plain = world.workloads.submit_job(&mia, &group, world.job("a")).await.unwrap();
        assert!(of(claim_one(&world, &plain).await[0].attempt).await.is_empty());
    }

    async fn cancelling_wins_over_a_lost_machine(database) {
        let world = World::new(&database.db).await;
        let (mia, group) = (world.person("mia").await, world.group("vision").await);
        let job = world.workloads.submit_job(&mia, &group, world.job("a")).await.unwrap();
        let attempt = claim_one(&world, &job).await[0].attempt;
        let stopping = world.workloads.cancel_job(&mia, &group, &job.slug).await.unwrap();
        assert!(stopping.is_stopping && !stopping.phase.is_final());
        assert!(world.workloads.launch_spec(&world.system(), attempt).await.unwrap().is_none(), "it is not started any more");
        world.workloads.attempt_ended(&world.system(), attempt, end(Cause::NodeLost)).await.unwrap();
        let ended = job_now(&world, &job.slug).await;
        assert_eq!((ended.phase, ended.reason.as_str()), (Phase::Cancelled, "Cancelled by mia."));
        assert_eq!(world.workloads.cancel_job(&mia, &group, &job.slug).await.unwrap_err().code(), "already_ended");
        let waiting = world.workloads.submit_job(&mia, &group, world.job("b")).await.unwrap();
        assert_eq!(world.workloads.cancel_job(&mia, &group, &waiting.slug).await.unwrap().phase, Phase::Cancelled);
        assert_eq!(claim_one(&world, &waiting).await.len(), 0);
    }

    async fn a_silent_server_s_attempt_is_given_up_and_its_job_waits_again(database) {
        let world = World::new(&database.db).await;
        let (group, system) = (world.group("vision").await, world.system());
        let job = world.workloads.submit_job(&world.person("mia").await, &group, world.job("a")).await.unwrap();
        let mine = claim_one(&world, &job).await[0].attempt;
        world.workloads.attempt_running(&system, mine, world.clock.now()).await.unwrap();
        // As long as its server is heard of, it is its own.
        for _ in 0..3 {
            world.clock.advance_seconds(40);
            world.workloads.renew_leases(&system, "fake", 45).await.unwrap();
            assert_eq!(world.workloads.lose_expired(&system, "other").await.unwrap(), []);
        }
        world.clock.advance_seconds(46);
        assert_eq!(world.workloads.lose_expired(&system, "fake").await.unwrap(), [], "nobody gives up what is their own");
        assert_eq!(job_now(&world, &job.slug).await.phase, Phase::Running);
        let tries = futures::future::join_all((0..4).map(|_| world.workloads.lose_expired(&system, "other"))).await;
        let lost: Vec<_> = tries.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(lost, [mine], "once, whoever looks");
        let waiting = job_now(&world, &job.slug).await;
        assert_eq!(waiting.phase, Phase::Waiting);
        assert!(waiting.reason.contains("not heard of"), "{}", waiting.reason);
        assert_eq!(waiting.queued_at, job.queued_at, "it keeps its place");
        assert!(world.workloads.active_attempts(&system, "fake").await.unwrap().is_empty());

        // Another server runs it. What the silent one says when it is back changes nothing.
        let claims = vec![claim(&waiting)];
        let theirs = world.workloads.apply_decisions(&system, claims, Vec::new(), "other", 45).await.unwrap()[0].attempt;
        world.workloads.attempt_running(&system, mine, world.clock.now()).await.unwrap();
        world.workloads.attempt_ended(&system, mine, end(Cause::UserCode)).await.unwrap();
        world.workloads.renew_leases(&system, "fake", 45).await.unwrap();
        assert_eq!(job_now(&world, &job.slug).await.phase, Phase::Preparing);
        assert_eq!(world.workloads.lost_attempts(&system, "fake", Timestamp(0)).await.unwrap(), [mine]);
        assert_eq!(world.workloads.lost_attempts(&system, "other", Timestamp(0)).await.unwrap(), []);
        world.workloads.attempt_ended(&system, theirs, end(Cause::Succeeded)).await.unwrap();
        assert_eq!(job_now(&world, &job.slug).await.phase, Phase::Succeeded);
    }
}
