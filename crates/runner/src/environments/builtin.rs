//! The environments that every installation has.

use serde::Deserialize;

use super::Recipe;

const FILE: &str = include_str!("../../environments.toml");

/// One environment that every installation has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltinImage {
    /// Its short name, which never changes.
    pub name: String,
    /// Its name on pages.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Whether it is built only when somebody first uses it, because it is large.
    #[serde(default)]
    pub on_demand: bool,
    /// Which of PyTorch's variants it has, if any; see [`Recipe::torch_backend`].
    #[serde(default)]
    pub torch_backend: String,
    /// Which Pythons it works with.
    pub python: String,
    /// What it is made for, as a person would ask for it.
    pub requirements: Vec<String>,
    /// The same with everything that comes with it, each at one version.
    lock: Vec<String>,
}

impl BuiltinImage {
    /// What to build.
    pub fn recipe(&self) -> Recipe {
        Recipe {
            python: self.python.clone(),
            requirements: self.lock.clone(),
            torch_backend: self.torch_backend.clone(),
            ..Recipe::default()
        }
    }
}

/// The built-in environments, the plainest first.
pub fn builtin_images() -> Vec<BuiltinImage> {
    #[derive(Deserialize)]
    struct File {
        image: Vec<BuiltinImage>,
    }
    // A test reads the file, so this cannot come up empty in a binary that was tested.
    toml::from_str::<File>(FILE).map(|file| file.image).unwrap_or_default()
}
