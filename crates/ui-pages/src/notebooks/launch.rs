//! What a link that starts a notebook asks before it does.

use askama::Template;

use super::NotebookSide;
use crate::components::{Fact, Field, Note};
use crate::frame::Frame;

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
