//! A disk that fills up.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use folders::Layout;
use runner::contract::RunnerFixture;
use runner::{AttemptSpec, Exit, ExitCause, LocalConfig, LocalRunner, LogLimits, Observation, Runner};

use crate::fixture::{folder, local, shim_command, volume};

/// A small file system in memory, unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount_at(path: &Path) -> Self {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "none"]).arg(path).output();
        let mounted = mount.unwrap();
        assert!(mounted.status.success(), "{mounted:?}");
        SmallDisk(path.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
#[ignore = "only root can make a small disk"]
async fn a_full_disk_costs_lines_and_nothing_else() {
    let local = local();
    let disk = SmallDisk::mount_at(&local.folder("disk"));
    let runner = LocalRunner::new(LocalConfig::new(Layout::new(&disk.0), shim_command())).unwrap();
    let limits = LogLimits { keep_free_bytes: 0, ..LogLimits::default() };
    // Fills the disk to the last byte with its log, and writes on.
    let script = "echo first; seq 1 2000000; echo last; exit 9";
    runner.start(&AttemptSpec { log_limits: limits, ..AttemptSpec::new("a", script) }).await.unwrap();
    let seen = tokio::time::timeout(Duration::from_secs(60), runner.wait("a")).await.unwrap().unwrap();
    assert!(
        matches!(seen, Observation::Finished(Exit { cause: ExitCause::Failed, code: Some(9), .. })),
        "{seen:?}"
    );
    let page = runner.log("a").lines(0, 3).await.unwrap();
    assert_eq!(page.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["first", "1", "2"]);
    // What is there is whole: the lines are in a row up to where it ended.
    let lines = runner.log("a").tail(3).await.unwrap().lines;
    assert_eq!(lines[1].text.parse::<u64>().unwrap(), lines[0].text.parse::<u64>().unwrap() + 1);
}

#[tokio::test]
#[ignore = "only root can make a small disk"]
async fn logs_stop_before_the_disk_is_full_and_go_on_when_there_is_room() {
    let local = local();
    let disk = SmallDisk::mount_at(&local.folder("disk"));
    let ballast = disk.0.join("ballast");
    fs_err::write(&ballast, vec![0; 5 << 20]).unwrap();
    let runner = LocalRunner::new(LocalConfig::new(Layout::new(&disk.0), shim_command())).unwrap();
    let limits = LogLimits { keep_free_bytes: 4 << 20, ..LogLimits::default() };
    let script = "echo lost; until [ -e /mnt/go ]; do sleep 0.05; done; sleep 1; echo kept";
    let mounts = vec![runner::Mount::read_only(volume("go"), "/mnt")];
    runner.start(&AttemptSpec { log_limits: limits, mounts, ..AttemptSpec::new("a", script) }).await.unwrap();
    fs_err::remove_file(&ballast).unwrap();
    fs_err::write(folder(runner.layout(), "go").join("go"), "").unwrap();
    tokio::time::timeout(Duration::from_secs(60), runner.wait("a")).await.unwrap().unwrap();
    let lines = runner.log("a").lines(0, 10).await.unwrap().lines;
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    // The first line may have come after there was room.
    assert_eq!(texts.last(), Some(&"kept"), "{texts:?}");
    assert!(texts[0] == "lost" || texts[0].contains("the disk was full: 1 line"), "{texts:?}");
}
