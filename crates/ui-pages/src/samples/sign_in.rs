//! Samples of [`SignInPage`].

use crate::components::{Field, Note, Tone};
use crate::samples::{self, Samples};
use crate::sign_in::SignInPage;

impl Samples for SignInPage {
    const NAME: &'static str = "sign-in";

    fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self { bare: samples::bare("Sign in"), ..Self::default() };
        let wrong = Self {
            username: Field::new("ada"),
            next: "/g/vision/jobs".into(),
            error: Some("Username and password don't match. Check both and try again.".into()),
            ..empty.clone()
        };
        let locked = Self {
            error: Some("Too many attempts. Wait 30 seconds, then try again.".into()),
            ..wrong.clone()
        };
        let out = Self {
            notice: Some(Note::new(Tone::Good, "You are signed out.", "Your jobs keep running.")),
            ..empty.clone()
        };
        vec![("empty", empty), ("wrong", wrong), ("locked", locked), ("signed-out", out)]
    }
}
