//! Deleting what an attempt left.

use std::io;
use std::path::Path;

use folders::delete_folder;

use super::LocalRunner;
use crate::observation::Observation;
use crate::runner::RunnerError;
use crate::shim;

/// How folders are called while they are being deleted. No attempt can have such a name.
const REMOVED: &str = ".removed-";

impl LocalRunner {
    pub(super) async fn remove_now(&self, attempt: &str) -> Result<(), RunnerError> {
        let dir = self.dir(attempt)?;
        let failed = |error| RunnerError::failed(format!("attempt {attempt} cannot be removed"), error);
        if let Observation::Running { .. } = self.observe_now(attempt).await? {
            return Err(RunnerError::Busy(format!("attempt {attempt} still runs")));
        }
        shim::limits::clear(&self.cgroups.folders_of(&self.cgroup_name(attempt)));
        // Out of sight first, so that nobody ever sees half of it.
        let hidden = self.config.layout.attempts().join(format!("{REMOVED}{attempt}"));
        match fs_err::rename(dir.path(), &hidden) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            renamed => renamed.map_err(failed)?,
        }
        let deleted = tokio::task::spawn_blocking(move || delete_folder(&hidden)).await;
        deleted.map_err(io::Error::other).flatten().map_err(failed)
    }
}

/// Goes on with what a server that was killed left half deleted.
pub(super) fn finish_removals(root: &Path) -> io::Result<()> {
    let mut left = Vec::new();
    for entry in fs_err::read_dir(root)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(REMOVED)) {
            left.push(entry.path());
        }
    }
    if !left.is_empty() {
        std::thread::spawn(move || {
            for path in left {
                if let Err(error) = delete_folder(&path) {
                    tracing::warn!(%error, "what is left of an attempt cannot be deleted");
                }
            }
        });
    }
    Ok(())
}
