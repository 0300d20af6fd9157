//! Attempts whose shim died without recording an end.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::observation::Observation;
use crate::records::{AttemptDir, ContainerRecord, Lost, ProcessName, SandboxRecord, Started};
use crate::shim::limits::CgroupBase;
use crate::{clock, engine, log, shim};

const PATIENCE: Duration = Duration::from_secs(30);

/// What has to be known of the machine to tell that something is lost.
pub(super) struct Machine {
    pub(super) boot_id: String,
    pub(super) cgroup_name: String,
    pub(super) cgroups: CgroupBase,
}

/// Makes sure that nothing of the attempt runs any more, and records that it is lost.
///
/// A sandbox dies with its shim, so there is usually nothing left to do but to wait for the kernel; but nobody may be
/// told that an attempt is lost, and start another, while the first still writes to the same folders.
pub(super) fn declare(dir: &AttemptDir, started: &Started, machine: &Machine) -> io::Result<Observation> {
    let same_boot = started.boot_id == machine.boot_id;
    if same_boot && started.shim.is_some_and(ProcessName::is_alive) {
        // It lives and its socket was closed: it is just about to end, or somebody deleted the socket.
        return Ok(Observation::Running { started_at_us: started.at_us });
    }
    let why = if same_boot {
        match (dir.container()?, dir.sandbox()?) {
            (Some(container), sandbox) => end_container(&container, sandbox.as_ref())?,
            (None, Some(sandbox)) => kill(sandbox.init)?,
            (None, None) => kill_unrecorded(dir)?,
        }
        "the process that watched over it is gone".to_owned()
    } else {
        "the machine was restarted".to_owned()
    };
    shim::limits::clear(&machine.cgroups.folders_of(&machine.cgroup_name));
    log::close_orphaned(dir.path(), clock::wall_us())?;
    dir.record_lost(&Lost { why })?;
    // The first reason stays, should two have looked at once.
    let why = dir.lost()?.map(|lost| lost.why).unwrap_or_default();
    Ok(Observation::Lost { why })
}

/// Ends a container, which does not die with its shim. When its engine is gone, its first process is killed, and what
/// is left is removed when the server starts. Where neither can be done, the attempt stays undecided.
fn end_container(container: &ContainerRecord, sandbox: Option<&SandboxRecord>) -> io::Result<()> {
    let removed = engine::with_engine(&container.socket, async |engine| engine.remove(&container.name).await);
    match (removed, sandbox) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(sandbox)) => kill(sandbox.init),
        (Err(error), None) => Err(io::Error::other(error)),
    }
}

/// Kills a sandbox whose shim died before it could note down what it had started. No script has run in it yet, but
/// its first process may wait for ever.
///
/// Until it has gone into its own file system, it works in the folder it has from the shim.
fn kill_unrecorded(dir: &AttemptDir) -> io::Result<()> {
    let place = |path: PathBuf| fs_err::metadata(path).map(|found| (found.dev(), found.ino()));
    let wanted = place(dir.path().to_owned())?;
    // A list of processes is old when it is read: who is on it may have started another that is not, and died. There
    // are two such steps from the shim to the sandbox.
    let mut looks_without = 0;
    while looks_without < 3 {
        looks_without += 1;
        for entry in fs_err::read_dir("/proc")? {
            let entry = entry?;
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // Those of other users do not tell, and are none of ours.
            if place(entry.path().join("cwd")).is_ok_and(|place| place == wanted)
                && let Some(process) = ProcessName::of(pid)
            {
                kill(process)?;
                looks_without = 0;
            }
        }
    }
    Ok(())
}

fn kill(process: ProcessName) -> io::Result<()> {
    let Some(pid) = Pid::from_raw(process.pid) else { return Ok(()) };
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return Ok(()) };
    // With the handle open the id cannot be reused any more, so this look is the last word.
    if !process.is_alive() {
        return Ok(());
    }
    let _ = pidfd_send_signal(&handle, Signal::KILL);
    let timeout = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
    match poll(&mut [PollFd::from_borrowed_fd(handle.as_fd(), PollFlags::IN)], Some(&timeout)) {
        Ok(1..) => Ok(()),
        _ => Err(io::Error::other("its processes do not die")),
    }
}
