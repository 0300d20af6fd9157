//! The admin portal.

pub(crate) mod groups;
pub(crate) mod instance_types;
pub(crate) mod system;
pub(crate) mod users;

use axum::response::Response;
use base::{Error, ErrorKind, Result};
use serde::Deserialize;
use ui_pages::admin::DeletePage;
use ui_pages::components::Field;
use web_kit::{Answer, FormBody};

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
    view::see_other(&paths::admin::Groups.link())
}

/// Errors that the form shows itself; others get a page of their own.
pub(crate) fn is_for_form(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::TooManyRequests)
}

/// Deletes something when the form has its name, and goes to the list. Asks again with the reason otherwise, and where
/// it can't be deleted.
pub(crate) async fn delete_confirmed<T>(
    body: &FormBody,
    name: &str,
    list: String,
    delete: impl Future<Output = Result<T>>,
    ask_again: impl AsyncFnOnce(Field) -> Result<DeletePage>,
) -> Answer {
    let typed = body.text("confirm");
    let deleted = if typed.trim() == name {
        delete.await.map(drop)
    } else {
        Err(Error::field("confirm", format!("Type “{name}” to delete it.")))
    };
    match deleted {
        Ok(()) => Ok(view::see_done(list, "deleted")),
        Err(error) if is_for_form(&error) => {
            let why =
                view::field_error("confirm", Some(&error)).unwrap_or_else(|| error.message().to_owned());
            let page = ask_again(Field { value: typed.to_owned(), error: Some(why) }).await?;
            Ok(view::page_with(view::form_status(Some(&error)), &page)?)
        }
        Err(error) => Err(error.into()),
    }
}
