//! Changing one's password.

use axum::extract::State;
use axum::response::Response;
use base::{Error, OpContext, Result, Secret};
use ui_pages::components::Field;
use ui_pages::profile::PasswordPage;
use web_kit::{Answer, Ctx, FormBody, LastGroup, Portal, QueryString};

use crate::flash::Done;
use crate::{frame, view};

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(page(&portal, &ctx, &last, &done, None).await?)
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    last: &LastGroup,
    done: &Done,
    error: Option<&Error>,
) -> Result<Response> {
    let mut framed = frame::build_own(portal, ctx, "Change password", last).await?;
    framed.frame.flash = done.flash();
    let empty = |name| -> Field { view::field("", name, error) };
    let page = PasswordPage {
        current: empty("current_password"),
        new: empty("new_password"),
        confirm: empty("confirm_password"),
        error: view::form_error(error),
        changed: None,
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    typed: FormBody,
) -> Answer {
    let result = if typed.text("new") == typed.text("confirm") {
        let (current, new) = (Secret::new(typed.text("current")), Secret::new(typed.text("new")));
        portal.accounts.change_password(&ctx, current, new).await
    } else {
        Err(Error::field("confirm_password", "The two new passwords differ. Type the same one twice."))
    };
    match result {
        Ok(()) => Ok(view::see_done(paths::ProfilePassword.link(), "password")),
        Err(error) if error.kind() == base::ErrorKind::Internal => Err(error.into()),
        Err(error) => Ok(page(&portal, &ctx, &last, &Done::default(), Some(&error)).await?),
    }
}
