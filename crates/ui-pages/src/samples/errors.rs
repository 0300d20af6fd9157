//! Samples of [`ErrorPage`] and [`BareErrorPage`].

use crate::components::Link;
use crate::errors::{BareErrorPage, ErrorPage, ErrorView};
use crate::frame::Entry;
use crate::samples::{self, Samples};

fn view(status: u16, title: &str, what: &str, hint: &str) -> ErrorView {
    ErrorView {
        status,
        title: title.into(),
        what: what.into(),
        hint: hint.into(),
        links: vec![Link::new("Jobs of vision", "/g/vision/jobs"), Link::new("Home", "/g/vision")],
        request_id: "0193a5c2f1e07c0c8f4e2b6d9a31c774".into(),
    }
}

fn views() -> Vec<(&'static str, ErrorView)> {
    vec![
        (
            "403",
            view(
                403,
                "You may not do this",
                "Changing the settings of vision needs a group admin.",
                "Ask Ada Lovelace, who is one.",
            ),
        ),
        (
            "404",
            view(
                404,
                "There is no such page",
                "Nothing is here, or it belongs to a group that you are not in.",
                "Check the address, or ask whoever sent you the link to add you to the group.",
            ),
        ),
        (
            "409",
            view(
                409,
                "Somebody was faster",
                "The job ended while you were cancelling it.",
                "Open the job to see how it ended.",
            ),
        ),
        (
            "422",
            view(
                422,
                "The form could not be read",
                "A field came without a value that it needs.",
                "Go back, reload the page and send the form again.",
            ),
        ),
        (
            "500",
            view(
                500,
                "Something went wrong here",
                "The portal failed to show this page. Nothing you did was lost.",
                "Try again. If it stays like this, give the request id to your platform admin.",
            ),
        ),
        (
            "503",
            view(
                503,
                "The portal is busy",
                "The database did not answer in time. Running jobs are not affected.",
                "Try again in a few seconds.",
            ),
        ),
    ]
}

impl Samples for ErrorPage {
    const NAME: &'static str = "error";

    fn samples() -> Vec<(&'static str, Self)> {
        views()
            .into_iter()
            .map(|(name, error)| (name, Self { frame: samples::frame(&error.title, Entry::Other), error }))
            .collect()
    }
}

impl Samples for BareErrorPage {
    const NAME: &'static str = "error-bare";

    fn samples() -> Vec<(&'static str, Self)> {
        views()
            .into_iter()
            .map(|(name, mut error)| {
                error.links = vec![Link::new("Sign in", "/sign-in")];
                (name, Self { bare: samples::bare(&error.title), error })
            })
            .collect()
    }
}
