//! Samples of [`ImagesPage`].

use crate::components::Status;
use crate::frame::Entry;
use crate::images::{ImageRow, ImagesPage};
use crate::samples::{self, Samples};

impl Samples for ImagesPage {
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
