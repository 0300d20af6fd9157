//! Attempts whose shim died without recording an end.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::observation::Observation;
use crate::records::{AttemptDir, Lost, ProcessName, Started};
use crate::{clock, log, shim};

const PATIENCE: Duration = Duration::from_secs(30);

/// Makes sure that nothing of the attempt runs any more, and records that it is lost.
///
/// A sandbox dies with its shim, so there is usually nothing left to do but to wait for the kernel; but nobody may be
/// told that an attempt is lost, and start another, while the first still writes to the same folders.
pub(super) fn declare(dir: &AttemptDir, started: &Started, boot_id: &str) -> io::Result<Observation> {
    let same_boot = started.boot_id == boot_id;
    if same_boot && started.shim.is_some_and(ProcessName::is_alive) {
        // It lives and its socket was closed: it is just about to end, or somebody deleted the socket.
        return Ok(Observation::Running { started_at_us: started.at_us });
    }
    let why = if same_boot {
        if let Some(sandbox) = dir.sandbox()? {
            kill(sandbox.init)?;
            shim::limits::clear(&sandbox.cgroups);
        }
        "the process that watched over it is gone".to_owned()
    } else {
        "the machine was restarted".to_owned()
    };
    log::close_orphaned(dir.path(), clock::wall_us())?;
    dir.record_lost(&Lost { why })?;
    // The first reason stays, should two have looked at once.
    let why = dir.lost()?.map(|lost| lost.why).unwrap_or_default();
    Ok(Observation::Lost { why })
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
