//! Where the volumes and the image of an attempt are on this machine.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use folders::Layout;

use super::LocalRunner;
use crate::environments;
use crate::runner::RunnerError;
use crate::shim::{Bind, ResolvedSpec, Software};
use crate::spec::{AttemptSpec, Image, Mount, Volume};

impl LocalRunner {
    /// Finds what an attempt is to see, and makes the folders that are missing.
    pub(super) async fn resolve(&self, spec: &AttemptSpec) -> Result<ResolvedSpec, RunnerError> {
        let machine = Machine { layout: self.config.layout.clone(), uv: self.config.uv.clone() };
        let (attempt, spec) = (spec.attempt.clone(), spec.clone());
        let resolved = tokio::task::spawn_blocking(move || machine.resolve(spec)).await;
        resolved.unwrap_or_else(|error| {
            Err(RunnerError::failed(format!("attempt {attempt} cannot be prepared"), error))
        })
    }
}

/// What of this machine an attempt can name.
struct Machine {
    layout: Layout,
    uv: Option<PathBuf>,
}

impl Machine {
    fn resolve(&self, mut spec: AttemptSpec) -> Result<ResolvedSpec, RunnerError> {
        let mut binds = Vec::with_capacity(spec.mounts.len());
        for Mount { what, target, writable, required } in std::mem::take(&mut spec.mounts) {
            match self.find(what) {
                Ok(source) => binds.push(Bind { source, target, writable }),
                Err(error) if required => {
                    return Err(RunnerError::NoVolume { why: in_the_way(&error), source: error });
                }
                Err(error) => {
                    tracing::warn!(attempt = spec.attempt, volume = ?what, %error, "an attempt starts without a volume");
                }
            }
        }
        let software = match std::mem::take(&mut spec.image) {
            Image::System => Software::Machine { environment: None, base_prefix: None },
            Image::Environment { digest } => self.environment(&spec.attempt, &digest)?,
            Image::Container { reference } => Software::Container { reference },
        };
        Ok(ResolvedSpec::new(spec, binds, software))
    }

    fn find(&self, what: Volume) -> io::Result<PathBuf> {
        match what {
            Volume::Home { group, person } => made(self.layout.home(group, person)),
            Volume::GroupFiles { group } => {
                let files = made(self.layout.group_files(group))?;
                make_datasets(&self.layout.datasets(group));
                Ok(files)
            }
            Volume::Results { attempt } => made(self.layout.results(attempt)),
            Volume::Uv => {
                let found = environments::find_uv(self.uv.as_deref(), self.layout.data());
                let program = found.map_err(|error| io::Error::new(ErrorKind::NotFound, error))?;
                fs_err::canonicalize(program)
            }
        }
    }

    fn environment(&self, attempt: &str, digest: &str) -> Result<Software, RunnerError> {
        let found = environments::find(&self.layout.environments(), digest).map_err(|error| {
            RunnerError::failed(format!("the environment of attempt {attempt} cannot be looked for"), error)
        })?;
        let built = found.ok_or_else(|| {
            RunnerError::NoImage(
                "The environment of its image is not on this server. Build the image again.".into(),
            )
        })?;
        Ok(Software::Machine { environment: Some(built.path), base_prefix: Some(built.base_prefix) })
    }
}

/// The folder, there by now.
fn made(folder: PathBuf) -> io::Result<PathBuf> {
    fs_err::create_dir_all(&folder)?;
    Ok(folder)
}

/// Makes the folder of a group's datasets. It lies among files that every member may move, so whatever else is in its
/// place is left alone, and nothing fails for want of it.
fn make_datasets(folder: &Path) {
    // Not `create_dir_all`, which would follow a link.
    match fs_err::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            tracing::warn!(%error, "the folder of a group's datasets can't be made");
        }
        _ => {}
    }
}

/// Why a folder can't be made, in words that say nothing of the server's paths.
fn in_the_way(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "a file lies where one of them should be".to_owned()
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "its disk is full".to_owned(),
        kind => kind.to_string(),
    }
}
