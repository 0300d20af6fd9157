//! The environments that are there.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{BuildError, Recipe, build, workshop};
use crate::local::LocalRunner;
use crate::spec::Network;

/// The record that makes a folder an environment.
pub(super) const RECORD: &str = "built.json";
/// The environment itself, within its folder.
pub(super) const ENVIRONMENT: &str = "environment";
const REMOVED: &str = ".removed-";

/// How environments are built.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentConfig {
    /// Where packages come from; uv's own choice when not given. May contain a password.
    pub index_url: Option<String>,
    /// A folder with wheels that is looked at as well.
    pub find_links: Option<PathBuf>,
    /// Never use the network: packages come from `find_links`, or from what the cache still has.
    pub offline: bool,
    /// A proxy for HTTP and HTTPS.
    pub proxy: Option<String>,
    /// An interpreter to use, whatever version a recipe asks for (which must still fit).
    pub python: Option<PathBuf>,
    /// What workloads may reach on this machine. A build that needs a network gets one of its own, unless this is the
    /// machine's.
    pub network: Network,
}

/// An environment that is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// The [digest](Recipe::digest) of its recipe.
    pub digest: String,
    /// Its folder.
    #[serde(skip)]
    pub path: PathBuf,
    /// The prefix of the interpreter it needs.
    pub base_prefix: PathBuf,
    /// Its version of Python.
    pub python_version: String,
    /// What it takes on disk, where nothing is shared.
    pub size_bytes: u64,
    /// Every package in it with its version, one to a line.
    pub lock: String,
}

/// Builds environments and keeps them.
#[derive(Clone)]
pub struct EnvironmentStore {
    pub(super) config: EnvironmentConfig,
    pub(super) runner: Arc<LocalRunner>,
}

impl EnvironmentStore {
    /// Uses the folders of the runner, which are made when they are needed. Builds are attempts of it.
    pub fn new(config: EnvironmentConfig, runner: Arc<LocalRunner>) -> Self {
        EnvironmentStore { config, runner }
    }

    /// The environment of a recipe, built unless it is there already. What uv says is written to a log in `log_dir`,
    /// for [`crate::LogReader`].
    ///
    /// Dropping the future ends the build. One that outlived its server ends when the next one begins.
    pub async fn build(&self, recipe: &Recipe, log_dir: &Path) -> Result<Built, BuildError> {
        build::build(self, recipe, log_dir).await
    }

    /// Where packages come from, if that was set and may be shown: an address with a password may not.
    pub fn public_index(&self) -> Option<&str> {
        self.config.index_url.as_deref().filter(|url| !url.contains('@'))
    }

    /// An environment, if it is there.
    pub fn get(&self, digest: &str) -> io::Result<Option<Built>> {
        find(&self.root(), digest)
    }

    /// All environments.
    pub fn list(&self) -> io::Result<Vec<Built>> {
        let mut all = Vec::new();
        for name in self.names()? {
            all.extend(self.get(&name)?);
        }
        Ok(all)
    }

    /// Deletes an environment. Nothing may be running in it.
    pub fn remove(&self, digest: &str) -> io::Result<()> {
        if !is_digest(digest) {
            return Ok(());
        }
        // Out of sight first, so that nobody finds half of it.
        let hidden = self.root().join(format!("{REMOVED}{digest}"));
        match fs_err::rename(self.dir(digest), &hidden) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            renamed => renamed.and_then(|()| folders::delete_folder(&hidden)),
        }
    }

    /// Ends and deletes what builds left whose server was killed.
    pub async fn clear_abandoned(&self) -> io::Result<()> {
        workshop::clear_abandoned(&self.builds(), &*self.runner).await
    }

    /// Deletes all environments but those in `keep`, and what removals left that were killed. Answers the digests of
    /// what was deleted.
    pub fn gc(&self, keep: &HashSet<String>) -> io::Result<Vec<String>> {
        let mut deleted = Vec::new();
        for name in self.names()? {
            let path = self.root().join(&name);
            if name.starts_with(REMOVED) {
                folders::delete_folder(&path)?;
            } else if is_digest(&name) && !keep.contains(&name) {
                self.remove(&name)?;
                deleted.push(name);
            }
        }
        Ok(deleted)
    }

    /// Holds one folder per environment.
    pub(super) fn root(&self) -> PathBuf {
        self.runner.layout().environments()
    }

    /// Where environments are made, and uv's cache is.
    pub(super) fn builds(&self) -> PathBuf {
        self.runner.layout().builds()
    }

    pub(super) fn dir(&self, digest: &str) -> PathBuf {
        self.root().join(digest)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs_err::read_dir(self.root()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// An environment in the folder that holds all of them, if it is there.
pub(crate) fn find(environments: &Path, digest: &str) -> io::Result<Option<Built>> {
    if !is_digest(digest) {
        return Ok(None);
    }
    let dir = environments.join(digest);
    let record = match fs_err::read(dir.join(RECORD)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        record => record?,
    };
    let built: Built = serde_json::from_slice(&record)?;
    Ok(Some(Built { path: dir.join(ENVIRONMENT), ..built }))
}

pub(crate) fn is_digest(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
