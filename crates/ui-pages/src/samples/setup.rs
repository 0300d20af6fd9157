//! Samples of [`SetupPage`].

use crate::components::Field;
use crate::samples::{self, Samples};
use crate::setup::SetupPage;

impl Samples for SetupPage {
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
