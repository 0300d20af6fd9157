//! The images of a group, or the system images in the admin portal.

use askama::Template;

use crate::Page;
use crate::components::{Card, Choice, Fact, Field, Link, LogView, Note, Status, Tone, When};
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
    /// What it is meant for: `CPU`, `GPU` or `Universal`.
    pub image_type: String,
    /// It shall not be chosen for new work.
    pub deprecated: bool,
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
    /// The form for a new image; absent for those who may not make one.
    pub new_url: Option<String>,
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
            image_type: if name.ends_with("cpu") { "CPU".into() } else { "Universal".into() },
            deprecated: name == "data-science",
            python: "3.12".into(),
            scope: scope.into(),
            size: if status == Status::Ready { "1.2 GB".into() } else { String::new() },
            built: (status == Status::Ready).then(|| samples::when("08:12:00", "2 h ago")),
        };
        let typical = Self {
            frame: samples::frame("Images", Entry::Images),
            live_url: "/g/vision/images".into(),
            lead: "The software that jobs run in: a Python version and its packages.".into(),
            new_url: Some("/g/vision/images/new".into()),
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
            new_url: Some("/admin/images/new".into()),
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
                "It is a container image, and this server found no container engine when it started.",
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

/// For system images: to whom the image is offered; fields `global` (`on`) and `groups` (repeated).
#[derive(Clone, Debug, Default)]
pub struct OfferFields {
    pub global: bool,
    pub groups: Vec<Choice>,
    pub error: Option<String>,
}

/// `GET` and `POST …/images/new` and `…/images/{name}/edit`; fields `display_name`, `name` (new only), `description`,
/// `type`, `source` (`build`, `existing`, `container`), `base` (an image; empty for Python alone), `python`,
/// `packages`, `file` (multipart), `existing`, `reference`, and those of [`OfferFields`].
#[derive(Clone, Debug, Default, Template)]
#[template(path = "images/form.html")]
pub struct ImageFormPage {
    pub frame: Frame,
    /// The title of the image when it exists already.
    pub existing_title: Option<String>,
    pub list_url: String,
    /// Where the form is posted.
    pub action: String,
    pub cancel_url: String,
    pub error: Option<String>,
    pub display_name: Field,
    pub name: Field,
    pub description: Field,
    pub types: Vec<Choice>,
    /// Radio cards of `source`; empty where the image stays what it is, as built-in ones do.
    pub sources: Vec<Card>,
    pub source_error: Option<String>,
    pub bases: Vec<Choice>,
    pub base_error: Option<String>,
    pub python: Field,
    pub packages: Field,
    pub file_error: Option<String>,
    pub existing: Vec<Choice>,
    pub existing_error: Option<String>,
    pub reference: Field,
    /// Why a container image could not run here; may be empty.
    pub no_containers: String,
    pub offer: Option<OfferFields>,
}

impl Page for ImageFormPage {
    const NAME: &'static str = "image-form";

    fn samples() -> Vec<(&'static str, Self)> {
        let source = |value: &str, title: &str, detail: &str, selected| Card {
            value: value.into(),
            title: title.into(),
            detail: detail.into(),
            selected,
            ..Card::default()
        };
        let sources = |selected: &str| {
            vec![
                source("build", "Build", "A base and Python packages", selected == "build"),
                source(
                    "existing",
                    "Use existing",
                    "Another image under a name of its own",
                    selected == "existing",
                ),
                source("container", "Container image", "A reference in a registry", selected == "container"),
            ]
        };
        let new = Self {
            frame: samples::frame("New image", Entry::Images),
            list_url: "/g/vision/images".into(),
            action: "/g/vision/images/new".into(),
            cancel_url: "/g/vision/images".into(),
            types: ["Universal", "CPU", "GPU"]
                .map(|label| Choice::new(label.to_lowercase(), label, label == "Universal"))
                .to_vec(),
            sources: sources("build"),
            bases: vec![
                Choice::new("", "Python alone", false),
                Choice::new("base", "Base (Python 3.12)", true),
                Choice::new("data-science", "Data science (Python 3.12)", false),
            ],
            existing: vec![Choice::new("base", "Base", false)],
            no_containers: "It can be kept, but this server found no container engine when it started."
                .into(),
            ..Self::default()
        };
        let errors = Self {
            display_name: Field::bad("", "Give it a name."),
            name: Field::bad("Our Image", "Use 1 to 63 lower-case letters a–z, digits, - and ."),
            packages: Field::bad(
                "pandas>=2\n--index-url https://example.org",
                "Line 2, “--index-url https://example.org”: options are not taken here. Name packages only.",
            ),
            base_error: Some(
                "“base” can't be built upon: it is still being built. Wait until it is ready.".into(),
            ),
            file_error: Some(
                "This runner installs packages with pip, not with conda. It can't install: cuda.".into(),
            ),
            ..new.clone()
        };
        let container = Self {
            sources: sources("container"),
            reference: Field::bad("Python", "Write it as registry/name:tag."),
            ..new.clone()
        };
        let edit = Self {
            frame: samples::admin_frame("Tables", Entry::AdminImages),
            existing_title: Some("Tables".into()),
            display_name: Field::new("Tables"),
            name: Field::new("tables-k3x9a"),
            packages: Field::new("pandas>=2\npolars"),
            offer: Some(OfferFields {
                global: false,
                groups: vec![Choice::new("speech", "speech", false), Choice::new("vision", "vision", true)],
                error: None,
            }),
            ..new.clone()
        };
        vec![("new", new), ("errors", errors), ("container", container), ("edit", edit)]
    }
}
