//! What an environment is made of, and its name.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Changes when environments are built in another way, so that old ones are not taken for new ones.
const FORMAT: u32 = 1;
const MOST_REQUIREMENTS: usize = 2000;
const LONGEST_REQUIREMENT: usize = 500;

/// What an environment is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The wanted version of Python, such as `>=3.10` or `3.12`.
    pub python: String,
    /// The wanted packages, each such as `pandas>=2,<3` or `dask[array]==2026.1.0 ; python_version < '3.13'`.
    pub requirements: Vec<String>,
    /// Another number makes another environment of the same packages, with the newest versions that fit then.
    #[serde(default)]
    pub revision: i64,
    /// Which of PyTorch's variants is meant, as uv names them, such as `cpu`; whatever the package index has when
    /// empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub torch_backend: String,
}

/// Why a recipe cannot be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeError {
    /// The part that is wrong.
    pub part: String,
    /// What is wrong with it.
    pub message: &'static str,
}

impl fmt::Display for RecipeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`: {}", self.part, self.message)
    }
}

impl Error for RecipeError {}

impl Recipe {
    /// The name of what comes of this recipe on this kind of machine. The order of the requirements does not matter.
    pub fn digest(&self) -> String {
        let mut canonical = serde_json::json!({
            "format": FORMAT,
            "machine": [std::env::consts::ARCH, std::env::consts::OS],
            "python": without_spaces(&self.python),
            "requirements": self.canonical_requirements(),
        });
        if self.revision != 0 {
            canonical["revision"] = self.revision.into();
        }
        if !self.torch_backend.is_empty() {
            canonical["torch"] = self.torch_backend.as_str().into();
        }
        let digest = Sha256::digest(canonical.to_string());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether this is only about versions and packages. What passes is safe to put into a requirements file: it can
    /// be no option, no path, no address, no comment and no reference to a variable.
    pub fn check(&self) -> Result<(), RecipeError> {
        let wrong =
            |part: &str, message| Err(RecipeError { part: part.chars().take(200).collect(), message });
        let python = self.python.trim();
        let fine = |byte: u8| byte.is_ascii_digit() || b".,<>=!~* ".contains(&byte);
        if python.is_empty()
            || python.len() > 64
            || !python.bytes().all(fine)
            || !python.contains(char::is_numeric)
        {
            return wrong(python, "is not a version of Python such as `3.12` or `>=3.10`");
        }
        if self.requirements.len() > MOST_REQUIREMENTS {
            return wrong(&format!("{} packages", self.requirements.len()), "are too many");
        }
        let backend = &self.torch_backend;
        if backend.len() > 16 || !backend.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
            return wrong(backend, "is no variant of PyTorch");
        }
        for requirement in self.canonical_requirements() {
            if let Err(message) = check_requirement(&requirement) {
                return wrong(&requirement, message);
            }
        }
        Ok(())
    }

    /// One to a line, as uv reads them.
    pub(super) fn requirements_file(&self) -> String {
        self.canonical_requirements().into_iter().map(|requirement| requirement + "\n").collect()
    }

    fn canonical_requirements(&self) -> Vec<String> {
        let tidy = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut requirements: Vec<_> =
            self.requirements.iter().map(tidy).filter(|text| !text.is_empty()).collect();
        requirements.sort_unstable();
        requirements.dedup();
        requirements
    }
}

/// Whether this is `name[extra, …] version, … ; marker`, by the letters that each part can have; otherwise why not,
/// to be read after the requirement.
pub fn check_requirement(requirement: &str) -> Result<(), &'static str> {
    if requirement.len() > LONGEST_REQUIREMENT {
        return Err("is too long");
    }
    let (package, marker) = match requirement.split_once(';') {
        Some((package, marker)) => (package.trim_end(), Some(marker.trim_start())),
        None => (requirement, None),
    };
    let name_end = package.bytes().position(|byte| !in_name(byte)).unwrap_or(package.len());
    let (name, rest) = package.split_at(name_end);
    if !is_name(name) {
        return Err("does not begin with the name of a package");
    }
    let mut versions = rest.trim_start();
    if let Some(after) = versions.strip_prefix('[') {
        let (extras, after) = after.split_once(']').ok_or("has a `[` without a `]`")?;
        if !extras.trim().is_empty() && !extras.split(',').all(|extra| is_name(extra.trim())) {
            return Err("has an extra that is not a name");
        }
        versions = after.trim_start();
    }
    if versions.starts_with('@') {
        return Err("names an address or a path, where only packages by name are taken");
    }
    let versions = versions.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(versions);
    if !versions.is_empty() && !versions.split(',').all(is_version) {
        return Err("has something after the name that is no version");
    }
    let in_marker = |byte: u8| byte.is_ascii_alphanumeric() || b"._-'\"<>=!~()*+, ".contains(&byte);
    if marker.is_some_and(|marker| marker.is_empty() || !marker.bytes().all(in_marker)) {
        return Err("has something after the `;` that is no condition");
    }
    Ok(())
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

/// Letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_name(text: &str) -> bool {
    let at_end = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(at_end) && text.ends_with(at_end) && text.bytes().all(in_name)
}

/// A comparison and a version, such as `>= 1.2`.
fn is_version(clause: &str) -> bool {
    const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];
    let clause = clause.trim();
    let Some(version) = OPERATORS.iter().find_map(|operator| clause.strip_prefix(operator)) else {
        return false;
    };
    let version = version.trim_start();
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".*+!_-".contains(&byte))
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}
