//! The first start: making the first person and the first group.

use askama::Template;

use crate::components::Field;
use crate::frame::Bare;

/// `GET` and `POST /setup`; fields `code`, `username`, `display_name`, `password`, `group`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "setup.html")]
pub struct SetupPage {
    pub bare: Bare,
    /// The code that the server printed at its first start; a script copies it from the URL's fragment.
    pub code: Field,
    pub username: Field,
    pub display_name: Field,
    /// Never filled in again by the server; only its error is shown.
    pub password: Field,
    pub group: Field,
    /// What is wrong with the form as a whole.
    pub error: Option<String>,
}
