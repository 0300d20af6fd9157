//! What is refused before anything is done.

use std::path::{Component, Path};

use crate::runner::RunnerError;
use crate::shim::container::script::is_variable;
use crate::shim::{Bind, ResolvedSpec, Software};
use crate::spec::{ENVIRONMENT_TARGET, Serves};

/// Places that are the sandbox's own.
const RESERVED: &[&str] =
    &["/proc", "/dev", "/sys", "/usr", "/etc", "/run/portico", "/run/portico-shim", ENVIRONMENT_TARGET];

/// An attempt's id names a folder, a host and control groups.
pub(super) fn attempt_id(attempt: &str) -> Result<(), RunnerError> {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if attempt.is_empty() || attempt.len() > 64 || !attempt.bytes().all(fine) || attempt.starts_with('-') {
        return Err(RunnerError::Invalid(format!("{attempt:?} cannot be the id of an attempt")));
    }
    Ok(())
}

pub(super) fn spec(spec: &ResolvedSpec) -> Result<(), RunnerError> {
    attempt_id(&spec.attempt)?;
    let invalid = |what: String| Err(RunnerError::Invalid(format!("attempt {}: {what}", spec.attempt)));
    for (name, value) in &spec.env {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return invalid(format!("{name:?} cannot be set in the environment"));
        }
    }
    if matches!(spec.software, Software::Container { .. }) {
        check_container(spec).or_else(invalid)?;
    }
    if spec.script.contains('\0') {
        return invalid("the script contains a zero byte".into());
    }
    for (what, folder) in [("working folder", &spec.working_dir), ("home", &spec.home)] {
        if !is_plain(folder) {
            return invalid(format!("the {what} {} is not a plain absolute path", folder.display()));
        }
    }
    if is_reserved(&spec.home) {
        return invalid(format!("the home can't be {}", spec.home.display()));
    }
    if spec.serves == Some(Serves::Port(0)) {
        return invalid("nothing can listen at port 0".into());
    }
    for Bind { source, target, .. } in &spec.binds {
        if !is_plain(target) || is_reserved(target) {
            return invalid(format!("nothing can be mounted at {}", target.display()));
        }
        if !is_plain(source) {
            return invalid(format!("{} is not a plain absolute path", source.display()));
        }
    }
    Ok(())
}

/// What the first process of a container, which is a shell, could not pass on.
fn check_container(spec: &ResolvedSpec) -> Result<(), String> {
    match spec.env.keys().find(|name| !is_variable(name)) {
        Some(name) => Err(format!("{name:?} cannot be the name of a variable in a container")),
        None => Ok(()),
    }
}

fn is_reserved(target: &Path) -> bool {
    RESERVED.iter().any(|place| target.starts_with(place) || Path::new(place).starts_with(target))
}

/// Absolute, and without steps back.
fn is_plain(path: &Path) -> bool {
    path.is_absolute()
        && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
}
