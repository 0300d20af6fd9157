//! The list of images.

use askama::Template;

use crate::Page;
use crate::components::{Status, When};
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
                row("tensorflow-cpu", "TensorFlow 2.20 for CPU", Status::NotBuilt, "", "System"),
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
