//! What is kept on disk about one attempt, and how it survives a crash at any point.
//!
//! | file | means |
//! |---|---|
//! | `lock` | locked by a shim while it looks whether it is the first |
//! | `started` | the attempt was started, or stopped before it could be; made once, whole, and never changed |
//! | `control.sock` | the shim answers here |
//! | `serving/` | what a workload that serves a socket sees as the folder of [`crate::HTTP_SOCKET`] |
//! | `door.sock` | gives sockets of the workload's network, where it serves a port |
//! | `sandbox.json` | the first process of the sandbox, for whoever has to clean up after a dead shim |
//! | `container.json` | the container and its engine, for the same purpose; made before the container is |
//! | `exit.json` | how it ended; made once, whole, and never changed |
//! | `lost.json` | it was found to have ended without a record; as final as `exit.json` |
//! | `log`, `log.index` | its output, see [`crate::log`] |
//! | `shim.log` | what the shim itself had to say |

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, Mode, OFlags, fallocate};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::observation::{Exit, ExitCause, StopReason};

/// Where the kernel says which boot this is.
pub(crate) const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

const LOCK: &str = "lock";
const STARTED: &str = "started";
/// The record of an end; with it, a log is complete.
pub(crate) const EXIT: &str = "exit.json";
const EXIT_RESERVE: &str = "exit.reserve";
/// The record of a loss; with it, a log is complete.
pub(crate) const LOST: &str = "lost.json";
const CONTAINER: &str = "container.json";
const SANDBOX: &str = "sandbox.json";
/// The name of the shim's socket.
pub(crate) const SOCKET: &str = "control.sock";
/// The name of the folder with the socket that the workload serves. The workload can write there.
pub(crate) const SERVING: &str = "serving";
/// The name of the socket of the door to a port.
pub(crate) const DOOR: &str = "door.sock";
/// The name of the file with the shim's own messages.
pub(crate) const SHIM_LOG: &str = "shim.log";

/// Room kept for the exit record, so that it can be written when the disk is full.
const RESERVED_BYTES: usize = 16 << 10;

/// One process, named so that a reused id is not mistaken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessName {
    pub(crate) pid: i32,
    pub(crate) start_ticks: u64,
}

impl ProcessName {
    pub(crate) fn of(pid: i32) -> Option<Self> {
        Some(ProcessName { pid, start_ticks: crate::procfs::start_ticks(pid)? })
    }

    pub(crate) fn is_alive(self) -> bool {
        crate::procfs::start_ticks(self.pid) == Some(self.start_ticks)
    }
}

/// That an attempt was started, or can never be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Started {
    pub(crate) at_us: i64,
    pub(crate) boot_id: String,
    /// The shim; `None` when the attempt was stopped before it started.
    pub(crate) shim: Option<ProcessName>,
    /// Why it can never start.
    pub(crate) stopped: Option<StopReason>,
}

impl Started {
    /// What is to be thought of a record whose name was on the disk when the power went, but whose contents were not.
    fn torn() -> Self {
        Started { at_us: 0, boot_id: String::new(), shim: None, stopped: None }
    }

    /// The end of an attempt that was stopped before it started.
    pub(crate) fn exit_without_start(&self) -> Option<Exit> {
        Some(Exit {
            cause: ExitCause::Stopped(self.stopped?),
            code: None,
            signal: None,
            started_at_us: self.at_us,
            finished_at_us: self.at_us,
            max_memory_bytes: None,
            cpu_time_us: None,
            message: Some("stopped before it started".into()),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Lost {
    pub(crate) why: String,
}

/// A running sandbox.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SandboxRecord {
    /// Its first process, which takes all others along when it dies.
    pub(crate) init: ProcessName,
}

/// The container that an attempt runs in, or would.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ContainerRecord {
    /// Where its engine listens.
    pub(crate) socket: PathBuf,
    /// What it is called there.
    pub(crate) name: String,
}

/// One attempt's folder.
#[derive(Debug, Clone)]
pub(crate) struct AttemptDir(PathBuf);

impl AttemptDir {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        AttemptDir(path.into())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Waits until no other shim is about to record a start. Held until the file is dropped.
    pub(crate) fn lock(&self) -> io::Result<File> {
        let file = private_file().write(true).create(true).truncate(false).open(self.0.join(LOCK))?;
        file.lock()?;
        Ok(file)
    }

    pub(crate) fn started(&self) -> io::Result<Option<Started>> {
        match fs_err::read(self.0.join(STARTED)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| Started::torn()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Records the start. `false` when there is a record already, whatever it says.
    pub(crate) fn record_started(&self, record: &Started) -> io::Result<bool> {
        self.write_once(STARTED, record)
    }

    pub(crate) fn exit(&self) -> io::Result<Option<Exit>> {
        self.read(EXIT)
    }

    /// Sets room aside for [`AttemptDir::record_exit`].
    pub(crate) fn reserve_exit(&self) -> io::Result<()> {
        let mut file =
            private_file().write(true).create(true).truncate(true).open(self.0.join(EXIT_RESERVE))?;
        match fallocate(&file, FallocateFlags::empty(), 0, RESERVED_BYTES as u64) {
            Ok(()) => Ok(()),
            // Not every file system can; writing is the next best.
            Err(_) => file.write_all(&vec![b' '; RESERVED_BYTES]),
        }
    }

    /// Records the end in the room set aside.
    pub(crate) fn record_exit(&self, exit: &Exit) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(exit)?;
        bytes.push(b'\n');
        let reserve = self.0.join(EXIT_RESERVE);
        // Not truncated before it is written: the blocks it has are the point of it.
        let mut file = private_file().write(true).create(true).truncate(false).open(&reserve)?;
        file.write_all(&bytes)?;
        file.set_len(bytes.len() as u64)?;
        file.sync_all()?;
        fs_err::rename(reserve, self.0.join(EXIT))?;
        self.sync()
    }

    pub(crate) fn lost(&self) -> io::Result<Option<Lost>> {
        self.read(LOST)
    }

    /// Records that the attempt is lost. The first reason stays.
    pub(crate) fn record_lost(&self, lost: &Lost) -> io::Result<()> {
        self.write_once(LOST, lost).map(drop)
    }

    pub(crate) fn sandbox(&self) -> io::Result<Option<SandboxRecord>> {
        self.read(SANDBOX)
    }

    /// Not synced: after a power cut there is nothing left to clean up.
    pub(crate) fn record_sandbox(&self, record: &SandboxRecord) -> io::Result<()> {
        self.replace(SANDBOX, record)
    }

    pub(crate) fn container(&self) -> io::Result<Option<ContainerRecord>> {
        self.read(CONTAINER)
    }

    /// Not synced: an engine starts no container by itself after a power cut, and those are found by their labels.
    pub(crate) fn record_container(&self, record: &ContainerRecord) -> io::Result<()> {
        self.replace(CONTAINER, record)
    }

    fn replace(&self, name: &str, record: &impl Serialize) -> io::Result<()> {
        let temporary = self.0.join(format!("{name}.tmp"));
        fs_err::write(&temporary, serde_json::to_vec(record)?)?;
        fs_err::rename(temporary, self.0.join(name))
    }

    /// Writes a record that appears whole or not at all, and only if there is none of that name.
    fn write_once(&self, name: &str, record: &impl Serialize) -> io::Result<bool> {
        let temporary = self.0.join(format!("{name}.{}.tmp", std::process::id()));
        let mut file = private_file().write(true).create(true).truncate(true).open(&temporary)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        let linked = fs_err::hard_link(&temporary, self.0.join(name));
        fs_err::remove_file(&temporary)?;
        match linked {
            Ok(()) => {
                // After it has its name: most file systems then put both on the disk in one go.
                file.sync_all()?;
                self.sync()?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        match fs_err::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn sync(&self) -> io::Result<()> {
        fs_err::File::open(&self.0)?.sync_all()
    }
}

/// A short path to the folder `dir` for as long as the handle lives: the address of a socket has room for 107 bytes,
/// and data folders are often deeper than that.
pub(crate) struct ShortPath(OwnedFd);

impl ShortPath {
    pub(crate) fn to(dir: &Path) -> io::Result<Self> {
        Ok(ShortPath(rustix::fs::open(
            dir,
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?))
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.0.as_raw_fd()))
    }
}

/// Which boot of the machine this is.
pub(crate) fn boot_id(path: &Path) -> io::Result<String> {
    Ok(fs_err::read_to_string(path)?.trim().to_owned())
}

fn private_file() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.mode(0o600);
    options
}
