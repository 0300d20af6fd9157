//! The list of a group's jobs.

use askama::Template;

use super::JobActions;
use crate::components::{Chip, Pager, Sort, Status, When, Who};
use crate::frame::Frame;

/// One job of the list.
#[derive(Clone, Debug, Default)]
pub struct JobRow {
    pub id: String,
    pub name: String,
    pub url: String,
    pub status: Status,
    /// One sentence under the name: why it waits, how it failed; may be empty.
    pub reason: String,
    pub instance_type: String,
    pub image: String,
    pub submitter: Who,
    pub submitted: When,
    /// Such as `12 min`; empty before the start.
    pub duration: String,
    pub actions: JobActions,
}

/// `GET /g/{group}/jobs`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "jobs/list.html")]
pub struct JobsPage {
    pub frame: Frame,
    /// This page's own path and query.
    pub live_url: String,
    /// Path of the list without query.
    pub base_url: String,
    /// What is searched for (field `q`).
    pub q: String,
    /// The other filters, kept when searching: name and value.
    pub kept: Vec<(String, String)>,
    pub chips: Vec<Chip>,
    /// Set when any filter or search is on: the list without them.
    pub clear_url: Option<String>,
    /// Such as `1,284 jobs`.
    pub summary: String,
    pub rows: Vec<JobRow>,
    pub sort_name: Sort,
    pub sort_submitted: Sort,
    pub pager: Pager,
    /// Where a new job is made; absent when the person may not.
    pub new_url: Option<String>,
    /// Where a notebook is run as a job; absent when the person may not.
    pub notebook_url: Option<String>,
    /// A command that submits a job, for the empty list.
    pub snippet: String,
    /// What went wrong when reading the list.
    pub error: Option<String>,
}
