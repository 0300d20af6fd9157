//! The first page of a group, and the page of a person without any group.

use askama::Template;

use crate::components::{Status, When, Who};
use crate::frame::Frame;
use crate::notebooks::QuickLaunch;
use crate::quota::QuotaPanel;

/// One line of the table of who uses what.
#[derive(Clone, Debug, Default)]
pub struct UsageRow {
    pub name: String,
    pub url: String,
    /// `job` or `notebook`, later also `deployment`, `app`.
    pub kind: String,
    pub person: Who,
    pub instance_type: String,
    pub cpu: String,
    pub memory: String,
    pub gpu: String,
}

/// The last line of the table.
#[derive(Clone, Debug, Default)]
pub struct UsageTotal {
    pub cpu: String,
    pub memory: String,
    pub gpu: String,
}

/// One line of recent activity.
#[derive(Clone, Debug, Default)]
pub struct RecentRow {
    pub status: Status,
    pub name: String,
    pub url: String,
    pub person: Who,
    pub when: When,
}

/// `GET /g/{group}`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    pub frame: Frame,
    /// The `h1`, such as `Good morning, Ada`.
    pub greeting: String,
    /// One sentence on the group's state.
    pub summary: String,
    /// This page's own path and query.
    pub live_url: String,
    /// Notebooks that start with one click.
    pub launch: Vec<QuickLaunch>,
    pub usage: Vec<UsageRow>,
    pub usage_total: UsageTotal,
    pub recent: Vec<RecentRow>,
    pub quota: QuotaPanel,
}

/// `GET /no-group`: for a person who is in no group.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "no_group.html")]
pub struct NoGroupPage {
    pub frame: Frame,
    /// Platform admins whom the person can ask.
    pub ask: Vec<String>,
}
