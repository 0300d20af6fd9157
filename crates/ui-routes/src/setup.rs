//! The first start.

use accounts::setup::Setup;
use accounts::users::NewUser;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use base::{Error, Result, Secret};
use ui_pages::setup::SetupPage;
use web_kit::{Answer, Ctx, FormBody, Portal, session_cookie};

use crate::{frame, view};

pub(crate) async fn show(State(portal): State<Portal>) -> Answer {
    if portal.accounts.is_set_up().await? {
        return Ok(view::see_other(&paths::SignIn.link()));
    }
    Ok(form(&portal, &FormBody::default(), None)?)
}

fn form(portal: &Portal, typed: &FormBody, error: Option<&Error>) -> Result<Response> {
    let page = SetupPage {
        bare: frame::bare(portal, "Set up Portico"),
        code: view::field(typed.text("code"), "code", error),
        username: view::field(typed.text("username"), "name", error),
        display_name: view::field(typed.text("display_name"), "display_name", error),
        // A password is never sent back to the browser.
        password: view::field("", "password", error),
        group: view::field(typed.text("group"), "group", error),
        error: view::form_error(error),
    };
    view::page_with(view::form_status(error), &page)
}

pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// To `url`, with the session in a cookie.
pub(crate) fn enter(portal: &Portal, secret: &Secret, url: &str) -> Result<Response> {
    let cookie = session_cookie::set(&portal.settings, secret)
        .ok_or_else(|| Error::internal("make a session cookie"))?;
    Ok(([(header::SET_COOKIE, cookie)], view::see_other(url)).into_response())
}

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    headers: HeaderMap,
    typed: FormBody,
) -> Answer {
    let password = typed.text("password");
    let setup = Setup {
        code: typed.text("code").to_owned(),
        user: NewUser {
            name: typed.text("username").to_owned(),
            display_name: typed.text("display_name").to_owned(),
            password: (!password.is_empty()).then(|| Secret::new(password)),
            ..NewUser::default()
        },
        group: typed.text("group").trim().to_owned(),
        user_agent: user_agent(&headers),
    };
    let group = setup.group.clone();
    match portal.accounts.complete_setup(&ctx, setup).await {
        Ok(session) => Ok(enter(&portal, &session.secret, &paths::Home.link(&group))?),
        Err(error) => Ok(form(&portal, &typed, Some(&error))?),
    }
}
