//! What people want of a workload.

use base::{Error, Result};

/// What somebody asked for last. What is, says the [phase](super::Phase).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Run,
    Stop,
    /// Stop, and then run again.
    Restart,
}

impl Wish {
    const ALL: [Self; 3] = [Self::Run, Self::Stop, Self::Restart];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|wish| wish.as_str() == text);
        found.ok_or_else(|| Error::internal(format!("no wish is called “{text}”")))
    }
}
