//! Environment variables that people give to workloads.

use std::collections::BTreeMap;

use base::error::FieldErrors;
use base::names;

const MOST: usize = 100;
const LONGEST_VALUE_BYTES: usize = 32 * 1024;
/// The kernel starts no program with more than about 2 MiB of variables, and the platform adds its own.
const MOST_BYTES: usize = 1024 * 1024;

/// Refuses, in the field `environment`, what no program could be given.
pub(crate) fn check_variables(variables: &BTreeMap<String, String>, errors: &mut FieldErrors) {
    if variables.len() > MOST {
        errors.add("environment", format!("Use at most {MOST} variables; these are {}.", variables.len()));
    }
    let together: usize = variables.iter().map(|(name, value)| name.len() + value.len()).sum();
    if together > MOST_BYTES {
        errors.add(
            "environment",
            format!(
                "The variables have {} KiB together; at most {} KiB are allowed. Put large values into files.",
                together.div_ceil(1024),
                MOST_BYTES / 1024
            ),
        );
    }
    for (name, value) in variables {
        errors.check("environment", names::variable_name(name));
        if name.starts_with("PORTICO_") || name.starts_with("PRIMEHUB_") {
            errors.add("environment", format!("“{name}” is set by the platform. Choose another name."));
        }
        if value.len() > LONGEST_VALUE_BYTES || value.contains('\0') {
            errors.add(
                "environment",
                format!("The value of “{name}” is longer than 32 kB or holds a NUL character."),
            );
        }
    }
}
