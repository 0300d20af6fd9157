//! The first page of a group, and the page of a person without any group.

use askama::Template;

use crate::Page;
use crate::components::{Status, When, Who};
use crate::frame::{Entry, Frame};
use crate::notebooks::QuickLaunch;
use crate::quota::QuotaPanel;
use crate::samples;

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

impl Page for HomePage {
    const NAME: &'static str = "home";

    fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self {
            frame: samples::member_frame("Home", Entry::Home),
            greeting: "Welcome, Grace".into(),
            summary: "Nothing has run in speech yet. Start with a notebook or a job.".into(),
            live_url: "/g/speech".into(),
            guides: Self::default_guides("speech"),
            quick: Self::default_quick("speech"),
            launch: crate::notebooks::samples_quick(),
            quota: samples::unlimited_quota(),
            ..Self::default()
        };
        let usage = |name: &str, person: &str, size: &str, cpu: &str, memory: &str, gpu: &str| UsageRow {
            name: name.into(),
            url: "/g/vision/jobs/019".into(),
            kind: "job".into(),
            person: samples::who(person),
            instance_type: size.into(),
            cpu: cpu.into(),
            memory: memory.into(),
            gpu: gpu.into(),
        };
        let recent = |status, name: &str, person: &str, ago: &str| RecentRow {
            status,
            name: name.into(),
            url: "/g/vision/jobs/019".into(),
            person: samples::who(person),
            when: samples::when("10:04:11", ago),
        };
        let typical = Self {
            frame: samples::frame("Home", Entry::Home),
            greeting: "Good morning, Ada".into(),
            summary: "2 jobs are running, 1 is waiting, 1 failed since yesterday.".into(),
            live_url: "/g/vision".into(),
            guides: Self::default_guides("vision"),
            quick: Self::default_quick("vision"),
            launch: crate::notebooks::samples_quick(),
            usage: vec![
                usage("resnet50-lr-sweep", "Ada Lovelace", "gpu-1", "4", "12.5 GiB", "1"),
                usage("tokenise-corpus", "Grace Hopper", "gpu-2", "2", "8.5 GiB", "2"),
            ],
            usage_total: UsageTotal { cpu: "6".into(), memory: "21 GiB".into(), gpu: "3".into() },
            recent: vec![
                recent(Status::Running, "resnet50-lr-sweep", "Ada Lovelace", "12 min ago"),
                recent(Status::Running, "tokenise-corpus", "Grace Hopper", "41 min ago"),
                recent(Status::Waiting, "finetune-bert-large", "Ada Lovelace", "3 min ago"),
                recent(Status::Preparing, "eval-nightly", "Alan Turing", "20 s ago"),
                recent(Status::Succeeded, "digits-baseline", "Ada Lovelace", "2 h ago"),
                recent(Status::Failed, "segment-v3", "Alan Turing", "5 h ago"),
            ],
            quota: samples::quota([0.0; 3]),
        };
        vec![("empty", empty), ("typical", typical)]
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

impl Page for NoGroupPage {
    const NAME: &'static str = "no-group";

    fn samples() -> Vec<(&'static str, Self)> {
        let mut frame = samples::member_frame("No group available", Entry::Other);
        frame.group = None;
        frame.groups.clear();
        let mut admin = frame.clone();
        admin.person.is_admin = true;
        vec![
            ("member", Self { frame, ask: vec!["Ada Lovelace (ada)".into(), "Alan Turing (alan)".into()] }),
            ("platform-admin", Self { frame: admin, ask: Vec::new() }),
        ]
    }
}
