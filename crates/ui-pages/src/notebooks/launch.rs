//! What a link that starts a notebook asks before it does.

use askama::Template;

use super::{NotebookSide, samples as own};
use crate::Page;
use crate::components::{Fact, Field, Note, Tone};
use crate::frame::{Entry, Frame};
use crate::samples;

/// `GET /g/{group}/notebooks/launch?image=…&type=…&path=…`; posts `name`, `image`, `instance_type` and `file` to `action`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "notebooks/launch.html")]
pub struct NotebookLaunchPage {
    pub frame: Frame,
    /// `/g/{group}/notebooks`.
    pub action: String,
    pub cancel_url: String,
    /// The form of a new notebook with these values.
    pub change_url: String,
    pub name: Field,
    /// The names that are posted.
    pub image: String,
    pub instance_type: String,
    pub file: String,
    /// Image, instance type and file in words.
    pub facts: Vec<Fact>,
    /// Why it cannot be started as the link asks; the form then is not shown.
    pub refused: Option<Note>,
    /// The person's notebook with the same image and type, which could be used instead: its name and page.
    pub existing: Option<(String, String)>,
    pub side: NotebookSide,
}

impl Page for NotebookLaunchPage {
    const NAME: &'static str = "notebook-launch";

    fn samples() -> Vec<(&'static str, Self)> {
        let typical = Self {
            frame: samples::frame("Start a notebook from a link", Entry::Notebooks),
            action: "/g/vision/notebooks".into(),
            cancel_url: "/g/vision/notebooks".into(),
            change_url: "/g/vision/notebooks/new?image=data-science&type=cpu-2".into(),
            name: Field::new("notebook-2"),
            image: "data-science".into(),
            instance_type: "cpu-2".into(),
            file: "course/week-1.ipynb".into(),
            facts: vec![
                Fact::new("Image", "data-science · Python 3.12 · pandas, scikit-learn")
                    .link("/g/vision/images/data-science"),
                Fact::new("Instance type", "cpu-2 · 2 cores · 8 GiB"),
                Fact::new("Opens", "course/week-1.ipynb"),
            ],
            side: own::side([2.0, 8.0, 0.0]),
            ..Self::default()
        };
        let existing = Self {
            existing: Some(("digits".into(), "/g/vision/notebooks/nb-4k2p9x7q".into())),
            ..typical.clone()
        };
        let refused = Self {
            refused: Some(Note::new(
                Tone::Bad,
                "The group has no image “torch-1”.",
                "The link may be old. Choose another image, or ask whoever sent it.",
            )),
            image: "torch-1".into(),
            ..typical.clone()
        };
        vec![("typical", typical), ("existing", existing), ("refused", refused)]
    }
}
