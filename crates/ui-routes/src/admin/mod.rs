//! The admin portal.

pub(crate) mod groups;
pub(crate) mod instance_types;
pub(crate) mod system;
pub(crate) mod users;

use axum::response::Response;
use base::{Error, Kind};
use serde::Deserialize;

use crate::view;

/// Rows of one page of an admin list.
const PAGE: u64 = 50;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct AdminList {
    #[serde(default)]
    q: String,
    after: Option<String>,
    done: Option<String>,
}

pub(crate) async fn entrance() -> Response {
    view::see_other("/admin/groups")
}

/// Errors that the form shows itself; others get a page of their own.
pub(crate) fn is_for_form(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Conflict | Kind::TooManyRequests)
}

/// Whether somebody typed the name of what is to be deleted.
pub(crate) fn check_confirmation(typed: &str, name: &str) -> Result<(), Error> {
    if typed.trim() == name {
        Ok(())
    } else {
        Err(Error::field("confirm", format!("Type “{name}” to delete it.")))
    }
}
