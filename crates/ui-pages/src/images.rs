//! The images of a group, or the system images in the admin portal.

use askama::Template;

use crate::Page;
use crate::components::{Fact, LogView, Note, Status, Tone, When};
use crate::frame::{Entry, Frame};
use crate::samples;

/// One image of the list.
#[derive(Clone, Debug, Default)]
pub struct ImageRow {
    pub name: String,
    pub title: String,
    pub description: String,
    pub url: String,
    pub status: Status,
    /// Why it isn't ready; may be empty.
    pub reason: String,
    /// `environment` or `container`.
    pub kind: String,
    /// Such as `3.12`; empty for a container image.
    pub python: String,
    /// `System` or `Group`.
    pub scope: String,
    /// Such as `1.2 GB`; may be empty.
    pub size: String,
    pub built: Option<When>,
}

/// `GET /g/{group}/images` and `GET /admin/images`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "images/list.html")]
pub struct ImagesPage {
    pub frame: Frame,
    /// This page's own path and query.
    pub live_url: String,
    /// One sentence under the title.
    pub lead: String,
    pub images: Vec<ImageRow>,
    pub error: Option<String>,
}

impl Page for ImagesPage {
    const NAME: &'static str = "images";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |name: &str, text: &str, status, reason: &str, scope: &str| ImageRow {
            name: name.into(),
            title: name.into(),
            description: text.into(),
            url: format!("/g/vision/images/{name}"),
            status,
            reason: reason.into(),
            kind: "environment".into(),
            python: "3.12".into(),
            scope: scope.into(),
            size: if status == Status::Ready { "1.2 GB".into() } else { String::new() },
            built: (status == Status::Ready).then(|| samples::when("08:12:00", "2 h ago")),
        };
        let typical = Self {
            frame: samples::frame("Images", Entry::Images),
            live_url: "/g/vision/images".into(),
            lead: "The software that jobs run in: a Python version and its packages.".into(),
            images: vec![
                row("base", "Python and JupyterLab", Status::Ready, "", "System"),
                row("data-science", "pandas, scikit-learn, matplotlib", Status::Ready, "", "System"),
                row("pytorch-cpu", "PyTorch 2.9 for CPU", Status::Building, "Package 31 of 58", "System"),
                row(
                    "tensorflow-cpu",
                    "TensorFlow 2.20 for CPU",
                    Status::Queued,
                    "Builds when pytorch-cpu is done",
                    "System",
                ),
                row(
                    "vision-team",
                    "Our packages",
                    Status::Failed,
                    "No version of torch fits Python 3.14",
                    "Group",
                ),
            ],
            error: None,
        };
        let empty = Self {
            frame: samples::member_frame("Images", Entry::Images),
            live_url: "/g/speech/images".into(),
            lead: typical.lead.clone(),
            ..Self::default()
        };
        let admin = Self {
            frame: samples::admin_frame("Images", Entry::AdminImages),
            live_url: "/admin/images".into(),
            lead: "System images, which every group may use.".into(),
            images: typical.images[..4].to_vec(),
            error: None,
        };
        let broken = Self {
            error: Some("The list could not be read. Reload the page.".into()),
            images: Vec::new(),
            ..typical.clone()
        };
        vec![("empty", empty), ("typical", typical), ("admin", admin), ("error", broken)]
    }
}

/// One build of an image.
#[derive(Clone, Debug, Default)]
pub struct BuildRow {
    pub number: u32,
    pub status: Status,
    pub started: When,
    pub duration: String,
    /// What came of it; may be empty.
    pub outcome: String,
}

/// `GET /g/{group}/images/{name}` and `GET /admin/images/{name}`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "images/detail.html")]
pub struct ImagePage {
    pub frame: Frame,
    pub list_url: String,
    /// This page's own path.
    pub live_url: String,
    pub name: String,
    pub title: String,
    pub description: String,
    pub status: Status,
    /// What is happening or went wrong, and what to do.
    pub note: Option<Note>,
    pub facts: Vec<Fact>,
    /// One requirement a line, such as `numpy==2.3.1`.
    pub requirements: Vec<String>,
    pub builds: Vec<BuildRow>,
    /// `POST`; absent when the person may not build or a build is under way.
    pub rebuild_url: Option<String>,
    /// The log of the last build.
    pub log: LogView,
}

impl Page for ImagePage {
    const NAME: &'static str = "image";

    fn samples() -> Vec<(&'static str, Self)> {
        let facts = |size: &str, attempts: &str| {
            vec![
                Fact::new("Kind", "environment"),
                Fact::new("Python", "3.12"),
                Fact::new("Scope", "System"),
                Fact::new("Size", size),
                Fact::new("Builds", attempts),
                Fact::id("Name", "pytorch-cpu"),
            ]
        };
        let build = |number, status, outcome: &str| BuildRow {
            number,
            status,
            started: samples::when("08:12:00", "2 h ago"),
            duration: "3 min 4 s".into(),
            outcome: outcome.into(),
        };
        let log = |total, complete| LogView {
            run: "1".into(),
            base: "/g/vision/images/pytorch-cpu/log".into(),
            total,
            complete,
            note: (total == 0).then(|| "The log begins when the build starts.".into()),
        };
        let ready = Self {
            frame: samples::frame("pytorch-cpu", Entry::Images),
            list_url: "/g/vision/images".into(),
            live_url: "/g/vision/images/pytorch-cpu".into(),
            name: "pytorch-cpu".into(),
            title: "PyTorch (CPU)".into(),
            description: "PyTorch 2.9 for CPU, with torchvision and lightning.".into(),
            status: Status::Ready,
            note: None,
            facts: facts("1.2 GB", "1"),
            requirements: ["torch==2.9.1", "torchvision==0.24.1", "lightning>=2.5", "numpy==2.3.5", "pandas"]
                .map(Into::into)
                .to_vec(),
            builds: vec![build(1, Status::Succeeded, "58 packages")],
            rebuild_url: Some("/g/vision/images/pytorch-cpu/rebuild".into()),
            log: log(212, true),
        };
        let building = Self {
            status: Status::Building,
            note: Some(Note::new(
                Tone::Info,
                "Package 31 of 58.",
                "Jobs that use this image wait until it is ready, in about 2 min.",
            )),
            facts: facts("not known yet", "1"),
            builds: vec![build(1, Status::Running, "")],
            rebuild_url: None,
            log: log(96, false),
            ..ready.clone()
        };
        let failed = Self {
            status: Status::Failed,
            note: Some(Note::new(
                Tone::Bad,
                "The build failed.",
                "No version of torch fits Python 3.14. It is tried again at 10:40 UTC; rebuild when the cause is gone.",
            )),
            facts: facts("none", "3"),
            builds: vec![
                build(3, Status::Failed, "No version of torch fits Python 3.14"),
                build(2, Status::Failed, "No version of torch fits Python 3.14"),
                build(1, Status::Failed, "The package index did not answer"),
            ],
            log: log(44, true),
            ..ready.clone()
        };
        let queued = Self {
            frame: samples::member_frame("pytorch-cpu", Entry::Images),
            status: Status::Queued,
            note: Some(Note::new(Tone::Wait, "Waiting to be built.", "Two other images are built first.")),
            facts: facts("not known yet", "0"),
            requirements: Vec::new(),
            builds: Vec::new(),
            rebuild_url: None,
            log: log(0, false),
            ..ready.clone()
        };
        vec![("queued", queued), ("building", building), ("ready", ready), ("failed", failed)]
    }
}
