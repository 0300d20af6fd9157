//! What happens when processes die that were not supposed to.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use runner::contract::RunnerFixture;
use runner::{
    AttemptSpec, Exit, ExitCause, LocalConfig, LocalRunner, Log, Mount, Observation, Runner, RunnerError,
    Serves, Stop, StopReason,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{Local, local, volume};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn work_survives_a_server_that_is_killed() {
    let local = local();
    let runner = local.local_runner();
    let mut server = Command::new(env!("CARGO_BIN_EXE_runner-test-helper"))
        .args(["start", local.data_dir().to_str().unwrap(), "a"])
        .arg("echo before; until [ -e /tmp/go ]; do sleep 0.05; touch /tmp/go; done; sleep 0.3; echo after; exit 3")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "started\n");
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(matches!(runner.observe("a").await.unwrap(), Observation::Running { .. }));
    let Observation::Finished(exit) = ended(&runner, "a").await else { panic!("lost") };
    assert_eq!(exit.code, Some(3));
    let lines = runner.log("a").lines(0, 10).await.unwrap().lines;
    assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["before", "after"]);
}

#[tokio::test]
async fn a_killed_shim_means_lost_and_nothing_left() {
    let local = local();
    let runner = local.local_runner();
    let shared = local.folder("shared");
    start_beating(&runner, "a", "shared").await;
    let waiting = ended(&runner, "a");
    kill(shim_of(&local, "a"));
    let Observation::Lost { why } = waiting.await else { panic!("not lost") };
    assert!(why.contains("gone"), "{why}");
    // Once it is said to be lost, nothing of it runs.
    let beat = fs_err::read(shared.join("beat")).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fs_err::read(shared.join("beat")).unwrap(), beat, "the workload still runs");
    // It stays lost, its log is complete, and it does not start again.
    runner.start(&AttemptSpec::new("a", "echo again")).await.unwrap();
    assert_eq!(local.local_runner().observe("a").await.unwrap(), Observation::Lost { why });
    let page = runner.log("a").lines(0, 10).await.unwrap();
    assert!(page.complete && page.lines[0].text == "ready" && page.total == 1, "{page:?}");
    runner.remove("a").await.unwrap();
    assert_eq!(runner.observe("a").await.unwrap(), Observation::NotStarted);
}

#[tokio::test]
async fn the_sandbox_dies_with_its_shim_even_if_nobody_looks() {
    let local = local();
    let runner = local.local_runner();
    start_beating(&runner, "a", "shared").await;
    let init = record(&local, "a", "sandbox.json")["init"]["pid"].as_i64().unwrap();
    let init = Pid::from_raw(i32::try_from(init).unwrap()).unwrap();
    let handle = rustix::process::pidfd_open(init, rustix::process::PidfdFlags::empty()).unwrap();
    kill(shim_of(&local, "a"));
    let gone = tokio::task::spawn_blocking(move || {
        let mut fds = [rustix::event::PollFd::new(&handle, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut fds, Some(&rustix::time::Timespec { tv_sec: 30, tv_nsec: 0 })).unwrap()
    });
    assert_eq!(gone.await.unwrap(), 1, "the sandbox outlives its shim");
    assert!(matches!(ended(&runner, "a").await, Observation::Lost { .. }));
}

#[tokio::test]
async fn the_door_to_a_port_closes_with_its_shim() {
    let local = local();
    let runner = local.local_runner();
    let script = "python3 -c \"import socket; s = socket.create_server(('127.0.0.1', 8080)); print('ready'); s.accept()\"; sleep 600";
    for (attempt, killed) in [("a", false), ("b", true)] {
        let spec = AttemptSpec { serves: Some(Serves::Port(8080)), ..AttemptSpec::new(attempt, script) };
        start_until_ready(&runner, spec).await;
        drop(runner.connect(attempt).await.unwrap());
        // The shim, bubblewrap and the door.
        assert_eq!(processes_in(&local, attempt), 3);
        if killed {
            kill(shim_of(&local, attempt));
        } else {
            runner
                .stop(attempt, Stop { reason: StopReason::Cancelled, grace: Some(Duration::ZERO) })
                .await
                .unwrap();
        }
        ended(&runner, attempt).await;
        let gone = async {
            while processes_in(&local, attempt) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("the door outlives its shim");
        assert!(matches!(runner.connect(attempt).await, Err(RunnerError::NotListening)));
    }
}

#[tokio::test]
async fn a_restart_of_the_machine_is_told_from_a_crash() {
    let local = local();
    let boot_id = local.folder("boot").join("id");
    fs_err::write(&boot_id, "first\n").unwrap();
    let config = LocalConfig { boot_id_path: boot_id.clone(), ..local.config() };
    let runner = LocalRunner::new(config).unwrap();
    start_until_ready(&runner, AttemptSpec::new("a", "echo ready; sleep 600")).await;
    kill(shim_of(&local, "a"));
    fs_err::write(&boot_id, "second\n").unwrap();
    let Observation::Lost { why } = ended(&runner, "a").await else { panic!("not lost") };
    assert!(why.contains("restarted"), "{why}");
}

/// Power can go between a record's name and its contents reaching the disk.
#[tokio::test]
async fn a_torn_start_is_a_start() {
    let local = local();
    let runner = local.local_runner();
    fs_err::create_dir(local.attempts().join("a")).unwrap();
    fs_err::write(local.attempts().join("a/started"), "").unwrap();
    runner.start(&AttemptSpec::new("a", "echo again")).await.unwrap();
    let Observation::Lost { why } = ended(&runner, "a").await else { panic!("not lost") };
    assert!(why.contains("restarted"), "{why}");
}

#[tokio::test]
async fn a_reused_process_id_fools_nobody() {
    let local = local();
    let runner = local.local_runner();
    let dir = local.attempts().join("a");
    fs_err::create_dir(&dir).unwrap();
    // A shim of this boot whose id now belongs to somebody else: this very test.
    let boot_id = fs_err::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let started = serde_json::json!({
        "at_us": 1, "boot_id": boot_id.trim(), "stopped": null,
        "shim": { "pid": std::process::id(), "start_ticks": 1 },
    });
    fs_err::write(dir.join("started"), started.to_string()).unwrap();
    let sandbox =
        serde_json::json!({ "init": { "pid": std::process::id(), "start_ticks": 1 }, "cgroups": [] });
    fs_err::write(dir.join("sandbox.json"), sandbox.to_string()).unwrap();
    assert!(matches!(ended(&runner, "a").await, Observation::Lost { .. }));
}

#[tokio::test]
async fn a_shim_that_never_recorded_its_start_can_be_started_again() {
    let local = local();
    let refusing = LocalConfig { shim_command: vec!["false".into()], ..local.config() };
    let refused = LocalRunner::new(refusing).unwrap().start(&AttemptSpec::new("a", "true")).await;
    assert!(matches!(refused, Err(RunnerError::Failed { .. })), "{refused:?}");
    let runner = local.local_runner();
    assert_eq!(runner.observe("a").await.unwrap(), Observation::NotStarted);
    runner.start(&AttemptSpec::new("a", "true")).await.unwrap();
    assert!(matches!(
        ended(&runner, "a").await,
        Observation::Finished(Exit { cause: ExitCause::Completed, .. })
    ));
}

/// A server that dies while it starts an attempt leaves it started or not started, never twice.
#[tokio::test]
async fn a_start_cut_off_anywhere_happens_at_most_once() {
    for delay_us in [0, 200, 500, 1000, 1500, 2000, 3000, 5000, 8000] {
        let local = local();
        let shared = local.folder("shared");
        let runner = local.local_runner();
        let spec =
            AttemptSpec { mounts: vec![mount("shared")], ..AttemptSpec::new("a", "echo run >> ~/runs") };
        // Dropping the future cuts off the start as a crash of the server would; the shim may be anywhere then.
        let cut_off = tokio::time::timeout(Duration::from_micros(delay_us), runner.start(&spec)).await;
        drop(cut_off);
        if runner.start(&spec).await.is_err() {
            runner.start(&spec).await.unwrap();
        }
        assert!(matches!(
            ended(&runner, "a").await,
            Observation::Finished(Exit { cause: ExitCause::Completed, .. })
        ));
        assert_eq!(fs_err::read_to_string(shared.join("runs")).unwrap(), "run\n", "after {delay_us} µs");
    }
}

/// Everywhere in its life, a shim can be killed: the attempt is then lost or finished, and never undecided.
#[tokio::test]
async fn a_shim_killed_at_any_moment_leaves_a_clear_state() {
    let local = local();
    let runner = local.local_runner();
    for (nth, delay_us) in
        [0_u64, 500, 1000, 2000, 3000, 4000, 6000, 8000, 10_000, 15_000].into_iter().enumerate()
    {
        let attempt = format!("a{nth}");
        let shared = local.folder(&attempt);
        let spec =
            AttemptSpec { mounts: vec![mount(&attempt)], ..AttemptSpec::new(&attempt, "date +%N > ~/ran") };
        runner.start(&spec).await.unwrap();
        tokio::time::sleep(Duration::from_micros(delay_us)).await;
        kill(shim_of(&local, &attempt));
        let seen = ended(&runner, &attempt).await;
        let ran = fs_err::read(shared.join("ran")).ok();
        assert!(matches!(seen, Observation::Lost { .. } | Observation::Finished(_)), "{seen:?}");
        assert!(runner.log(&attempt).lines(0, 1).await.unwrap().complete);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(fs_err::read(shared.join("ran")).ok(), ran, "it ran after it was lost ({delay_us} µs)");
        assert_eq!(processes_in(&local, &attempt), 0, "a process waits for ever ({delay_us} µs)");
    }
}

/// The processes of an attempt outside of its sandbox, and those that did not get as far as to go into it.
fn processes_in(local: &Local, attempt: &str) -> usize {
    let dir = local.attempts().join(attempt);
    let processes = fs_err::read_dir("/proc").unwrap().flatten();
    processes.filter(|entry| fs_err::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == dir)).count()
}

async fn ended(runner: &LocalRunner, attempt: &str) -> Observation {
    tokio::time::timeout(PATIENCE, runner.wait(attempt)).await.expect("it does not end").unwrap()
}

/// Starts a workload that writes a file for as long as it lives.
async fn start_beating(runner: &LocalRunner, attempt: &str, shared: &str) {
    let script = "(trap '' TERM HUP; while :; do date +%N > ~/beat; done) & until [ -s ~/beat ]; do :; done; echo ready; wait";
    start_until_ready(
        runner,
        AttemptSpec { mounts: vec![mount(shared)], ..AttemptSpec::new(attempt, script) },
    )
    .await;
}

async fn start_until_ready(runner: &LocalRunner, spec: AttemptSpec) {
    runner.start(&spec).await.unwrap();
    tokio::time::timeout(PATIENCE, ready(&*runner.log(&spec.attempt))).await.unwrap();
}

async fn ready(log: &dyn Log) {
    let mut mark = log.mark().await.unwrap();
    while !log.lines(0, 10).await.unwrap().lines.iter().any(|line| line.text == "ready") {
        assert!(!mark.complete(), "it ended before it was ready");
        mark = log.changed(mark).await.unwrap();
    }
}

fn mount(name: &str) -> Mount {
    Mount::writable(volume(name), "/home/portico")
}

fn shim_of(local: &Local, attempt: &str) -> Pid {
    let pid = record(local, attempt, "started")["shim"]["pid"].as_i64().unwrap();
    Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

fn record(local: &Local, attempt: &str, name: &str) -> serde_json::Value {
    serde_json::from_slice(&fs_err::read(local.attempts().join(attempt).join(name)).unwrap()).unwrap()
}

fn kill(pid: Pid) {
    // It may have ended by itself.
    let _ = kill_process(pid, Signal::KILL);
}
