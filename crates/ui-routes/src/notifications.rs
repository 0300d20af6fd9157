//! The bell: what happened elsewhere.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse as _};
use base::{Error, OpContext, Result};
use ui_pages::components::Tone;
use ui_pages::frame::{Notification, Notifications};
use web_kit::{Answer, Ctx, Portal};

use crate::view;

/// What the bell shows, for a person of this time zone.
pub(crate) async fn bell(portal: &Portal, ctx: &OpContext, zone: &str) -> Result<Notifications> {
    let (items, unread) = portal.accounts.my_notifications(ctx).await?;
    Ok(Notifications {
        items: items
            .into_iter()
            .map(|item| Notification {
                tone: Tone::Wait,
                text: item.text,
                when: view::when(item.at, ctx.now(), zone),
                url: item.link,
                unread: !item.is_read,
            })
            .collect(),
        unread: u32::try_from(unread).unwrap_or(u32::MAX),
        live_url: paths::Notifications.link(),
    })
}

/// The bell alone.
pub(crate) async fn show(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    let user = portal.accounts.me(&ctx).await?;
    let html = bell(&portal, &ctx, &user.time_zone)
        .await?
        .html()
        .map_err(|error| Error::internal_from("render a part of a page", error))?;
    Ok(Html(html).into_response())
}

pub(crate) async fn read(State(portal): State<Portal>, Ctx(ctx): Ctx, headers: HeaderMap) -> Answer {
    portal.accounts.read_my_notifications(&ctx).await?;
    Ok(view::see_other(&view::way_back(&headers)))
}
