//! A person's notebooks, and for group admins those of the others.

use askama::Template;

use super::{NotebookActions, Opens, QuickLaunch};
use crate::components::{Status, When, Who};
use crate::frame::Frame;

/// One notebook of the list.
#[derive(Clone, Debug, Default)]
pub struct NotebookRow {
    pub slug: String,
    pub name: String,
    /// `/g/{group}/notebooks/{slug}`.
    pub url: String,
    pub status: Status,
    /// One sentence under the name: why it waits, how it failed; may be empty.
    pub reason: String,
    pub owner: Who,
    pub image: String,
    pub instance_type: String,
    /// Such as `2 cores · 8 GiB`.
    pub size: String,
    /// When somebody or something last worked in it; absent before the first start.
    pub used: Option<When>,
    /// Such as `Stops at 14:20 when it stays idle`; may be empty.
    pub idle_stop: String,
    /// The idle stop is near.
    pub idle_soon: bool,
    /// Set when it is ready and the person may open it.
    pub opens: Option<Opens>,
    pub actions: NotebookActions,
}

/// `GET /g/{group}/notebooks`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "notebooks/list.html")]
pub struct NotebooksPage {
    pub frame: Frame,
    /// This page's own path and query.
    pub live_url: String,
    /// Such as `2 of 3 are running`; may be empty.
    pub summary: String,
    pub mine: Vec<NotebookRow>,
    /// The notebooks of other members, for group admins; absent for everybody else.
    pub others: Option<Vec<NotebookRow>>,
    /// Where a new notebook is made; absent when the person may not.
    pub new_url: Option<String>,
    /// Where a notebook is run as a job; absent when the person may not.
    pub run_url: Option<String>,
    /// Shown while the person has no notebook.
    pub quick: Vec<QuickLaunch>,
    /// What went wrong when reading the list.
    pub error: Option<String>,
}
