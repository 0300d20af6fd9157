//! One job: overview, log, events.

use askama::Template;

use super::JobActions;
use crate::components::{Fact, LogView, Note, Status, Tab, Tone, When, Who};
use crate::frame::Frame;
use crate::quota::Meter;

/// How far a stage has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StageState {
    #[default]
    Todo,
    Now,
    Done,
    Failed,
    /// The job was cancelled here.
    Stopped,
}

impl StageState {
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Now => "now",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Self::Todo => "circle",
            Self::Now => "loader-circle",
            Self::Done => "check",
            Self::Failed => "x",
            Self::Stopped => "ban",
        }
    }

    /// For those who don't see the icon.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Todo => "not begun",
            Self::Now => "now",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// One step on the way: queued, preparing image, starting, running.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    pub label: String,
    pub state: StageState,
    /// How long it took or takes, such as `0.4 s`; may be empty.
    pub time: String,
    /// Such as `package 31 of 58`; may be empty.
    pub detail: String,
    /// Seconds it has taken so far, where the page shall count on from them.
    pub elapsed_s: Option<f64>,
}

/// One execution of the job.
#[derive(Clone, Debug, Default)]
pub struct AttemptRow {
    pub number: u32,
    pub status: Status,
    pub started: When,
    pub duration: String,
    /// Such as `Exit code 1` or `Out of memory`.
    pub outcome: String,
}

/// One thing that happened to the job.
#[derive(Clone, Debug, Default)]
pub struct EventRow {
    pub when: When,
    pub tone: Tone,
    pub title: String,
    /// May be empty.
    pub detail: String,
    pub person: Option<String>,
}

/// The tab Overview.
#[derive(Clone, Debug, Default)]
pub struct JobOverview {
    pub stages: Vec<Stage>,
    /// How it ended, or why it waits: cause, exit code, signal, and what to do.
    pub outcome: Option<Note>,
    pub facts: Vec<Fact>,
    pub command: String,
    /// Environment variables: name and value.
    pub env: Vec<(String, String)>,
    /// Use of CPU, memory and GPU.
    pub meters: Vec<Meter>,
    /// Such as `last 2 min` or `peak`.
    pub meters_about: String,
    /// Advice on the use; may be empty.
    pub meters_hint: String,
    pub attempts: Vec<AttemptRow>,
    pub log: LogView,
}

/// The tab Notebook, of a job that runs one.
#[derive(Clone, Debug, Default)]
pub struct JobNotebook {
    pub facts: Vec<Fact>,
    /// Names and values.
    pub parameters: Vec<(String, String)>,
    /// What shows the executed notebook in a frame, where it can be shown.
    pub frame_url: Option<String>,
    /// Where it is downloaded, as soon as there is some of it.
    pub download_url: Option<String>,
    /// Why nothing is shown.
    pub note: Option<Note>,
}

/// Which tab is open, with what it shows.
#[derive(Clone, Debug)]
pub enum JobTab {
    Overview(Box<JobOverview>),
    Logs(LogView),
    Events(Vec<EventRow>),
    Notebook(Box<JobNotebook>),
}

/// `GET /g/{group}/jobs/{id}`, `…/logs` and `…/events`.
#[derive(Clone, Debug, Template)]
#[template(path = "jobs/detail.html")]
pub struct JobPage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    /// `/g/{group}/jobs/{id}`.
    pub url: String,
    /// `/g/{group}/jobs`.
    pub list_url: String,
    pub status: Status,
    pub submitter: Who,
    pub submitted: When,
    /// Such as `1 min 38 s`; may be empty.
    pub duration: String,
    pub actions: JobActions,
    /// The job runs a notebook.
    pub has_notebook: bool,
    pub tab: JobTab,
}

impl JobPage {
    /// The tabs with their URLs.
    #[must_use]
    pub fn tabs(&self) -> Vec<Tab> {
        let (group, id) = (self.frame.group_name(), self.id.as_str());
        let mut tabs = vec![
            Tab::new("Overview", &self.url, matches!(self.tab, JobTab::Overview(_))),
            Tab::new("Logs", paths::JobLogs.link(group, id), matches!(self.tab, JobTab::Logs(_))),
            Tab::new("Events", paths::JobEvents.link(group, id), matches!(self.tab, JobTab::Events(_))),
        ];
        if self.has_notebook {
            let is_open = matches!(self.tab, JobTab::Notebook(_));
            tabs.insert(1, Tab::new("Notebook", paths::JobNotebook.link(group, id), is_open));
        }
        tabs
    }

    /// The URL of the open tab, for live updates.
    #[must_use]
    pub fn live_url(&self) -> String {
        self.tabs().into_iter().find(|tab| tab.current).map(|tab| tab.url).unwrap_or_default()
    }
}
