//! Stops and time limits.

use std::time::{Duration, Instant};

use super::{AT_ONCE, RunnerFixture, assert_cause, cancel, finished, output, run, start_until_ready};
use crate::{AttemptSpec, ExitCause, Observation, Stop, StopReason};

/// Deaf to every wish to end, itself and its children.
const DEAF: &str = "trap '' TERM INT HUP; echo ready; while :; do sleep 0.05; done";

pub async fn stops_with_a_chance_to_clean_up(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let script = "trap 'echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    start_until_ready(&*runner, &AttemptSpec::new("a", script)).await;
    runner.stop("a", cancel(Duration::from_secs(30))).await.unwrap();
    let exit = finished(&*runner, "a").await;
    // Whatever the script made of it: it did not end by itself.
    assert_cause(&exit, ExitCause::Stopped(StopReason::Cancelled));
    assert_eq!(exit.code, Some(0));
    assert!(output(&*runner.log("a")).await.contains("cleaned up"));
}

pub async fn kills_what_ignores_the_wish_to_stop(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    start_until_ready(&*runner, &AttemptSpec::new("a", DEAF)).await;
    let begin = Instant::now();
    runner.stop("a", cancel(Duration::from_millis(300))).await.unwrap();
    assert!(matches!(runner.observe("a").await.unwrap(), Observation::Running { .. }));
    let exit = finished(&*runner, "a").await;
    assert_cause(&exit, ExitCause::Stopped(StopReason::Cancelled));
    assert_eq!(exit.signal, Some(9));
    assert!(begin.elapsed() >= Duration::from_millis(300), "it had less time than promised");
}

pub async fn the_first_reason_stays(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    start_until_ready(&*runner, &AttemptSpec::new("a", DEAF)).await;
    let preempt = Stop { reason: StopReason::Preempted, grace: Some(Duration::from_millis(200)) };
    runner.stop("a", preempt).await.unwrap();
    runner.stop("a", cancel(Duration::from_secs(60))).await.unwrap();
    assert_cause(&finished(&*runner, "a").await, ExitCause::Stopped(StopReason::Preempted));
}

pub async fn a_later_stop_can_shorten_the_grace(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    start_until_ready(&*runner, &AttemptSpec::new("a", DEAF)).await;
    runner.stop("a", cancel(Duration::from_secs(3600))).await.unwrap();
    runner.stop("a", AT_ONCE).await.unwrap();
    assert_cause(&finished(&*runner, "a").await, ExitCause::Stopped(StopReason::Cancelled));
}

pub async fn what_was_stopped_before_it_started_never_starts(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    runner.stop("a", AT_ONCE).await.unwrap();
    for runner in [runner, fixture.restarted()] {
        runner.start(&AttemptSpec::new("a", "echo it ran")).await.unwrap();
        assert_cause(&finished(&*runner, "a").await, ExitCause::Stopped(StopReason::Cancelled));
        let page = runner.log("a").lines(0, 10).await.unwrap();
        assert_eq!((page.total, page.complete), (0, true));
    }
}

pub async fn stopping_what_has_ended_changes_nothing(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let exit = run(&*runner, &AttemptSpec::new("a", "true")).await;
    runner.stop("a", AT_ONCE).await.unwrap();
    assert_eq!(runner.observe("a").await.unwrap(), Observation::Finished(exit));
}

pub async fn the_time_limit_ends_it(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let spec =
        AttemptSpec { time_limit: Some(Duration::from_millis(300)), ..AttemptSpec::new("a", "sleep 60") };
    let begin = Instant::now();
    let exit = run(&*runner, &spec).await;
    assert_cause(&exit, ExitCause::TimeLimit);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert_eq!(exit.signal, Some(15));
    assert!(exit.message.unwrap().contains(" 0.3 s"));
}

pub async fn the_time_limit_kills_what_ignores_it(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let spec = AttemptSpec {
        time_limit: Some(Duration::from_millis(200)),
        stop_grace: Duration::from_millis(200),
        ..AttemptSpec::new("a", DEAF)
    };
    let exit = run(&*runner, &spec).await;
    assert_cause(&exit, ExitCause::TimeLimit);
    assert_eq!(exit.signal, Some(9));
}

pub async fn limits_may_be_longer_than_time(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let spec = AttemptSpec {
        time_limit: Some(Duration::MAX),
        stop_grace: Duration::MAX,
        ..AttemptSpec::new("a", "echo ready; sleep 60")
    };
    start_until_ready(&*runner, &spec).await;
    runner.stop("a", Stop { reason: StopReason::Idle, grace: Some(Duration::MAX) }).await.unwrap();
    assert_cause(&finished(&*runner, "a").await, ExitCause::Stopped(StopReason::Idle));
}
