//! Building one environment.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use super::attempt::{Build, LOCK};
use super::explain::explained;
use super::log::BuildLog;
use super::store::ENVIRONMENT;
use super::uv::{NoPython, Uv};
use super::workshop::{CACHE, Workshop, clear_abandoned};
use super::{Built, EnvironmentStore, Recipe};
use crate::spec::Network;

/// Why an environment could not be built.
#[derive(Debug)]
pub struct BuildError {
    /// Whose trouble it is.
    pub kind: BuildErrorKind,
    /// What happened, in uv's words where it was uv.
    pub message: String,
}

/// Whose trouble a failed build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildErrorKind {
    /// The recipe is not one.
    Recipe,
    /// uv tried and could not.
    Packages,
    /// There is only a source of a package, and it cannot be built here.
    NoWheel,
    /// What the packages come from could not be reached; another try may find it.
    Network,
    /// uv is missing or does not work.
    Tool,
    /// The machine: disk, permissions.
    Machine,
}

impl BuildErrorKind {
    /// Whether the same may succeed later without anybody changing the recipe.
    pub fn may_pass(self) -> bool {
        match self {
            BuildErrorKind::Recipe | BuildErrorKind::Packages | BuildErrorKind::NoWheel => false,
            BuildErrorKind::Network | BuildErrorKind::Tool | BuildErrorKind::Machine => true,
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for BuildError {}

impl From<io::Error> for BuildError {
    fn from(error: io::Error) -> Self {
        BuildError { kind: BuildErrorKind::Machine, message: error.to_string() }
    }
}

pub(super) async fn build(
    store: &EnvironmentStore,
    recipe: &Recipe,
    log_dir: &Path,
) -> Result<Built, BuildError> {
    recipe
        .check()
        .map_err(|error| BuildError { kind: BuildErrorKind::Recipe, message: error.to_string() })?;
    let uv = Uv::find(store)?;
    fs_err::create_dir_all(store.root())?;
    fs_err::create_dir_all(store.builds().join(CACHE))?;
    fs_err::create_dir_all(log_dir)?;
    clear_abandoned(&store.builds(), &*store.runner).await?;
    let log = BuildLog::start(log_dir, &uv.passwords())?;
    let outcome = match store.get(&recipe.digest())? {
        Some(built) => Ok(built),
        None => build_new(store, recipe, &uv, &log).await,
    };
    let last_words = match &outcome {
        Ok(built) => {
            format!("ready: Python {}, {} packages", built.python_version, built.lock.lines().count())
        }
        Err(_) => "the environment could not be built".to_owned(),
    };
    log.finish(last_words).await?;
    outcome
}

async fn build_new(
    store: &EnvironmentStore,
    recipe: &Recipe,
    uv: &Uv<'_>,
    log: &BuildLog,
) -> Result<Built, BuildError> {
    let python = match uv.python(&recipe.python).await {
        Ok(python) => python,
        Err(NoPython::Other(error)) => return Err(error),
        Err(NoPython::Unknown(said)) => {
            let lines: Vec<String> = said.lines().map(str::to_owned).collect();
            log.say(said).await?;
            return Err(explained(&lines));
        }
    };
    let digest = recipe.digest();
    let workshop = Workshop::open(&store.builds(), &digest, store.runner.clone())?;
    let build = Build { store, uv, python: &python, recipe, workshop: &workshop, log };
    let network = uv.network().await;
    match build.install_wheels(network).await {
        Err(error) if error.kind == BuildErrorKind::NoWheel => {
            if let Some(why) = why_no_source(store, uv, network) {
                return Err(BuildError { message: format!("{error}\n\n{why}"), ..error });
            }
            log.say("Not all packages have a wheel that fits; their sources are built.\n".to_owned()).await?;
            build.install_from_source(network).await?;
        }
        installed => installed?,
    }
    build.compile().await?;
    let lock = workshop.written(LOCK)?;
    check_lock(&lock)?;
    let built = Built {
        path: store.dir(&digest).join(ENVIRONMENT),
        base_prefix: python.base_prefix,
        python_version: python.version,
        size_bytes: 0,
        lock,
        digest,
    };
    let place = store.dir(&built.digest);
    tokio::task::spawn_blocking(workshop.finish(built, place))
        .await
        .map_err(io::Error::other)?
        .map_err(Into::into)
}

/// Why packages cannot be built from source here, if they cannot. They run programs of their own while they are built.
fn why_no_source(store: &EnvironmentStore, uv: &Uv<'_>, network: Network) -> Option<String> {
    let why = if network == Network::Host && store.config.network != Network::Host {
        "it would run the package's own program in the network of this very machine, where the package index or the \
         proxy is"
    } else if network != Network::None && !uv.passwords().is_empty() {
        "it would run the package's own program, which could read the password of the package index or the proxy"
    } else {
        return None;
    };
    Some(format!(
        "Only wheels are installed here: building a package from its source is refused, because {why}. Choose a \
         version that has a wheel for this Python and machine."
    ))
}

/// The list becomes part of other recipes, and a package may have written it.
fn check_lock(lock: &str) -> Result<(), BuildError> {
    let lines = lock.lines().map(str::to_owned).collect();
    let as_recipe = Recipe { python: "3".to_owned(), requirements: lines, ..Recipe::default() };
    as_recipe.check().map_err(|error| BuildError {
        kind: BuildErrorKind::Packages,
        message: format!("the build wrote a list of packages that is none: {error}"),
    })
}
