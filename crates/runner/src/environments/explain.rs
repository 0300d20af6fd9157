//! What uv's words mean.

use super::{BuildError, BuildErrorKind};
use crate::log::MARKER;

/// How much of uv's last words makes a message.
const LONGEST_MESSAGE: usize = 4000;

/// What uv says when packages, or where they come from, cannot be reached.
const NETWORK: [&str; 8] = [
    "error sending request",
    "Failed to fetch",
    "Could not connect",
    "dns error",
    "operation timed out",
    "connection closed",
    "Connection reset",
    // Of a source that was there and could not be built, uv says "Failed to download and build".
    "Failed to download `",
];
/// What uv says when there is only a source of what was asked for.
const NO_WHEEL: [&str; 2] = ["has no usable wheels", "building from source is disabled"];

/// Why uv failed: what it said, from its last `error` on, and whose trouble that is.
pub(super) fn explained(said: &[String]) -> BuildError {
    let lines: Vec<&str> = said.iter().map(String::as_str).filter(|line| !line.starts_with(MARKER)).collect();
    let is_error = |line: &&str| line.starts_with("error:") || line.trim_start().starts_with('×');
    let from = lines.iter().rposition(is_error).unwrap_or(lines.len().saturating_sub(10));
    let text = lines[from..].join("\n");
    let text = text.trim().trim_start_matches("error:").trim_start_matches('×').trim();
    let message: String = text.replace("\n  cause: ", ". ").chars().take(LONGEST_MESSAGE).collect();
    let tells = |words: &[&str]| words.iter().any(|words| message.contains(words));
    let kind = if tells(&NETWORK) {
        BuildErrorKind::Network
    } else if tells(&NO_WHEEL) {
        BuildErrorKind::NoWheel
    } else {
        BuildErrorKind::Packages
    };
    BuildError { kind, message }
}
