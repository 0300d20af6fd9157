//! The pages of notebooks.

mod detail;
mod form;
mod launch;
mod list;
mod run;

pub use detail::{Failure, IdleWarning, NotebookOverview, NotebookPage, NotebookTab, Packages};
pub use form::{NotebookFormPage, NotebookSide, Volume};
pub use launch::NotebookLaunchPage;
pub use list::{NotebookRow, NotebooksPage};
pub use run::{NotebookFolder, NotebookRunForm, NotebookRunPage, NotebookRunStep};

/// Where a notebook that is ready is opened; each is a link of its own window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opens {
    pub lab: String,
    pub classic: String,
    pub terminal: String,
}

impl Opens {
    /// The ways into the notebook with this slug.
    #[must_use]
    pub fn of(slug: &str) -> Self {
        let to = |path: &str| paths::query(paths::Open.link(slug), &[("to", path)]);
        Self { lab: to("lab"), classic: to("tree"), terminal: to("terminals/1") }
    }
}

/// What may be done with a notebook; each is the URL of a `POST`, absent when it may not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotebookActions {
    pub start: Option<String>,
    /// Starts without the person's home beneath.
    pub start_safe: Option<String>,
    /// Ends the start while it is under way.
    pub cancel: Option<String>,
    pub stop: Option<String>,
    pub restart: Option<String>,
    pub delete: Option<String>,
}

impl NotebookActions {
    /// Whether there is anything for a menu.
    #[must_use]
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// A card that starts a notebook with one click, or opens the one that it started before.
///
/// It posts `name`, `image` and `instance_type` to `action`, as the form of a new notebook does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuickLaunch {
    pub icon: &'static str,
    pub title: String,
    /// What is in it, one sentence.
    pub text: String,
    /// `/g/{group}/notebooks`.
    pub action: String,
    pub name: String,
    pub image: String,
    pub instance_type: String,
    /// Such as `cpu-2 · 2 cores · 8 GiB`.
    pub size: String,
    /// The page of the person's notebook that was made from this card, where there is one.
    pub existing: Option<String>,
    /// Why it cannot be started now.
    pub disabled: Option<String>,
}

impl QuickLaunch {
    /// A picture for an image of this name.
    #[must_use]
    pub fn icon_of(image: &str) -> &'static str {
        match image {
            name if name.contains("torch") => "flame",
            name if name.contains("tensorflow") => "sigma",
            name if name.contains("data") || name.contains("science") => "flask-conical",
            _ => "notebook",
        }
    }
}
