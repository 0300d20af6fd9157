//! Samples of [`ImagePage`].

use crate::components::{Choice, Fact, Link, LogView, Note, Status, Tone};
use crate::frame::Entry;
use crate::images::{BuildRow, ChangeRow, DeprecateForm, ImagePage};
use crate::samples::{self, Samples};

impl Samples for ImagePage {
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
