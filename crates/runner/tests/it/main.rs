//! placeholder
use std::time::{Duration, Instant};

use runner::*;

fn runner_in(dir: &std::path::Path) -> LocalRunner {
    let command = vec![env!("CARGO_BIN_EXE_runner-test-helper").into(), "shim".into()];
    LocalRunner::new(LocalConfig::new(dir, command)).unwrap()
}

#[tokio::test]
async fn first() {
    let dir = tempfile::tempdir().unwrap();
    let runner = runner_in(dir.path());
    for cap in runner.capabilities() {
        println!("{cap:?}");
    }
    let mut spec = AttemptSpec::new("a1", "echo hello; id; ls -la / /proc/self/fd /home ~ /etc; env; exit 3");
    spec.resources = Resources { cpu_milli: 500, memory_mib: 256, gpu: 0 };
    runner.start(&spec).await.unwrap();
    let seen = runner.wait("a1").await.unwrap();
    println!("{seen:?}");
    for line in runner.log("a1").lines(0, 1000).await.unwrap().lines {
        println!("{} {} {}", line.number, line.at_us, line.text);
    }
    for (name, network) in [("none", Network::None), ("host", Network::Host), ("outbound", Network::Outbound)] {
        let mut times = Vec::new();
        for n in 0..20 {
            let mut spec = AttemptSpec::new(format!("{name}-{n}"), "true");
            spec.network = network;
            spec.resources = Resources { cpu_milli: 500, memory_mib: 256, gpu: 0 };
            let begin = Instant::now();
            runner.start(&spec).await.unwrap();
            let started = begin.elapsed();
            let seen = runner.wait(&spec.attempt).await.unwrap();
            times.push((begin.elapsed(), started));
            if !matches!(seen, Observation::Finished(Exit { cause: ExitCause::Completed, .. })) {
                println!("{seen:?}");
            }
        }
        times.sort();
        println!("{name}: {:?} {:?} {:?}", times[0], times[10], times[19]);
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
}
