//! One image.

use askama::Template;

use crate::Page;
use crate::components::{Choice, Fact, Link, LogView, Note, Status, Tone, When};
use crate::frame::{Entry, Frame};
use crate::samples;

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

/// A package that came, went, or has another version.
#[derive(Clone, Debug, Default)]
pub struct ChangeRow {
    pub name: String,
    /// Empty where it was not there.
    pub before: String,
    /// Empty where it is gone.
    pub after: String,
}

/// Marks an image as not to be chosen any more; field `successor`.
#[derive(Clone, Debug, Default)]
pub struct DeprecateForm {
    /// `POST`.
    pub action: String,
    /// `POST`; set when the image is deprecated.
    pub restore: Option<String>,
    /// What to choose instead; the first one is none.
    pub successors: Vec<Choice>,
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
    /// Why not to use it any more, and what instead.
    pub deprecated: Option<Note>,
    pub facts: Vec<Fact>,
    /// One requirement a line, such as `numpy==2.3.1`.
    pub requirements: Vec<String>,
    /// Every package with its version.
    pub lock: Vec<String>,
    /// What the build before had otherwise.
    pub changes: Vec<ChangeRow>,
    pub builds: Vec<BuildRow>,
    /// A container image has no log and no packages.
    pub is_container: bool,
    /// Whether there is, or was, a build with a log.
    pub has_log: bool,
    /// `POST`; absent when the person may not build or a build is under way.
    pub rebuild_url: Option<String>,
    /// `POST`; absent when no build waits or runs.
    pub cancel_url: Option<String>,
    pub edit_url: Option<String>,
    /// The page that asks before it deletes.
    pub delete_url: Option<String>,
    /// For those who may deprecate it.
    pub deprecate: Option<DeprecateForm>,
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
        let change = |name: &str, before: &str, after: &str| ChangeRow {
            name: name.into(),
            before: before.into(),
            after: after.into(),
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
            deprecated: None,
            facts: facts("1.2 GB", "1"),
            requirements: ["torch==2.9.1", "torchvision==0.24.1", "lightning>=2.5", "numpy==2.3.5", "pandas"]
                .map(Into::into)
                .to_vec(),
            lock: ["numpy==2.3.5", "pandas==2.3.3", "torch==2.9.1"].map(Into::into).to_vec(),
            changes: vec![
                change("numpy", "2.3.4", "2.3.5"),
                change("pandas", "", "2.3.3"),
                change("toolz", "1.0.0", ""),
            ],
            builds: vec![build(1, Status::Succeeded, "58 packages")],
            is_container: false,
            has_log: true,
            rebuild_url: Some("/g/vision/images/pytorch-cpu/rebuild".into()),
            cancel_url: None,
            edit_url: Some("/g/vision/images/pytorch-cpu/edit".into()),
            delete_url: Some("/g/vision/images/pytorch-cpu/delete".into()),
            deprecate: Some(DeprecateForm {
                action: "/g/vision/images/pytorch-cpu/deprecate".into(),
                restore: None,
                successors: vec![
                    Choice::new("", "Nothing in particular", true),
                    Choice::new("base", "Base", false),
                ],
            }),
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
            cancel_url: Some("/g/vision/images/pytorch-cpu/cancel".into()),
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
            lock: Vec::new(),
            changes: Vec::new(),
            builds: Vec::new(),
            rebuild_url: None,
            edit_url: None,
            delete_url: None,
            deprecate: None,
            log: log(0, false),
            ..ready.clone()
        };
        let mut deprecated = ready.clone();
        deprecated.deprecated = Some(Note {
            link: Some(Link::new("Base", "/g/vision/images/base")),
            ..Note::new(Tone::Wait, "Deprecated.", "It is not offered for new work. Use")
        });
        if let Some(form) = &mut deprecated.deprecate {
            form.restore = Some("/g/vision/images/pytorch-cpu/restore".into());
        }
        let container = Self {
            title: "Jupyter".into(),
            note: Some(Note::new(
                Tone::Wait,
                "It can't run here.",
                "It is a container image, and this server finds no container engine.",
            )),
            facts: vec![
                Fact::new("Kind", "container"),
                Fact::id("Reference", "quay.io/jupyter/base-notebook:2026-10-01"),
            ],
            requirements: Vec::new(),
            lock: Vec::new(),
            changes: Vec::new(),
            builds: Vec::new(),
            is_container: true,
            has_log: false,
            rebuild_url: None,
            ..ready.clone()
        };
        vec![
            ("deprecated", deprecated),
            ("container", container),
            ("queued", queued),
            ("building", building),
            ("ready", ready),
            ("failed", failed),
        ]
    }
}
