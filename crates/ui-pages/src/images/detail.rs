//! One image.

use askama::Template;

use crate::components::{Choice, Fact, LogView, Note, Status, When};
use crate::frame::Frame;

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
