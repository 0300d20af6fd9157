//! The platform's own few pages on the content origin, which shows nothing of the portal.

use askama::Template;

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
