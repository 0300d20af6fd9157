//! Server-sent events: what changed in a group, and a log as it grows.
//!
//! A stream ends within a second after its reader may no longer read: it asks again every second and at every change
//! of access.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use base::{GroupId, OpContext};
use db::Topic;
use futures::Stream;
use futures::stream::{self, StreamExt as _};
use runner::Log;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::logs;
use crate::state::Portal;

const CHECK_ACCESS: Duration = Duration::from_secs(1);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

fn respond(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = events.map(Ok::<_, Infallible>);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // Proxies in front of us must not hold events back.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}

async fn until_stopping(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// What changes in a group, as `changed` events with topic and id; the page fetches what it shows again.
pub fn changes(portal: &Portal, ctx: OpContext, group: GroupId) -> Response {
    let portal = portal.clone();
    let events = portal.db.subscribe();
    let state = (portal, ctx, events, tokio::time::interval(CHECK_ACCESS));
    let changes = stream::unfold(state, move |(portal, ctx, mut events, mut check)| async move {
        let mut stopping = portal.stopping.clone();
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) if event.topic == Topic::Access => check.reset_immediately(),
                    Ok(event) if event.topic == Topic::Notifications && !is_of(&ctx, &event) => {}
                    Ok(event) if event.group.is_none() || event.group == Some(group) => {
                        let data = serde_json::json!({ "topic": event.topic.as_str(), "id": event.subject });
                        let event = Event::default().event("changed").data(data.to_string());
                        return Some((event, (portal, ctx, events, check)));
                    }
                    Ok(_) => {}
                    // Too slow to hear everything: the page fetches all it shows.
                    Err(RecvError::Lagged(_)) => {
                        let event = Event::default().event("changed").data("{\"topic\":\"*\",\"id\":\"\"}");
                        return Some((event, (portal, ctx, events, check)));
                    }
                    Err(RecvError::Closed) => return None,
                },
                _ = check.tick() => {
                    if !portal.accounts.still_valid(&ctx).await.unwrap_or(false) {
                        return None;
                    }
                }
                () = until_stopping(&mut stopping) => return None,
            }
        }
    });
    respond(changes)
}

/// Whether an event about one person is about the reader.
fn is_of(ctx: &OpContext, event: &db::Event) -> bool {
    ctx.actor_id().is_some_and(|id| id.to_string() == event.subject)
}

/// A log from a line on: `lines` events as it grows, one `end` event when it is complete.
pub fn log(portal: &Portal, ctx: OpContext, log: Arc<dyn Log>, from: u64) -> Response {
    struct Following {
        portal: Portal,
        ctx: OpContext,
        log: Arc<dyn Log>,
        next: u64,
        /// Everything up to here was sent; there is nothing to read before it grows.
        sent: Option<runner::log::LogMark>,
        checked: tokio::time::Instant,
        is_over: bool,
    }
    let start = Following {
        portal: portal.clone(),
        ctx,
        log,
        next: from,
        sent: None,
        checked: tokio::time::Instant::now(),
        is_over: false,
    };
    let lines = stream::unfold(start, |mut state| async move {
        if state.is_over {
            return None;
        }
        let mut stopping = state.portal.stopping.clone();
        loop {
            // A log that grows all the time never waits below.
            if *stopping.borrow() {
                return None;
            }
            while let Some(mark) = state.sent {
                let grown = tokio::select! {
                    grown = tokio::time::timeout(CHECK_ACCESS, state.log.changed(mark)) => grown,
                    () = until_stopping(&mut stopping) => return None,
                };
                if grown.is_ok() {
                    break;
                }
                if !state.portal.accounts.still_valid(&state.ctx).await.unwrap_or(false) {
                    return None;
                }
                state.checked = tokio::time::Instant::now();
            }
            if state.checked.elapsed() >= CHECK_ACCESS {
                if !state.portal.accounts.still_valid(&state.ctx).await.unwrap_or(false) {
                    return None;
                }
                state.checked = tokio::time::Instant::now();
            }
            // The mark is taken before the lines are read, so that what arrives in between is not missed.
            let mark = state.log.mark().await.ok()?;
            let page = state.log.lines(state.next, logs::MOST_LINES).await.ok()?;
            if !page.lines.is_empty() {
                // The last line of a growing log may be unfinished: it is sent, and sent again when it has grown.
                let is_partial = !page.complete && state.next + page.lines.len() as u64 == page.total;
                let sent = state.next + page.lines.len() as u64;
                state.next = if is_partial { sent - 1 } else { sent };
                state.sent = is_partial.then_some(mark);
                let data = logs::json(&page).to_string();
                return Some((Event::default().event("lines").data(data), state));
            }
            if page.complete {
                state.is_over = true;
                return Some((Event::default().event("end").data("{}"), state));
            }
            state.sent = Some(mark);
        }
    });
    respond(lines)
}
