//! What is shown when a page cannot be: what happened, what to do, ways out.

use askama::Template;

use crate::Page;
use crate::components::Link;
use crate::frame::{Bare, Entry, Frame};
use crate::samples;

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

    fn sample(status: u16, title: &str, what: &str, hint: &str) -> Self {
        Self {
            status,
            title: title.into(),
            what: what.into(),
            hint: hint.into(),
            links: vec![Link::new("Jobs of vision", "/g/vision/jobs"), Link::new("Home", "/g/vision")],
            request_id: "0193a5c2f1e07c0c8f4e2b6d9a31c774".into(),
        }
    }

    fn all() -> Vec<(&'static str, Self)> {
        vec![
            (
                "403",
                Self::sample(
                    403,
                    "You may not do this",
                    "Changing the settings of vision needs a group admin.",
                    "Ask Ada Lovelace, who is one.",
                ),
            ),
            (
                "404",
                Self::sample(
                    404,
                    "There is no such page",
                    "Nothing is here, or it belongs to a group that you are not in.",
                    "Check the address, or ask whoever sent you the link to add you to the group.",
                ),
            ),
            (
                "409",
                Self::sample(
                    409,
                    "Somebody was faster",
                    "The job ended while you were cancelling it.",
                    "Open the job to see how it ended.",
                ),
            ),
            (
                "422",
                Self::sample(
                    422,
                    "The form could not be read",
                    "A field came without a value that it needs.",
                    "Go back, reload the page and send the form again.",
                ),
            ),
            (
                "500",
                Self::sample(
                    500,
                    "Something went wrong here",
                    "The portal failed to show this page. Nothing you did was lost.",
                    "Try again. If it stays like this, give the request id to your platform admin.",
                ),
            ),
            (
                "503",
                Self::sample(
                    503,
                    "The portal is busy",
                    "The database did not answer in time. Running jobs are not affected.",
                    "Try again in a few seconds.",
                ),
            ),
        ]
    }
}

/// An error for a signed-in person, with the menu around it.
#[derive(Clone, Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub frame: Frame,
    pub error: ErrorView,
}

impl Page for ErrorPage {
    const NAME: &'static str = "error";

    fn samples() -> Vec<(&'static str, Self)> {
        ErrorView::all()
            .into_iter()
            .map(|(name, error)| (name, Self { frame: samples::frame(&error.title, Entry::Other), error }))
            .collect()
    }
}

/// An error for somebody who is not signed in, or when not even the frame can be made.
#[derive(Clone, Debug, Template)]
#[template(path = "error_bare.html")]
pub struct BareErrorPage {
    pub bare: Bare,
    pub error: ErrorView,
}

impl Page for BareErrorPage {
    const NAME: &'static str = "error-bare";

    fn samples() -> Vec<(&'static str, Self)> {
        ErrorView::all()
            .into_iter()
            .map(|(name, mut error)| {
                error.links = vec![Link::new("Sign in", "/sign-in")];
                (name, Self { bare: samples::bare(&error.title), error })
            })
            .collect()
    }
}
