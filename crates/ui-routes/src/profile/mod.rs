//! A person's own pages.

pub(crate) mod access_keys;
pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod ssh_keys;
pub(crate) mod tokens;
pub(crate) mod vault;

use accounts::users::{ProfileChange, Scale};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::{Error, OpContext, Result};
use ui_pages::components::Choice;
use ui_pages::profile::ProfilePage;
use web_kit::{Answer, Ctx, FormBody, LastGroup, Portal, QueryString};

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
    last: LastGroup,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(page(&portal, &ctx, &last, None, &done, None).await?)
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    last: &LastGroup,
    typed: Option<&FormBody>,
    done: &Done,
    error: Option<&Error>,
) -> Result<Response> {
    let mut framed = frame::build_own(portal, ctx, "Profile", last).await?;
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
        scales: Scale::ALL
            .into_iter()
            .map(|scale| {
                let percent = scale.percent();
                Choice::new(percent.to_string(), format!("{percent} %"), scale == user.scale)
            })
            .collect(),
        scale_error: view::field_error("scale", error),
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

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    typed: FormBody,
) -> Answer {
    let chosen = |name| Some(typed.text(name)).filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    let change = ProfileChange {
        display_name: Some(typed.text("display_name").to_owned()),
        theme: chosen("theme"),
        density: chosen("density"),
        // What is no number is no scale either, and is refused as such.
        scale: chosen("scale").map(|text| text.parse().unwrap_or(0)),
        time_zone: Some(typed.text("time_zone").trim().to_owned()),
    };
    match portal.accounts.update_profile(&ctx, change).await {
        Ok(_) => Ok(view::see_done(paths::Profile.link(), "profile")),
        Err(error) if !error.fields().is_empty() => {
            Ok(page(&portal, &ctx, &last, Some(&typed), &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The theme switch of the avatar menu.
pub(crate) async fn set_theme(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    headers: HeaderMap,
    typed: FormBody,
) -> Answer {
    let change = ProfileChange { theme: Some(typed.text("theme").to_owned()), ..ProfileChange::default() };
    portal.accounts.update_profile(&ctx, change).await?;
    Ok(view::see_other(&view::way_back(&headers)))
}
