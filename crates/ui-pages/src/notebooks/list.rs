//! A person's notebooks, and for group admins those of the others.

use askama::Template;

use super::{NotebookActions, Opens, QuickLaunch, samples as own};
use crate::Page;
use crate::components::{Status, Tone, When, Who};
use crate::frame::{Entry, Flash, Frame};
use crate::samples;

/// One notebook of the list.
#[derive(Clone, Debug, Default)]
pub struct NotebookRow {
    pub slug: String,
    pub name: String,
    /// `/g/{group}/notebooks/{slug}`.
    pub url: String,
    pub status: Status,
    /// One sentence under the name: why it waits, how it failed; may be empty.
    pub reason: String,
    pub owner: Who,
    pub image: String,
    pub instance_type: String,
    /// Such as `2 cores · 8 GiB`.
    pub size: String,
    /// When somebody or something last worked in it; absent before the first start.
    pub used: Option<When>,
    /// Such as `Stops at 14:20 when it stays idle`; may be empty.
    pub idle_stop: String,
    /// The idle stop is near.
    pub idle_soon: bool,
    /// Set when it is ready and the person may open it.
    pub opens: Option<Opens>,
    pub actions: NotebookActions,
}

/// `GET /g/{group}/notebooks`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "notebooks/list.html")]
pub struct NotebooksPage {
    pub frame: Frame,
    /// This page's own path and query.
    pub live_url: String,
    /// Such as `2 of 3 are running`; may be empty.
    pub summary: String,
    pub mine: Vec<NotebookRow>,
    /// The notebooks of other members, for group admins; absent for everybody else.
    pub others: Option<Vec<NotebookRow>>,
    /// Where a new notebook is made; absent when the person may not.
    pub new_url: Option<String>,
    /// Where a notebook is run as a job; absent when the person may not.
    pub run_url: Option<String>,
    /// Shown while the person has no notebook.
    pub quick: Vec<QuickLaunch>,
    /// What went wrong when reading the list.
    pub error: Option<String>,
}

impl Page for NotebooksPage {
    const NAME: &'static str = "notebooks";

    fn samples() -> Vec<(&'static str, Self)> {
        let base = Self {
            frame: samples::member_frame("Notebooks", Entry::Notebooks),
            live_url: "/g/speech/notebooks".into(),
            new_url: Some("/g/speech/notebooks/new".into()),
            run_url: Some("/g/speech/notebooks/run".into()),
            ..Self::default()
        };
        let empty = Self { quick: own::quick(), ..base.clone() };
        let typical = Self { mine: own::rows(), summary: "2 of 6 are ready".into(), ..base.clone() };
        let mut admin = Self {
            frame: samples::frame("Notebooks", Entry::Notebooks),
            mine: own::rows().into_iter().take(2).collect(),
            others: Some(own::others()),
            summary: "1 of 2 is ready".into(),
            ..base.clone()
        };
        admin.frame.flash =
            Some(Flash { tone: Tone::Good, text: "“digits” is stopped. Its files are kept.".into() });
        let admin_alone = Self {
            frame: samples::frame("Notebooks", Entry::Notebooks),
            others: Some(Vec::new()),
            quick: own::quick(),
            ..base.clone()
        };
        let long = Self {
            mine: vec![NotebookRow {
                name: "a-very-long-name-of-a-notebook-".repeat(4),
                image: "an-image-with-a-long-name-that-somebody-gave-it".into(),
                ..own::rows().remove(0)
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
