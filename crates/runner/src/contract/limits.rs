//! Limits on what an attempt may take.

use super::{AT_ONCE, RunnerFixture, assert_cause, finished, output, run, start_until_ready};
use crate::{AttemptSpec, ExitCause, Resources};

const SMALL: Resources = Resources { cpu_milli: 0, memory_mib: 64, gpu: 0 };

pub async fn too_much_memory_is_told(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let script = "x=$(head -c 300000000 /dev/zero | tr '\\0' x); echo it fits";
    let exit = run(&*runner, &AttemptSpec { resources: SMALL, ..AttemptSpec::new("a", script) }).await;
    assert_cause(&exit, ExitCause::OutOfMemory);
    let message = exit.message.unwrap();
    assert!(message.contains("of 64 MiB"), "{message}");
    assert!(!output(&*runner.log("a")).await.contains("it fits"));
}

pub async fn memory_within_the_limit_is_fine(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    // Reading files fills the cache, which is no reason to kill anybody.
    let script = "x=$(head -c 10000000 /dev/zero | tr '\\0' x); find /usr -type f -size +1M | head -50 | xargs cat > /dev/null";
    let exit = run(&*runner, &AttemptSpec { resources: SMALL, ..AttemptSpec::new("a", script) }).await;
    assert_cause(&exit, ExitCause::Completed);
}

pub async fn a_fork_bomb_stays_inside(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let resources = Resources { cpu_milli: 500, memory_mib: 256, gpu: 0 };
    let script = "echo ready; f() { f | f & }; f; sleep 60";
    start_until_ready(&*runner, &AttemptSpec { resources, ..AttemptSpec::new("a", script) }).await;
    // Others go on meanwhile.
    assert_cause(&run(&*runner, &AttemptSpec::new("b", "true")).await, ExitCause::Completed);
    runner.stop("a", AT_ONCE).await.unwrap();
    finished(&*runner, "a").await;
}
