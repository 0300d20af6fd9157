//! A configuration vault: its editor, its history, and what clients end up with.

use askama::Template;

use crate::components::{Choice, When};
use crate::frame::Frame;

/// Something that is wrong or odd in what was typed.
#[derive(Clone, Debug, Default)]
pub struct VaultProblem {
    /// Such as `Line 3, column 8`.
    pub place: String,
    pub message: String,
}

/// What the vault was after one of its changes.
#[derive(Clone, Debug, Default)]
pub struct VaultRevision {
    pub number: i64,
    /// Such as `edited`.
    pub action: String,
    pub made: When,
    pub made_by: String,
    pub is_present: bool,
}

/// A setting that a client gets.
#[derive(Clone, Debug, Default)]
pub struct EffectiveRow {
    pub path: String,
    /// As it is shown: secrets are masked until asked for.
    pub value: String,
    pub is_masked: bool,
    /// Such as `group vision, line 4`.
    pub source: String,
    /// What it hides, in the same words; empty where nothing.
    pub hides: String,
}

/// What clients get in one group.
#[derive(Clone, Debug, Default)]
pub struct EffectiveTable {
    pub groups: Vec<Choice>,
    pub rows: Vec<EffectiveRow>,
    pub is_revealed: bool,
    /// The page with the secrets, or without them again.
    pub toggle_url: String,
}

/// `GET` and `POST /profile/vault`; fields `content`, `format`, `revision`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "profile/vault.html")]
pub struct VaultPage {
    pub frame: Frame,
    /// As it was typed.
    pub content: String,
    pub formats: Vec<Choice>,
    /// The revision that the editor began with; 0 while nothing was ever written.
    pub revision: i64,
    pub is_enabled: bool,
    pub problems: Vec<VaultProblem>,
    pub warnings: Vec<VaultProblem>,
    /// What somebody else wrote meanwhile, when saving was refused for that.
    pub theirs: Option<String>,
    pub revisions: Vec<VaultRevision>,
    /// Absent for whoever is in no group.
    pub effective: Option<EffectiveTable>,
    pub error: Option<String>,
}
