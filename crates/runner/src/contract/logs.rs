//! What a log shows.

use std::time::{Duration, Instant};

use super::{
    AT_ONCE, PATIENCE, RunnerFixture, assert_cause, finished, log_shows, output, raw, run, start_until_ready,
    texts,
};
use crate::{AttemptSpec, ExitCause, LogLimits};

pub async fn output_and_errors_are_in_one_order(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    run(&*runner, &AttemptSpec::new("a", "for i in 1 2 3; do echo out $i; echo err $i >&2; done")).await;
    assert_eq!(output(&*runner.log("a")).await, "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3");
}

pub async fn secrets_are_masked(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let mut spec = AttemptSpec::new(
        "a",
        "echo \"the $SECRET is\"; echo \"[$KEY]\"; echo token ptk_abcDEF123456-_x.; env",
    );
    spec.env.insert("SECRET".into(), "hunter2-hunter2".into());
    spec.env.insert("KEY".into(), "-----BEGIN KEY-----\nAAAABBBBCCCC\n-----END KEY-----".into());
    spec.masked = spec.env.values().cloned().collect();
    run(&*runner, &spec).await;
    let text = output(&*runner.log("a")).await;
    assert!(text.starts_with("the *** is\n[***]\ntoken ***.\n"), "{text}");
    let raw = String::from_utf8(raw(&*runner.log("a")).await).unwrap();
    for secret in ["hunter2", "AAAABBBBCCCC", "ptk_"] {
        assert!(!raw.contains(secret), "{raw}");
    }
}

pub async fn secrets_are_masked_across_writes(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let script = "printf 'a hun'; sleep 0.3; printf 'ter2-hun'; sleep 0.1; printf 'ter2 b ptk_0123'; sleep 0.1; \
                  printf '456789 c'; sleep 0.3; printf ' hunter'";
    let spec = AttemptSpec { masked: vec!["hunter2-hunter2".into()], ..AttemptSpec::new("a", script) };
    run(&*runner, &spec).await;
    // The last word is the start of a secret that could have gone on.
    assert_eq!(output(&*runner.log("a")).await, "a *** b *** c ***");
}

pub async fn partial_lines_are_shown(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let spec = AttemptSpec::new("a", "echo ready; printf 'no newline yet'; sleep 60");
    start_until_ready(&*runner, &spec).await;
    let begin = Instant::now();
    log_shows(&*runner.log("a"), |text| text.ends_with("no newline yet")).await;
    assert!(begin.elapsed() < Duration::from_secs(2));
    runner.stop("a", AT_ONCE).await.unwrap();
    finished(&*runner, "a").await;
}

pub async fn any_bytes_are_taken(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let script = "printf 'bad \\xff\\xfe bytes\\n'; printf 'zero \\0 byte\\n'; printf 'caf\\xc3'; sleep 0.1; printf '\\xa9\\n\\n'; printf end";
    run(&*runner, &AttemptSpec::new("a", script)).await;
    let lines = texts(&*runner.log("a")).await;
    assert_eq!(lines, ["bad \u{fffd}\u{fffd} bytes", "zero \0 byte", "café", "", "end"]);
    assert!(raw(&*runner.log("a")).await.starts_with(b"bad \xff\xfe bytes\n"));
}

pub async fn progress_bars_show_their_last_state(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    run(
        &*runner,
        &AttemptSpec::new(
            "a",
            "for i in 1 2 3; do printf '\\r%d%%' $i; done; printf '\\n'; printf 'dos\\r\\n'",
        ),
    )
    .await;
    assert_eq!(texts(&*runner.log("a")).await, ["3%", "dos"]);
}

pub async fn the_log_is_complete_after_a_cancel(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let script = "trap 'for i in {1..5000}; do echo bye $i; done; exit' TERM; echo ready; while :; do sleep 0.02; done";
    start_until_ready(&*runner, &AttemptSpec::new("a", script)).await;
    assert!(!runner.log("a").lines(0, 1).await.unwrap().complete);
    runner.stop("a", super::cancel(PATIENCE)).await.unwrap();
    finished(&*runner, "a").await;
    let page = runner.log("a").tail(2).await.unwrap();
    assert!(page.complete);
    assert_eq!(page.lines[0].text, "bye 5000", "the last words are there, and then why it ended");
    assert_eq!(page.lines[1].text, "[portico] cancelled");
}

pub async fn lines_have_times(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let exit = run(&*runner, &AttemptSpec::new("a", "echo one; sleep 0.2; echo two")).await;
    let lines = runner.log("a").lines(0, 10).await.unwrap().lines;
    assert!(lines[1].at_us - lines[0].at_us >= 150_000);
    assert!(lines[0].at_us >= exit.started_at_us && lines[1].at_us <= exit.finished_at_us);
}

pub async fn a_flood_is_cut_and_told(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let limits = LogLimits { rate_bytes_per_second: 1 << 20, burst_bytes: 4 << 20, ..LogLimits::default() };
    let script =
        "echo first; yes 'a line that is repeated without an end' | head -c 200000000; echo; echo last";
    let flood = AttemptSpec { log_limits: limits, ..AttemptSpec::new("a", script) };
    runner.start(&flood).await.unwrap();
    // Nobody else notices.
    let begin = Instant::now();
    assert_cause(&run(&*runner, &AttemptSpec::new("b", "true")).await, ExitCause::Completed);
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_cause(&finished(&*runner, "a").await, ExitCause::Completed);
    let lines = texts(&*runner.log("a")).await;
    assert_eq!(lines[0], "first");
    assert_eq!(lines[lines.len() - 1], "last", "the last words are there whatever was dropped before them");
    let told: Vec<_> = lines.iter().filter(|line| line.starts_with("[portico] ")).collect();
    assert!(told.iter().any(|line| line.contains("faster than 1 MiB per second")), "{told:?}");
    assert!(told.iter().any(|line| line.contains("lines (") && line.contains("dropped here")), "{told:?}");
    let whole = |line: &&String| {
        ["first", "last", "", "a line that is repeated without an end"].contains(&line.as_str())
    };
    let torn = lines.iter().filter(|line| !line.starts_with("[portico] ") && !whole(line)).count();
    assert!(torn <= 1, "{torn} lines are torn, where only the one that the flood itself tears may be");
    assert!(runner.log("a").content().await.unwrap().length < 40 << 20);
}

pub async fn a_long_log_keeps_its_end(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let limits = LogLimits { total_bytes: 200_000, tail_bytes: 50_000, ..LogLimits::default() };
    let spec = AttemptSpec { log_limits: limits, ..AttemptSpec::new("a", "seq 1 200000") };
    run(&*runner, &spec).await;
    let lines = texts(&*runner.log("a")).await;
    assert_eq!((lines[0].as_str(), lines[lines.len() - 1].as_str()), ("1", "200000"));
    let told: Vec<_> = lines.iter().filter(|line| line.starts_with("[portico] ")).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let dropped: usize =
        told[1].strip_prefix("[portico] ").unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(dropped + lines.len() - 2, 200_000, "{told:?}");
    assert!(runner.log("a").content().await.unwrap().length < 201_000);
}

pub async fn search_finds_lines(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    run(&*runner, &AttemptSpec::new("a", "seq 1 20000 | sed 's/777$/& Needle/'")).await;
    let log = runner.log("a");
    let found = log.search("needle", 0, 3).await.unwrap();
    assert_eq!(found.lines.iter().map(|line| line.number + 1).collect::<Vec<_>>(), [777, 1777, 2777]);
    assert_eq!(found.lines[1].text, "1777 Needle");
    let found = log.search("NEEDLE", found.next.unwrap(), 100).await.unwrap();
    assert_eq!((found.lines.len(), found.next), (17, None));
}
