//! Environments: a Python version and packages, built by uv, kept by content, mounted read-only.
//!
//! An environment's folder is named by the [digest](Recipe::digest) of its recipe, is made under another name and
//! appears whole or not at all. So nothing in it ever changes, and what a killed build leaves is never mistaken for
//! an environment; [`EnvironmentStore::gc`] removes it.

mod build;
mod builtin;
mod recipe;
mod store;
#[cfg(test)]
mod tests;
mod uv;

pub use build::{BuildError, BuildErrorKind};
pub use builtin::{BuiltinImage, builtin_images};
pub use recipe::{Recipe, RecipeError, check_requirement};
pub use store::{Built, EnvironmentConfig, EnvironmentStore};
