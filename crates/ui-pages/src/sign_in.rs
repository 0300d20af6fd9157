//! Signing in, and choosing a new password when the old one was set by somebody else.

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

/// Choosing a new password before anything else may be done; fields `current`, `new`, `confirm`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "change_password.html")]
pub struct ChangePasswordPage {
    pub bare: Bare,
    /// Where the form goes, usually `/profile/password`.
    pub action: String,
    pub username: String,
    /// Why the password must change.
    pub reason: String,
    pub current: Field,
    pub new: Field,
    pub confirm: Field,
    pub error: Option<String>,
}

impl Page for ChangePasswordPage {
    const NAME: &'static str = "change-password";

    fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self {
            bare: samples::bare("Choose a new password"),
            action: "/profile/password".into(),
            username: "ada".into(),
            reason: "An admin set your password. Choose one that only you know.".into(),
            ..Self::default()
        };
        let errors = Self {
            current: Field::bad("", "This is not your current password."),
            new: Field::bad("", "Use at least 12 characters. A sentence is fine."),
            confirm: Field::bad("", "The two new passwords differ. Type the same one twice."),
            ..empty.clone()
        };
        vec![("empty", empty), ("errors", errors)]
    }
}
