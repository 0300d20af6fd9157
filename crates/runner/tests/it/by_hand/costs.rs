//! What an attempt costs beyond its script. Run on a quiet machine, optimised:
//! `cargo nextest run --release -p runner --ignore-default-filter --run-ignored only --no-capture costs`.

use std::time::{Duration, Instant};

use runner::{AttemptSpec, LocalConfig, LocalRunner, Network, Resources, Runner};

use crate::fixture::local;

const TIMES: usize = 60;

#[tokio::test]
#[ignore = "measures; fails nothing"]
async fn of_an_attempt_that_does_nothing() {
    let local = local();
    let with = local.local_runner();
    let without = LocalRunner::new(LocalConfig { control_groups: false, ..local.config() }).unwrap();
    for (name, runner, network) in [
        ("no network", &with, Network::None),
        ("the machine's network", &with, Network::Host),
        ("a network of its own with a way out", &with, Network::Outbound),
        ("the machine's network, no control groups", &without, Network::Host),
    ] {
        let (mut started, mut ended) = (Vec::new(), Vec::new());
        for nth in 0..TIMES {
            let resources = Resources { cpu_milli: 1000, memory_mib: 256, gpu: 0 };
            let attempt = format!("{}-{nth}", name.replace([' ', '\'', ','], "_"));
            let spec = AttemptSpec { network, resources, ..AttemptSpec::new(&attempt, "true") };
            let begin = Instant::now();
            runner.start(&spec).await.unwrap();
            started.push(begin.elapsed());
            runner.wait(&attempt).await.unwrap();
            ended.push(begin.elapsed());
        }
        println!("{name}: recorded as started {}, ended {}", quantiles(started), quantiles(ended));
    }
}

#[tokio::test]
#[ignore = "measures; fails nothing"]
async fn of_a_shim_in_memory() {
    let local = local();
    let runner = local.local_runner();
    runner.start(&AttemptSpec::new("a", "echo ready; sleep 600")).await.unwrap();
    runner.log("a").changed(runner::log::LogMark::default()).await.unwrap();
    let started = fs_err::read(local.attempts().join("a/started")).unwrap();
    let started: serde_json::Value = serde_json::from_slice(&started).unwrap();
    let status = fs_err::read_to_string(format!("/proc/{}/status", started["shim"]["pid"])).unwrap();
    for line in status.lines().filter(|line| line.starts_with("Vm") || line.starts_with("Rss")) {
        println!("{line}");
    }
    let stop = runner::Stop { reason: runner::StopReason::Cancelled, grace: Some(Duration::ZERO) };
    runner.stop("a", stop).await.unwrap();
    runner.wait("a").await.unwrap();
}

#[tokio::test]
#[ignore = "measures; fails nothing"]
async fn of_a_flood() {
    let local = local();
    let runner = local.local_runner();
    for (name, script) in [
        (
            "400 MB as fast as it goes",
            "yes 'a line of some length, as a program would write it' | head -c 400000000",
        ),
        (
            "20 MB within the burst",
            "yes 'a line of some length, as a program would write it' | head -c 20000000",
        ),
    ] {
        let attempt = name.replace(' ', "-");
        let spec =
            AttemptSpec { masked: vec!["a-secret-value".into()], ..AttemptSpec::new(&attempt, script) };
        let begin = Instant::now();
        runner.start(&spec).await.unwrap();
        let started = fs_err::read(local.attempts().join(&attempt).join("started")).unwrap();
        let started: serde_json::Value = serde_json::from_slice(&started).unwrap();
        let stat = format!("/proc/{}/stat", started["shim"]["pid"]);
        let mut cpu = String::new();
        let waiting = runner.wait(&attempt);
        let mut waiting = std::pin::pin!(waiting);
        while tokio::time::timeout(Duration::from_millis(5), &mut waiting).await.is_err() {
            cpu = fs_err::read_to_string(&stat).unwrap_or(cpu);
        }
        let fields: Vec<&str> = cpu.split(' ').collect();
        let kept = runner.log(&attempt).content().await.unwrap().length;
        println!(
            "{name}: {:?}, shim's processor time {}0 + {}0 ms, log {kept} bytes",
            begin.elapsed(),
            fields[13],
            fields[14]
        );
    }
}

fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |at: usize| times[at].as_secs_f64() * 1000.0;
    format!("{:.1} / {:.1} / {:.1} ms (fastest, median, 95 %)", ms(0), ms(TIMES / 2), ms(TIMES * 95 / 100))
}
