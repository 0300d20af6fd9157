//! Signing in.

use askama::Template;

use crate::Page;
use crate::components::{Field, Note, Tone};
use crate::frame::Bare;
use crate::samples;

/// `GET` and `POST /sign-in`; fields `username`, `password`, `next`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub bare: Bare,
    pub username: Field,
    pub password: Field,
    /// Where to go afterwards, a path of the portal; may be empty.
    pub next: String,
    /// Why the sign-in failed.
    pub error: Option<String>,
    /// Why the page is shown, for instance after signing out.
    pub notice: Option<Note>,
}

impl Page for SignInPage {
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
