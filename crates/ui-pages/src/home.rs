//! The first page of a group, and the page of a person without any group.

use askama::Template;

use crate::components::{Status, When, Who};
use crate::frame::Frame;
use crate::notebooks::QuickLaunch;
use crate::quota::QuotaPanel;

/// A large link with an icon.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    pub icon: &'static str,
    pub title: String,
    pub text: String,
    pub url: String,
}

impl Tile {
    /// A tile of the sprite's icon `icon`.
    #[must_use]
    pub fn new(icon: &'static str, title: &str, text: &str, url: impl Into<String>) -> Self {
        Self { icon, title: title.into(), text: text.into(), url: url.into() }
    }
}

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
    pub guides: Vec<Tile>,
    pub quick: Vec<Tile>,
    /// Notebooks that start with one click.
    pub launch: Vec<QuickLaunch>,
    pub usage: Vec<UsageRow>,
    pub usage_total: UsageTotal,
    pub recent: Vec<RecentRow>,
    pub quota: QuotaPanel,
}

impl HomePage {
    /// The tiles of the user guide.
    #[must_use]
    pub fn default_guides(group: &str) -> Vec<Tile> {
        vec![
            Tile::new(
                "notebook",
                "Work in a notebook",
                "JupyterLab in your browser. Files and packages stay when it stops.",
                paths::Notebooks.link(group),
            ),
            Tile::new(
                "terminal",
                "Write a good job",
                "Start small, print progress, end with an exit code. Copy a job that worked.",
                paths::JobNew.link(group),
            ),
            Tile::new(
                "key-round",
                "Work from your own machine",
                "Make an API token and submit jobs with curl or Python.",
                paths::ProfileTokens.link(),
            ),
            Tile::new(
                "gauge",
                "Know your limits",
                "What you and the group may use at the same time.",
                paths::Settings.link(group),
            ),
        ]
    }

    /// The tiles of the quick start.
    #[must_use]
    pub fn default_quick(group: &str) -> Vec<Tile> {
        vec![
            Tile::new("notebook", "Start a notebook", "Work in JupyterLab.", paths::NotebookNew.link(group)),
            Tile::new("plus", "Run a job", "Submit a script and watch it.", paths::JobNew.link(group)),
            Tile::new("play", "Open jobs", "Follow logs, cancel, run again.", paths::Jobs.link(group)),
            Tile::new("layers", "Open images", "What your jobs can run in.", paths::Images.link(group)),
        ]
    }
}

/// `GET /no-group`: for a person who is in no group.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "no_group.html")]
pub struct NoGroupPage {
    pub frame: Frame,
    /// Platform admins whom the person can ask.
    pub ask: Vec<String>,
}
