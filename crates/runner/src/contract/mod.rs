//! The contract of [`Runner`], as tests.
//!
//! Every runner passes all of them. A crate with a runner implements [`RunnerFixture`] and calls
//! [`contract_tests!`](crate::contract_tests) in a test binary; each test then appears under its own name.

#![expect(clippy::unwrap_used, reason = "these are tests: what goes wrong is to panic")]

mod isolation;
mod lifecycle;
mod limits;
mod logs;
mod serving;
mod stopping;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;

pub use isolation::*;
pub use lifecycle::*;
pub use limits::*;
pub use logs::*;
pub use serving::*;
pub use stopping::*;

use crate::{AttemptSpec, Exit, ExitCause, Log, Observation, Runner, Stop, StopReason, Volume};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A runner under test, with a place of its own.
pub trait RunnerFixture {
    /// The runner.
    fn runner(&self) -> Arc<dyn Runner>;
    /// Another runner over the same state, as after the server was killed and started again.
    fn restarted(&self) -> Arc<dyn Runner>;
    /// A volume for the test's own use; another one for each name.
    fn volume(&self, name: &str) -> Volume;
    /// Where the test finds what lies in that volume, on the machine or on shared storage.
    fn folder(&self, name: &str) -> PathBuf;
    /// Where the runner keeps the output of an attempt, which no other may see.
    fn log_file(&self, attempt: &str) -> PathBuf;
    /// Where the platform keeps what no workload may see.
    fn data_dir(&self) -> PathBuf;
    /// What attempts run in. A container has a system of its own, which it may change.
    fn sandbox(&self) -> SandboxKind {
        SandboxKind::Environment
    }
}

/// What attempts run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxKind {
    /// The machine's system, read-only, with an environment or without.
    Environment,
    /// A container image.
    Container,
}

/// Where tests of containers find an engine: the path of its unix socket. Its image is [`TEST_IMAGE`].
pub const PODMAN_VARIABLE: &str = "PORTICO_TEST_PODMAN";
/// A small system with a shell, Python and what the contract calls.
pub const TEST_IMAGE: &str = "localhost/portico-test:latest";

/// The engine for tests of containers, which are ignored unless somebody has one and asks for them.
pub fn test_engine() -> PathBuf {
    std::env::var_os(PODMAN_VARIABLE)
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| {
            panic!("{PODMAN_VARIABLE} is not set; scripts/podman-for-tests sets it where podman works")
        })
        .into()
}

/// Makes a test of each part of the contract. The argument is a function that makes a fixture.
#[macro_export]
macro_rules! contract_tests {
    ($fixture:path) => {
        $crate::contract_tests! { @all $fixture, [] }
    };
    // The same, ignored for this reason unless somebody asks for them.
    ($fixture:path, ignored: $reason:literal) => {
        $crate::contract_tests! { @all $fixture, [#[ignore = $reason]] }
    };
    (@all $fixture:path, $attributes:tt) => {
        $crate::contract_tests! { @each $fixture, $attributes
            // lifecycle
            runs_a_script_to_its_end
            keeps_the_exit_code
            reports_the_signal
            runs_many_commands_and_large_scripts
            starts_at_most_once
            starts_at_most_once_when_asked_at_the_same_time
            goes_on_after_a_restart_of_the_server
            knows_what_ended_while_nobody_looked
            an_unknown_attempt_has_not_started
            waiting_may_begin_before_the_start
            removes_all_traces
            refuses_names_that_are_paths
            everything_started_is_gone_at_the_end
            reports_usage
            // stopping
            stops_with_a_chance_to_clean_up
            kills_what_ignores_the_wish_to_stop
            the_first_reason_stays
            a_later_stop_can_shorten_the_grace
            what_was_stopped_before_it_started_never_starts
            stopping_what_has_ended_changes_nothing
            the_time_limit_ends_it
            the_time_limit_kills_what_ignores_it
            limits_may_be_longer_than_time
            // limits
            too_much_memory_is_told
            memory_within_the_limit_is_fine
            a_fork_bomb_stays_inside
            // logs
            output_and_errors_are_in_one_order
            secrets_are_masked
            secrets_are_masked_across_writes
            partial_lines_are_shown
            any_bytes_are_taken
            progress_bars_show_their_last_state
            the_log_is_complete_after_a_cancel
            lines_have_times
            a_flood_is_cut_and_told
            a_long_log_keeps_its_end
            search_finds_lines
            // isolation
            the_environment_is_only_what_was_given
            sees_only_its_own_processes
            sees_no_files_of_others
            writes_only_where_it_may
            changes_nothing_of_the_machine
            a_home_in_the_environment_is_only_a_variable
            cannot_reach_the_machines_loopback
            has_no_network_when_told_so
            cannot_leave_its_namespaces
            inherits_nothing_open
            // serving
            serves_on_the_socket
            serves_on_a_port
            nothing_that_listens_is_told
            no_planted_link_is_followed
            no_other_attempt_reaches_what_is_served
            much_goes_both_ways
            many_connect_at_once
            what_is_served_outlives_the_server
            connections_end_with_the_attempt
        }
    };
    (@each $fixture:path, $attributes:tt $($name:ident)*) => {
        $($crate::contract_test! { $name $fixture, $attributes })*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! contract_test {
    ($name:ident $fixture:path, [$(#[$attribute:meta])?]) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $(#[$attribute])?
        async fn $name() {
            $crate::contract::$name(&$fixture()).await;
        }
    };
}

/// Starts and waits for the end.
async fn run(runner: &dyn Runner, spec: &AttemptSpec) -> Exit {
    runner.start(spec).await.unwrap();
    finished(runner, &spec.attempt).await
}

async fn finished(runner: &dyn Runner, attempt: &str) -> Exit {
    let observation =
        tokio::time::timeout(PATIENCE, runner.wait(attempt)).await.expect("the attempt does not end");
    let Observation::Finished(exit) = observation.unwrap() else { panic!("the attempt is lost") };
    exit
}

/// The whole log as one text.
async fn output(log: &dyn Log) -> String {
    texts(log).await.join("\n")
}

async fn texts(log: &dyn Log) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let page = log.lines(texts.len() as u64, 10_000).await.unwrap();
        if page.lines.is_empty() {
            return texts;
        }
        texts.extend(page.lines.into_iter().map(|line| line.text));
    }
}

/// The log as it was written.
async fn raw(log: &dyn Log) -> Vec<u8> {
    let content = log.content().await.unwrap();
    let bytes = content.chunks.try_concat().await.unwrap();
    assert_eq!(bytes.len() as u64, content.length);
    bytes
}

/// Waits until the log satisfies `wanted`.
async fn log_shows(log: &dyn Log, wanted: impl Fn(&str) -> bool) {
    let seen = async {
        let mut mark = log.mark().await.unwrap();
        loop {
            let text = output(log).await;
            if wanted(&text) {
                return;
            }
            assert!(!mark.complete(), "the log ended without what was waited for:\n{text}");
            mark = log.changed(mark).await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.expect("the log does not show what was waited for");
}

/// Starts and waits for the line `ready`.
async fn start_until_ready(runner: &dyn Runner, spec: &AttemptSpec) {
    runner.start(spec).await.unwrap();
    log_shows(&*runner.log(&spec.attempt), |text| text.lines().any(|line| line == "ready")).await;
}

fn cancel(grace: Duration) -> Stop {
    Stop { reason: StopReason::Cancelled, grace: Some(grace) }
}

/// A stop for the end of a test, whose outcome does not matter.
const AT_ONCE: Stop = Stop { reason: StopReason::Cancelled, grace: Some(Duration::ZERO) };

#[track_caller]
fn assert_cause(exit: &Exit, cause: ExitCause) {
    assert_eq!(exit.cause, cause, "{exit:?}");
}
