//! The first start: making the first person and the first group.

use askama::Template;

use crate::Page;
use crate::components::Field;
use crate::frame::Bare;
use crate::samples;

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

impl Page for SetupPage {
    const NAME: &'static str = "setup";

    fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self { bare: samples::bare("Set up Portico"), ..Self::default() };
        let errors = Self {
            code: Field::bad(
                "7KQ2-99",
                "This is not the code. Look for “setup code” in the server's output and copy it whole.",
            ),
            username: Field::bad("Ada Lovelace", "Use small letters, digits, . _ and -. Try “ada.lovelace”."),
            display_name: Field::new("Ada Lovelace"),
            password: Field::bad("", "Use at least 12 characters. A sentence is fine."),
            group: Field::new("vision"),
            ..empty.clone()
        };
        let locked = Self {
            error: Some("Too many wrong codes. Wait one minute, then try again.".into()),
            ..errors.clone()
        };
        vec![("empty", empty), ("errors", errors), ("locked", locked)]
    }
}
