//! In and out.

use accounts::sessions::SignIn;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use base::{Actor, Error, Result, Secret};
use serde::Deserialize;
use ui_pages::components::{Note, Tone};
use ui_pages::sign_in::SignInPage;
use web_kit::{Answer, Ctx, FormBody, Portal, QueryString, session_cookie};

use crate::{frame, setup, view};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Next {
    next: Option<String>,
    out: Option<String>,
}

/// Only a path of our own; anything else would let a link send people elsewhere after they signed in.
fn own_path(next: &str) -> &str {
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.contains(|c: char| c.is_control())
        && !next.starts_with("/sign-");
    if is_own { next } else { "/" }
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    QueryString(query): QueryString<Next>,
) -> Answer {
    let next = query.next.unwrap_or_default();
    if matches!(ctx.actor, Actor::Person(_)) {
        return Ok(view::see_other(own_path(&next)));
    }
    if !portal.accounts.is_set_up().await? {
        return Ok(view::see_other(&paths::Setup.link()));
    }
    let notice = query.out.map(|_| Note::new(Tone::Good, "You are signed out.", ""));
    Ok(form(&portal, "", &next, notice, None)?)
}

fn form(
    portal: &Portal,
    name: &str,
    next: &str,
    notice: Option<Note>,
    error: Option<&Error>,
) -> Result<Response> {
    let page = SignInPage {
        bare: frame::bare(portal, "Sign in"),
        username: view::field(name, "name", error),
        password: view::field("", "password", error),
        next: next.to_owned(),
        error: view::form_error(error),
        notice,
    };
    view::page_with(view::form_status(error), &page)
}

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    headers: HeaderMap,
    typed: FormBody,
) -> Answer {
    let (name, next) = (typed.text("username"), typed.text("next"));
    let password = Secret::new(typed.text("password"));
    let user_agent = setup::user_agent(&headers);
    match portal.accounts.sign_in(&ctx, SignIn { name: name.to_owned(), password, user_agent }).await {
        Ok(session) => Ok(setup::enter(&portal, &session.secret, own_path(next))?),
        Err(error) => Ok(form(&portal, name, next, None, Some(&error))?),
    }
}

pub(crate) async fn sign_out(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    portal.accounts.sign_out(&ctx).await?;
    let cookie =
        session_cookie::clear(&portal.settings).ok_or_else(|| Error::internal("clear a session cookie"))?;
    Ok((
        [(header::SET_COOKIE, cookie)],
        view::see_other(&paths::query(paths::SignIn.link(), &[("out", "1")])),
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn a_link_sends_nobody_elsewhere() {
        assert_eq!(own_path("/g/vision/jobs?q=x"), "/g/vision/jobs?q=x");
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "javascript:1",
            "",
        ] {
            assert_eq!(own_path(bad), "/", "{bad}");
        }
    }
}
