//! The folders in which environments are made.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use folders::{Beneath, Found};

use super::Built;
use super::store::{ENVIRONMENT, RECORD};
use crate::runner::{Runner, RunnerError};
use crate::{Stop, StopReason};

/// uv's cache, within the folder of all workshops: hard links do not reach from one mount to another.
pub(super) const CACHE: &str = "uv";
/// What else a build may write to.
pub(super) const SCRATCH: &str = "scratch";
/// Held by whoever builds, so that others can tell a build from what a killed one left.
const LOCK: &str = "lock";
/// How the folders of builds begin, to be told from the cache.
const PREFIX: &str = "build-";
/// No list of packages is longer.
const LONGEST_LOCK: u64 = 1 << 20;

/// A folder in which an environment is made, and the attempt that does it, which has the folder's name. Both go when
/// this is dropped.
pub(super) struct Workshop {
    pub(super) name: String,
    path: PathBuf,
    runner: Arc<dyn Runner>,
    lock: File,
}

impl Workshop {
    pub(super) fn open(all: &Path, digest: &str, runner: Arc<dyn Runner>) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let beginning = digest.get(..24).unwrap_or(digest);
        let name = format!("{PREFIX}{beginning}-{}-{nth}", std::process::id());
        // Under another name, until the lock is held: others take a folder without one for abandoned.
        let (path, new) = (all.join(&name), all.join(format!("new-{name}")));
        fs_err::create_dir(&new)?;
        let lock = File::create(new.join(LOCK))?;
        lock.lock()?;
        fs_err::rename(new, &path)?;
        let workshop = Workshop { name, path, runner, lock };
        workshop.empty()?;
        Ok(workshop)
    }

    /// The environment to be. A build may write into this folder, but it cannot replace it.
    pub(super) fn environment(&self) -> PathBuf {
        self.path.join(ENVIRONMENT)
    }

    /// What else a build may write to.
    pub(super) fn scratch(&self) -> PathBuf {
        self.path.join(SCRATCH)
    }

    /// Makes both folders anew.
    pub(super) fn empty(&self) -> io::Result<()> {
        for folder in [self.environment(), self.scratch()] {
            folders::delete_folder(&folder)?;
            fs_err::create_dir(folder)?;
        }
        fs_err::create_dir(self.scratch().join("tmp"))
    }

    /// What a build wrote down. It may have put anything there, so no link is followed.
    pub(super) fn written(&self, name: &str) -> io::Result<String> {
        let Found::File(file) = Beneath::open(&self.scratch())?.file(Path::new(name))? else {
            return Err(io::Error::other(format!("the build wrote no {name}")));
        };
        let mut text = String::new();
        file.take(LONGEST_LOCK).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Tells what the build takes on disk.
    pub(super) fn measure(&self) -> impl FnOnce() -> io::Result<u64> + Send + 'static {
        let path = self.path.clone();
        move || size_of(&path)
    }

    /// Puts the environment in its place, all on the disk before it appears there.
    pub(super) fn finish(
        self,
        mut built: Built,
        place: PathBuf,
    ) -> impl FnOnce() -> io::Result<Built> + Send + 'static {
        move || {
            let whole = self.path.join("whole");
            fs_err::create_dir(&whole)?;
            built.size_bytes = size_of(&self.environment())?;
            fs_err::rename(self.environment(), whole.join(ENVIRONMENT))?;
            fs_err::write(whole.join(RECORD), serde_json::to_vec_pretty(&built)?)?;
            rustix::fs::syncfs(fs_err::File::open(&whole)?.file())?;
            match fs_err::rename(&whole, &place) {
                // Somebody else was faster with the same; theirs is as good.
                Err(_) if place.join(RECORD).exists() => {}
                renamed => renamed?,
            }
            if let Some(above) = place.parent() {
                fs_err::File::open(above)?.sync_all()?;
            }
            Ok(built)
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let (runner, name, path) = (self.runner.clone(), self.name.clone(), self.path.clone());
        // What is not done in time, because the server ends, is found by `clear_abandoned`.
        if let (Ok(runtime), Ok(lock)) = (tokio::runtime::Handle::try_current(), self.lock.try_clone()) {
            runtime.spawn(async move {
                forget(&*runner, &name, path).await;
                drop(lock);
            });
        }
    }
}

/// Ends what killed servers left: their builds may still run.
pub(super) async fn clear_abandoned(all: &Path, runner: &dyn Runner) -> io::Result<()> {
    for entry in entries(all)? {
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with(PREFIX) && is_abandoned(&path) {
            forget(runner, &name, path).await;
        }
    }
    Ok(())
}

/// Ends a build and deletes what it made. What can't be deleted now is found again later.
async fn forget(runner: &dyn Runner, name: &str, path: PathBuf) {
    let forget = async {
        end(runner, name).await.map_err(io::Error::other)?;
        tokio::task::spawn_blocking(move || folders::delete_folder(&path)).await.map_err(io::Error::other)?
    };
    if let Err(error) = forget.await {
        tracing::warn!(build = name, %error, "what a build left could not be removed");
    }
}

/// Ends an attempt, if it runs, and forgets it.
pub(super) async fn end(runner: &dyn Runner, attempt: &str) -> Result<(), RunnerError> {
    let stop = Stop { reason: StopReason::Cancelled, grace: Some(Duration::ZERO) };
    runner.stop(attempt, stop).await?;
    runner.wait(attempt).await?;
    runner.remove(attempt).await
}

/// Whether the builder of this folder is dead: the kernel let go of its lock.
fn is_abandoned(path: &Path) -> bool {
    match File::open(path.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        // The lock is the first thing a build makes and the last thing a removal may have taken.
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn entries(folder: &Path) -> io::Result<Vec<fs_err::DirEntry>> {
    match fs_err::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.collect(),
    }
}

/// What lies in a folder, links not followed. It may change meanwhile.
fn size_of(path: &Path) -> io::Result<u64> {
    let mut size = 0;
    let mut open = vec![path.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in entries(&folder)? {
            match entry.metadata() {
                Ok(found) if found.is_dir() => open.push(entry.path()),
                Ok(found) => size += found.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(size)
}
