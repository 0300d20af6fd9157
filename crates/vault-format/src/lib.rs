//! Configuration vaults: text in HOCON, JSON or YAML that people type, and that the ClearML client reads.
//!
//! The text is read here, and what is served is JSON made from what was read. So a page that shows it and the client
//! cannot differ. What a HOCON text means is what the client's own parser (the pyhocon in `clearml` 2.1.12) makes of
//! it, where that differs from the HOCON specification. Where that parser refuses or garbles what has one clear
//! meaning, [`read`] accepts it or refuses it with a line; `tests/corpus.rs` holds the comparison.
//!
//! Nothing outside of the text is read: `include` is refused, and a substitution finds what the same text defines,
//! never a variable of the server's environment.

mod check;
mod guess;
mod hocon;
mod json;
mod merge;
mod number;
mod serve;
mod source;
mod value;
mod warnings;
mod yaml;

pub use merge::{Effective, merge};
pub use serve::{environment, shown, to_json};
pub use value::{Entry, Format, Map, Problem, Value, Vault};

/// The largest text that is read, in bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// How deep blocks and lists may be nested. The client's parser ends at 30 blocks when little else is on Python's
/// stack; this leaves a quarter of the stack to the program that uses the client.
pub const MAX_DEPTH: usize = 24;
/// The most values that a text may hold; twice as many after its substitutions are replaced.
pub const MAX_VALUES: usize = 200_000;
/// How long the path of a setting may be, in bytes: each setting is shown with the whole of it.
pub const MAX_PATH: usize = 1000;
/// The most text that substitutions may make, in bytes.
pub const MAX_MADE_BYTES: usize = 2 * MAX_BYTES;

/// Reads a vault.
///
/// # Errors
/// What has to be corrected before the text can be saved, in the order of its lines.
pub fn read(bytes: &[u8], format: Format) -> Result<Vault, Vec<Problem>> {
    let source = source::Source::decode(bytes).map_err(|problem| vec![problem])?;
    let mut notes = source::Notes::default();
    let root = match format {
        Format::Hocon => hocon::read(&source, &mut notes),
        Format::Json => json::read(&source, &mut notes),
        Format::Yaml => yaml::read(&source, &mut notes),
    };
    let root = root.and_then(|root| check::check(root, format, &mut notes));
    let mut problems = source.problems(notes.faults);
    let mut warnings = source.problems(notes.warnings);
    let by_place = |problem: &Problem| (problem.line, problem.column);
    problems.sort_by_key(by_place);
    warnings.sort_by_key(by_place);
    match root {
        Some(root) if problems.is_empty() => Ok(Vault { root, warnings }),
        _ => Err(problems),
    }
}
