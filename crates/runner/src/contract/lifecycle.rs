//! Starting, ending, restarting.

use std::sync::Arc;
use std::time::Duration;

use super::{AT_ONCE, RunnerFixture, assert_cause, finished, output, run, start_until_ready};
use crate::{AttemptSpec, ExitCause, Mount, Observation, RunnerError};

pub async fn runs_a_script_to_its_end(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let exit = run(&*runner, &AttemptSpec::new("a", "echo hello")).await;
    assert_cause(&exit, ExitCause::Completed);
    assert_eq!((exit.code, exit.signal), (Some(0), None));
    assert!(exit.finished_at_us >= exit.started_at_us);
    assert_eq!(output(&*runner.log("a")).await, "hello");
    assert_eq!(runner.observe("a").await.unwrap(), Observation::Finished(exit));
}

pub async fn keeps_the_exit_code(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let exit = run(&*runner, &AttemptSpec::new("a", "exit 42")).await;
    assert_cause(&exit, ExitCause::Failed);
    assert_eq!((exit.code, exit.signal), (Some(42), None));
}

pub async fn reports_the_signal(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let exit = run(&*runner, &AttemptSpec::new("a", "kill -SEGV $$")).await;
    assert_cause(&exit, ExitCause::Failed);
    assert_eq!((exit.code, exit.signal), (Some(139), Some(11)));
}

pub async fn runs_many_commands_and_large_scripts(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let mut script = "n=0\n".to_owned();
    while script.len() < 1 << 20 {
        script.push_str("n=$((n + 1)) # a comment to fill the line with something\n");
    }
    let commands = script.lines().count() - 1;
    script.push_str("echo $n\nfor i in 1 2\ndo\n  echo \"loop $i\"\ndone\n");
    let exit = run(&*runner, &AttemptSpec::new("a", script)).await;
    assert_cause(&exit, ExitCause::Completed);
    assert_eq!(output(&*runner.log("a")).await, format!("{commands}\nloop 1\nloop 2"));
}

pub async fn starts_at_most_once(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let spec = counting(fixture, "a");
    run(&*runner, &spec).await;
    runner.start(&spec).await.unwrap();
    fixture.restarted().start(&spec).await.unwrap();
    finished(&*runner, "a").await;
    assert_eq!(times_run(fixture), 1);
}

pub async fn starts_at_most_once_when_asked_at_the_same_time(fixture: &impl RunnerFixture) {
    let (first, second) = (fixture.runner(), fixture.restarted());
    let spec = counting(fixture, "a");
    let starts: Vec<_> = (0..8)
        .map(|nth| {
            let (runner, spec) = (Arc::clone(if nth % 2 == 0 { &first } else { &second }), spec.clone());
            tokio::spawn(async move { runner.start(&spec).await })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
    assert_cause(&finished(&*first, "a").await, ExitCause::Completed);
    assert_eq!(times_run(fixture), 1);
}

pub async fn goes_on_after_a_restart_of_the_server(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let spec = AttemptSpec::new("a", "echo ready; until [ -e ~/go ]; do read -t 0.05 <> <(:); done; exit 7");
    let shared = fixture.folder("shared");
    let spec = AttemptSpec { mounts: vec![mount(fixture, "shared", "/home/portico")], ..spec };
    start_until_ready(&*runner, &spec).await;
    drop(runner);
    let runner = fixture.restarted();
    assert!(matches!(runner.observe("a").await.unwrap(), Observation::Running { .. }));
    fs_err::write(shared.join("go"), "").unwrap();
    assert_eq!(finished(&*runner, "a").await.code, Some(7));
}

pub async fn knows_what_ended_while_nobody_looked(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let exit = run(&*runner, &AttemptSpec::new("a", "exit 5")).await;
    drop(runner);
    assert_eq!(fixture.restarted().observe("a").await.unwrap(), Observation::Finished(exit));
}

pub async fn an_unknown_attempt_has_not_started(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    assert_eq!(runner.observe("a").await.unwrap(), Observation::NotStarted);
    assert_eq!(runner.usage("a").await.unwrap(), None);
    let page = runner.log("a").lines(0, 10).await.unwrap();
    assert_eq!((page.total, page.lines.len(), page.complete), (0, 0, false));
}

pub async fn waiting_may_begin_before_the_start(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let waiting = tokio::spawn({
        let runner = Arc::clone(&runner);
        async move { runner.wait("a").await.unwrap() }
    });
    tokio::task::yield_now().await;
    runner.start(&AttemptSpec::new("a", "true")).await.unwrap();
    let seen = tokio::time::timeout(super::PATIENCE, waiting).await.unwrap().unwrap();
    assert!(matches!(seen, Observation::Finished(_)));
}

pub async fn removes_all_traces(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    // Also what the workload made hard to delete.
    let script = "mkdir -p ~/deep/er; touch ~/deep/er/file; chmod 0 ~/deep/er ~/deep; echo ready; sleep 60";
    start_until_ready(&*runner, &AttemptSpec::new("a", script)).await;
    assert!(matches!(runner.remove("a").await, Err(RunnerError::Busy(_))));
    runner.stop("a", AT_ONCE).await.unwrap();
    finished(&*runner, "a").await;
    runner.remove("a").await.unwrap();
    assert_eq!(runner.observe("a").await.unwrap(), Observation::NotStarted);
    assert!(!fixture.log_file("a").exists());
    let page = runner.log("a").lines(0, 10).await.unwrap();
    assert_eq!((page.total, runner.log("a").content().await.unwrap().length), (0, 0));
    runner.remove("a").await.unwrap();
}

pub async fn refuses_names_that_are_paths(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    for name in ["", "..", "../a", "a/b", "/etc", "a\0b", "-a"] {
        assert!(
            matches!(runner.start(&AttemptSpec::new(name, "true")).await, Err(RunnerError::Invalid(_))),
            "{name}"
        );
        assert!(matches!(runner.observe(name).await, Err(RunnerError::Invalid(_))), "{name}");
        assert!(matches!(runner.remove(name).await, Err(RunnerError::Invalid(_))), "{name}");
    }
}

pub async fn everything_started_is_gone_at_the_end(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let shared = fixture.folder("shared");
    // A daemon, away from its session and deaf to signals, that would write for as long as it lives.
    let script = "(trap '' TERM HUP INT; setsid bash -c 'trap \"\" TERM HUP; while :; do date +%N > ~/beat; done') & \
                  until [ -s ~/beat ]; do :; done";
    let spec = AttemptSpec {
        mounts: vec![mount(fixture, "shared", "/home/portico")],
        ..AttemptSpec::new("a", script)
    };
    assert_cause(&run(&*runner, &spec).await, ExitCause::Completed);
    let beat = fs_err::read(shared.join("beat")).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fs_err::read(shared.join("beat")).unwrap(), beat, "something still runs");
}

pub async fn reports_usage(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let script = "x=$(head -c 20000000 /dev/zero | tr '\\0' x); for i in {1..100000}; do :; done; echo ready; sleep 60";
    start_until_ready(&*runner, &AttemptSpec::new("a", script)).await;
    let usage = runner.usage("a").await.unwrap().unwrap();
    assert!(usage.memory_bytes > 20_000_000, "{usage:?}");
    assert!(usage.cpu_time_us > 10_000, "{usage:?}");
    assert!((1..10).contains(&usage.processes), "{usage:?}");
    runner.stop("a", AT_ONCE).await.unwrap();
    let exit = finished(&*runner, "a").await;
    assert!(exit.max_memory_bytes.unwrap() > 20_000_000, "{exit:?}");
    assert!(exit.cpu_time_us.unwrap() >= usage.cpu_time_us, "{exit:?}");
    assert_eq!(runner.usage("a").await.unwrap(), None);
}

/// An attempt that leaves a mark each time it runs.
fn counting(fixture: &impl RunnerFixture, attempt: &str) -> AttemptSpec {
    let mounts = vec![mount(fixture, "count", "/home/portico")];
    AttemptSpec { mounts, ..AttemptSpec::new(attempt, "echo run >> ~/runs; sleep 0.1") }
}

fn times_run(fixture: &impl RunnerFixture) -> usize {
    fs_err::read_to_string(fixture.folder("count").join("runs")).unwrap().lines().count()
}

pub(super) fn mount(fixture: &impl RunnerFixture, name: &str, target: &str) -> Mount {
    Mount::writable(fixture.volume(name), target)
}
