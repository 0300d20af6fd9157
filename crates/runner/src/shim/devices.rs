//! Keeping the files of devices as they are.
//!
//! A sandbox shows the machine's own `/dev/null` and its like. Where the server is root, so is its workload to the
//! machine, without any capability, but as the owner of these files: `chmod 0 /dev/null` in a job would take it from
//! everybody. So they are mounted read-only, which forbids changing the files and not writing to the devices, in a
//! mount namespace of the shim's own; bubblewrap, which has no word for this, keeps them so.

use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

/// What bubblewrap puts into `/dev`.
const SHARED: &[&str] = &["null", "zero", "full", "random", "urandom", "tty"];

/// Makes the files of devices read-only for everything that this process starts from now on.
pub(super) fn protect(gpus: &[PathBuf]) -> nix::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(()); // They are somebody else's.
    }
    unshare(CloneFlags::CLONE_NEWNS)?;
    // What the machine mounts and unmounts later is seen here, and nothing of this is seen there.
    change(Path::new("/"), None, MsFlags::MS_REC | MsFlags::MS_SLAVE)?;
    let shared = SHARED.iter().map(|name| Path::new("/dev").join(name));
    for device in shared.chain(gpus.iter().cloned()).filter(|device| device.exists()) {
        change(&device, Some(&device), MsFlags::MS_BIND)?;
        // The other two may be locked in a container, and mean nothing here.
        let fixed = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
        change(&device, None, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | fixed)?;
    }
    Ok(())
}

fn change(target: &Path, source: Option<&Path>, flags: MsFlags) -> nix::Result<()> {
    mount(source, target, None::<&str>, flags, None::<&str>)
}
