//! Samples of [`NotebooksPage`].

use crate::components::Tone;
use crate::frame::{Entry, Flash};
use crate::notebooks::{NotebookRow, NotebooksPage};
use crate::samples::{self, Samples};

impl Samples for NotebooksPage {
    const NAME: &'static str = "notebooks";

    fn samples() -> Vec<(&'static str, Self)> {
        let base = Self {
            frame: samples::member_frame("Notebooks", Entry::Notebooks),
            live_url: "/g/speech/notebooks".into(),
            new_url: Some("/g/speech/notebooks/new".into()),
            run_url: Some("/g/speech/notebooks/run".into()),
            ..Self::default()
        };
        let empty = Self { quick: super::quick(), ..base.clone() };
        let typical = Self { mine: super::rows(), summary: "2 of 6 are ready".into(), ..base.clone() };
        let mut admin = Self {
            frame: samples::frame("Notebooks", Entry::Notebooks),
            mine: super::rows().into_iter().take(2).collect(),
            others: Some(super::others()),
            summary: "1 of 2 is ready".into(),
            ..base.clone()
        };
        admin.frame.flash =
            Some(Flash { tone: Tone::Good, text: "“digits” is stopped. Its files are kept.".into() });
        let admin_alone = Self {
            frame: samples::frame("Notebooks", Entry::Notebooks),
            others: Some(Vec::new()),
            quick: super::quick(),
            ..base.clone()
        };
        let long = Self {
            mine: vec![NotebookRow {
                name: "a-very-long-name-of-a-notebook-".repeat(4),
                image: "an-image-with-a-long-name-that-somebody-gave-it".into(),
                ..super::rows().remove(0)
            }],
            ..base.clone()
        };
        let read_only = Self { new_url: None, run_url: None, ..base.clone() };
        let broken = Self {
            error: Some(
                "The list could not be read. Reload the page; running notebooks are not affected.".into(),
            ),
            ..base
        };
        vec![
            ("empty", empty),
            ("typical", typical),
            ("group-admin", admin),
            ("group-admin-alone", admin_alone),
            ("long-name", long),
            ("read-only", read_only),
            ("error", broken),
        ]
    }
}
