//! One server per data directory.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::fs::{FlockOperation, flock};

/// A second and a half in all.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(50);

/// Held while a server uses the data directory; the kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct DataDirLock {
    file: File,
}

impl DataDirLock {
    /// Takes the lock; `None` when another server has it.
    pub(crate) fn try_take(data_dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = data_dir.join("portico.lock");
        let file = fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        let file: File = file.into_parts().0;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error).context("lock the data directory"),
        }
    }

    /// Takes the lock, or says who has it. A server that was killed while it began a process leaves the lock to that
    /// for a moment, so it is worth asking more than once.
    pub(crate) fn take(data_dir: &Path) -> anyhow::Result<Self> {
        for _ in 0..TRIES {
            if let Some(lock) = Self::try_take(data_dir)? {
                return Ok(lock);
            }
            std::thread::sleep(PAUSE);
        }
        bail!(
            "Another Portico server uses the data directory {}. Stop it first, or set PORTICO_DATA_DIR to another folder.",
            data_dir.display()
        )
    }

    /// Tells this lock from others. A copied data directory has the node's name too, but another file.
    pub(crate) fn name(&self, node: &str) -> anyhow::Result<String> {
        let file = self.file.metadata().context("look at the data directory's lock")?.ino();
        Ok(format!("{node}/{file}"))
    }
}
