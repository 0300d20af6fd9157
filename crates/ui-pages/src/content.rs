//! The platform's own few pages on the content origin, which shows nothing of the portal.

use askama::Template;

use crate::Page;
use crate::components::Link;

/// Why a workload is not shown, and the way out. It stands alone: its only style sheet is `content.css`.
#[derive(Clone, Debug, Template)]
#[template(path = "content.html")]
pub struct ContentPage {
    pub title: String,
    pub status: u16,
    /// What happened, one sentence.
    pub what: String,
    /// What to do next; may be empty.
    pub hint: String,
    /// To the portal.
    pub way_out: Link,
    /// Whether it only takes a moment; the page loads itself again.
    pub is_busy: bool,
}

impl Page for ContentPage {
    const NAME: &'static str = "content";

    fn samples() -> Vec<(&'static str, Self)> {
        let sample = |title: &str, status, what: &str, hint: &str| Self {
            title: title.into(),
            status,
            what: what.into(),
            hint: hint.into(),
            way_out: Link::new("Its page in Portico", "/g/vision/notebooks/nb-7f3kq2xw"),
            is_busy: status == 503,
        };
        vec![
            (
                "404",
                sample(
                    "Nothing is here",
                    404,
                    "There is no workload of this name here, or you may not see it.",
                    "",
                ),
            ),
            (
                "starting",
                sample(
                    "Starting",
                    503,
                    "The workload is starting.",
                    "This page opens it as soon as it answers.",
                ),
            ),
        ]
    }
}
