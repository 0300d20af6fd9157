//! Samples of [`NotebookLaunchPage`].

use crate::components::{Fact, Field, Note, Tone};
use crate::frame::Entry;
use crate::notebooks::NotebookLaunchPage;
use crate::samples::{self, Samples};

impl Samples for NotebookLaunchPage {
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
            side: super::side([2.0, 8.0, 0.0]),
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
