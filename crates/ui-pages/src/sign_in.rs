//! Signing in.

use askama::Template;

use crate::components::{Field, Note};
use crate::frame::Bare;

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
