//! What this installation can and can't do.

use askama::Template;

use crate::components::Fact;
use crate::frame::Frame;
use crate::quota::Meter;

/// Whether something is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Found {
    #[default]
    Yes,
    /// In a weaker way than it should be.
    Weak,
    Missing,
    /// Not there, and nothing is wrong with that.
    No,
}

impl Found {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::Weak => "Weak",
            Self::Missing => "Missing",
            Self::No => "No",
        }
    }

    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Self::Yes => "check",
            Self::Weak | Self::Missing => "triangle-alert",
            Self::No => "circle",
        }
    }

    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Yes => "ok",
            Self::Weak | Self::Missing => "wait",
            Self::No => "idle",
        }
    }
}

/// Something the machine can do or can't.
#[derive(Clone, Debug, Default)]
pub struct Capability {
    pub name: String,
    pub found: Found,
    /// What was found.
    pub detail: String,
    /// What to do about it when it is missing.
    pub fix: Option<String>,
}

/// `GET /admin/system`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/system.html")]
pub struct SystemPage {
    pub frame: Frame,
    pub capabilities: Vec<Capability>,
    /// Version, database, start, data directory.
    pub facts: Vec<Fact>,
    /// How full disk, memory and the like are.
    pub meters: Vec<Meter>,
}

impl SystemPage {
    /// How many capabilities are missing or weak.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.capabilities
            .iter()
            .filter(|capability| matches!(capability.found, Found::Weak | Found::Missing))
            .count()
    }
}
