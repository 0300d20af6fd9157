//! Environments: a Python version and packages, built by uv, kept by content, mounted read-only.
//!
//! An environment's folder is named by the [digest](Recipe::digest) of its recipe, is made under another name and
//! appears whole or not at all. So nothing in it ever changes, and what a killed build leaves is never mistaken for
//! an environment; [`EnvironmentStore::clear_abandoned`] removes it.
//!
//! Whatever touches packages runs in attempts of the runner, in their sandbox. Two rules keep builds apart: where the
//! cache that they share can be written, no program of a package runs; where one runs, nothing of another build is
//! in sight.

mod attempt;
mod build;
mod builtin;
mod explain;
mod log;
mod recipe;
mod store;
#[cfg(test)]
mod tests;
mod uv;
mod workshop;

use std::time::Duration;

pub use build::{BuildError, BuildErrorKind};
pub use builtin::{BuiltinImage, builtin_images};
pub use recipe::{Recipe, RecipeError, check_requirement};
pub use store::{Built, EnvironmentConfig, EnvironmentStore};
pub use uv::UV_TARGET;

pub(crate) use store::{find, is_digest};
pub(crate) use uv::find_uv;

/// A build that takes longer is given up.
pub const LONGEST_BUILD: Duration = Duration::from_secs(3600);
