//! A person's own pages.

pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod tokens;

use accounts::users::ProfileChange;
use axum::extract::State;
use axum::response::Response;
use base::{Error, OpContext, Result};
use ui_pages::frame::Entry;
use ui_pages::profile::ProfilePage;
use web_kit::{Answer, Ctx, FormBody, Portal, QueryString};

use crate::flash::Done;
use crate::{frame, view};

/// Offered while typing; any name of the IANA database is taken.
const TIME_ZONES: [&str; 24] = [
    "UTC",
    "Europe/London",
    "Europe/Paris",
    "Europe/Berlin",
    "Europe/Madrid",
    "Europe/Warsaw",
    "Europe/Athens",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Taipei",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Australia/Sydney",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
];

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(page(&portal, &ctx, None, &done, None).await?)
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    typed: Option<&FormBody>,
    done: &Done,
    error: Option<&Error>,
) -> Result<Response> {
    let mut framed = frame::build(portal, ctx, "Profile", Entry::Other, None).await?;
    framed.frame.flash = done.flash();
    let user = &framed.user;
    let page = ProfilePage {
        username: user.name.clone(),
        email: user.email.clone().unwrap_or_default(),
        display_name: view::field(
            typed.map_or(user.display_name.as_str(), |t| t.text("display_name")),
            "display_name",
            error,
        ),
        time_zone: view::field(
            typed.map_or(user.time_zone.as_str(), |t| t.text("time_zone")),
            "time_zone",
            error,
        ),
        time_zones: TIME_ZONES.iter().map(|zone| (*zone).to_owned()).collect(),
        groups: framed.memberships.iter().map(|m| frame::group_ref(&m.group, Some(m.role))).collect(),
        error: view::form_error(error),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

pub(crate) async fn submit(State(portal): State<Portal>, Ctx(ctx): Ctx, typed: FormBody) -> Answer {
    let theme = typed.text("theme");
    let change = ProfileChange {
        display_name: Some(typed.text("display_name").to_owned()),
        theme: (!theme.is_empty()).then(|| theme.to_owned()),
        time_zone: Some(typed.text("time_zone").trim().to_owned()),
    };
    match portal.accounts.update_profile(&ctx, change).await {
        Ok(_) => Ok(view::see_other("/profile?done=profile")),
        Err(error) if !error.fields().is_empty() => {
            Ok(page(&portal, &ctx, Some(&typed), &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The theme switch of the avatar menu.
pub(crate) async fn set_theme(State(portal): State<Portal>, Ctx(ctx): Ctx, typed: FormBody) -> Answer {
    let change = ProfileChange { theme: Some(typed.text("theme").to_owned()), ..ProfileChange::default() };
    portal.accounts.update_profile(&ctx, change).await?;
    Ok(view::see_other(view::local_path(typed.text("return_to"))))
}
