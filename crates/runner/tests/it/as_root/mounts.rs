//! Mounts of the machine.

use std::ffi::OsString;
use std::time::Duration;

use runner::contract::RunnerFixture;
use runner::{AttemptSpec, ExitCause, LocalConfig, LocalRunner, Network, Observation, Runner};

use crate::fixture::{self, local};

/// Where mounts are shared, as on most machines, one that a network namespace is kept at is easily lost to all.
#[tokio::test]
#[ignore = "only root can make mounts to lose"]
async fn the_way_out_leaves_the_machine_its_mounts() {
    let local = local();
    let (shared, after) = (local.folder("shared"), local.folder("seen").join("after"));
    // The shim has mounts of its own here, so that the test costs the machine none.
    let around = format!(
        "mount --bind {0} {0} && mount --make-shared {0} && mkdir {0}/kept && mount -t tmpfs kept {0}/kept || exit 1\n\
         \"$@\"; grep -c {0}/kept /proc/self/mountinfo > {1}.new; mv {1}.new {1}",
        shared.display(),
        after.display()
    );
    let mut shim_command: Vec<OsString> =
        ["unshare", "--mount", "sh", "-c", &around, "sh"].map(OsString::from).to_vec();
    shim_command.extend(fixture::shim_command());
    let runner = LocalRunner::new(LocalConfig { shim_command, ..local.config() }).unwrap();
    runner.start(&AttemptSpec { network: Network::Outbound, ..AttemptSpec::new("a", "true") }).await.unwrap();
    let Observation::Finished(exit) = runner.wait("a").await.unwrap() else { panic!("lost") };
    assert_eq!(exit.cause, ExitCause::Completed, "{exit:?}");
    let seen = async {
        while !after.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        fs_err::read_to_string(&after).unwrap()
    };
    let seen = tokio::time::timeout(Duration::from_secs(30), seen).await.unwrap();
    assert_eq!(seen.trim(), "1");
}
