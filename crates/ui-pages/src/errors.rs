//! What is shown when a page cannot be: what happened, what to do, ways out.

use askama::Template;

use crate::components::Link;
use crate::frame::{Bare, Frame};

/// An error in words.
#[derive(Clone, Debug, Default)]
pub struct ErrorView {
    /// The HTTP status.
    pub status: u16,
    pub title: String,
    /// What happened, one sentence.
    pub what: String,
    /// What to do next, one sentence; may be empty.
    pub hint: String,
    /// Ways out; the first is the main one.
    pub links: Vec<Link>,
    pub request_id: String,
}

impl ErrorView {
    /// The icon that goes with the status.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        match self.status {
            401 | 403 => "lock",
            404 => "search-x",
            409 => "git-compare",
            503 => "server-off",
            500.. => "circle-alert",
            _ => "triangle-alert",
        }
    }
}

/// An error for a signed-in person, with the menu around it.
#[derive(Clone, Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub frame: Frame,
    pub error: ErrorView,
}

/// An error for somebody who is not signed in, or when not even the frame can be made.
#[derive(Clone, Debug, Template)]
#[template(path = "error_bare.html")]
pub struct BareErrorPage {
    pub bare: Bare,
    pub error: ErrorView,
}
