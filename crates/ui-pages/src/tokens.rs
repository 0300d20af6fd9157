//! The person's API tokens.

use askama::Template;

use crate::components::{Choice, Field, When};
use crate::frame::Frame;

/// What a token may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    Read,
    #[default]
    Write,
}

impl Scope {
    /// The value of the form field.
    #[must_use]
    pub fn value(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "Read only",
            Self::Write => "Read and write",
        }
    }
}

/// One token; never its secret.
#[derive(Clone, Debug, Default)]
pub struct TokenRow {
    pub id: String,
    pub name: String,
    /// The first characters, such as `ptk_3fa9…`.
    pub prefix: String,
    pub scope: Scope,
    pub created: When,
    /// Absent: never.
    pub expires: Option<When>,
    pub expired: bool,
    /// Absent: never.
    pub last_used: Option<When>,
}

/// A token that was just made, shown this once.
#[derive(Clone, Debug, Default)]
pub struct NewToken {
    pub name: String,
    pub secret: String,
    /// A command that uses it.
    pub curl: String,
    /// The same in Python.
    pub python: String,
}

/// `GET` and `POST /profile/tokens`; fields `name`, `expires_days` (0 = never), `scope` (`read`, `write`).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "profile/tokens.html")]
pub struct TokensPage {
    pub frame: Frame,
    pub tokens: Vec<TokenRow>,
    pub created: Option<NewToken>,
    pub name: Field,
    pub lifetimes: Vec<Choice>,
    pub lifetime_error: Option<String>,
    pub scope: Scope,
    pub error: Option<String>,
}
