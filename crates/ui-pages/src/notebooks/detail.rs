//! One notebook: the way to ready, how to open it, its log.

use askama::Template;

use super::{NotebookActions, Opens, Volume};
use crate::components::{Fact, LogView, Note, Status, Tab, When, Who};
use crate::frame::Frame;
use crate::jobs::{EventRow, Stage};
use crate::quota::Meter;
use crate::ssh_keys::SshBlock;

/// A notebook that will be stopped soon because nothing happens in it.
#[derive(Clone, Debug, Default)]
pub struct IdleWarning {
    /// When it is stopped.
    pub at: When,
    /// Why it counts as idle and what is kept, one or two sentences.
    pub text: String,
    /// `POST`
    pub snooze_url: String,
    /// Such as `Keep it for 1 h more`.
    pub snooze_label: String,
}

/// Why a notebook that should run does not.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    /// Such as `JupyterLab ended before it answered.`.
    pub reason: String,
    /// What to do next.
    pub hint: String,
    /// Such as `Exit code 1` or `Signal 9`; may be empty.
    pub exit: String,
    /// The last lines of the log.
    pub lines: Vec<String>,
}

/// What the person installed on top of the image; it lies in the home and outlives the notebook.
#[derive(Clone, Debug, Default)]
pub struct Packages {
    /// Such as `14 packages, 212 MiB`; empty when there is none.
    pub summary: String,
    /// Names with versions, the first ones.
    pub names: Vec<String>,
    /// Where they are, such as `~/.local`.
    pub folder: String,
    /// `POST`; absent when there is nothing to reset or it may not be done now.
    pub reset_url: Option<String>,
    /// Why it may not be done now; may be empty.
    pub reset_why: String,
}

/// The tab Overview.
#[derive(Clone, Debug, Default)]
pub struct NotebookOverview {
    /// Queued, preparing, starting, ready; empty when it is stopped.
    pub stages: Vec<Stage>,
    /// Why it waits, how it was stopped.
    pub outcome: Option<Note>,
    pub failure: Option<Failure>,
    pub idle: Option<IdleWarning>,
    pub facts: Vec<Fact>,
    pub volumes: Vec<Volume>,
    /// Environment variables: name and value.
    pub env: Vec<(String, String)>,
    pub meters: Vec<Meter>,
    /// Such as `now`.
    pub meters_about: String,
    /// Newest first.
    pub events: Vec<EventRow>,
    /// Absent for those who may not see the owner's home.
    pub packages: Option<Packages>,
    /// For its owner, where SSH is on.
    pub ssh: Option<SshBlock>,
}

impl NotebookOverview {
    /// How long each stage took, in one line.
    #[must_use]
    pub fn times(&self) -> String {
        let took = |stage: &Stage| format!("{} {}", stage.label, stage.time);
        let stages = self.stages.iter().filter(|stage| !stage.time.is_empty());
        stages.map(took).collect::<Vec<_>>().join(" · ")
    }
}

/// Which tab is open, with what it shows.
#[derive(Clone, Debug)]
pub enum NotebookTab {
    Overview(Box<NotebookOverview>),
    Logs(LogView),
}

/// `GET /g/{group}/notebooks/{slug}` and `…/logs`.
#[derive(Clone, Debug, Template)]
#[template(path = "notebooks/detail.html")]
pub struct NotebookPage {
    pub frame: Frame,
    pub slug: String,
    pub name: String,
    /// `/g/{group}/notebooks/{slug}`.
    pub url: String,
    /// `/g/{group}/notebooks`.
    pub list_url: String,
    pub status: Status,
    pub owner: Who,
    /// Whether it is the person's own.
    pub is_own: bool,
    /// Such as `data-science on cpu-2`.
    pub what: String,
    /// When it was last started; absent before the first time.
    pub started: Option<When>,
    /// Set when it is ready and the person may open it.
    pub opens: Option<Opens>,
    /// Where one of its owner's notebook files is run as a job.
    pub run_url: Option<String>,
    pub actions: NotebookActions,
    pub tab: NotebookTab,
}

impl NotebookPage {
    /// The tabs with their URLs.
    #[must_use]
    pub fn tabs(&self) -> Vec<Tab> {
        let logs = paths::NotebookLogs.link(self.frame.group_name(), &self.slug);
        vec![
            Tab::new("Overview", &self.url, matches!(self.tab, NotebookTab::Overview(_))),
            Tab::new("Logs", logs, matches!(self.tab, NotebookTab::Logs(_))),
        ]
    }

    /// The URL of the open tab, for live updates.
    #[must_use]
    pub fn live_url(&self) -> String {
        self.tabs().into_iter().find(|tab| tab.current).map(|tab| tab.url).unwrap_or_default()
    }

    /// On its way to ready.
    #[must_use]
    pub fn is_on_its_way(&self) -> bool {
        matches!(self.status, Status::Waiting | Status::Preparing | Status::Starting)
    }

    /// What the top of the page says while the notebook is on its way.
    #[must_use]
    pub fn progress_title(&self) -> &'static str {
        match self.status {
            Status::Waiting => "In the queue",
            Status::Preparing => "Preparing the image and your folders",
            _ => "Starting JupyterLab",
        }
    }
}
