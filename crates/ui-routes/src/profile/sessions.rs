//! One's signed-in browsers.

use axum::extract::{Path, State};
use base::Error;
use ui_pages::profile::{SessionRow, SessionsPage};
use web_kit::{Answer, Ctx, LastGroup, Portal, QueryString};

use crate::flash::Done;
use crate::{frame, view};

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let mut framed = frame::build_own(&portal, &ctx, "Sessions", &last).await?;
    framed.frame.flash = done.flash();
    let sessions = portal.accounts.list_sessions(&ctx).await?;
    let rows = sessions
        .iter()
        .map(|session| SessionRow {
            id: session.id.to_string(),
            browser: browser(&session.user_agent),
            address: session.address.clone(),
            signed_in: framed.when(session.created_at),
            last_seen: framed.when(session.last_seen_at),
            current: session.is_current,
        })
        .collect();
    Ok(view::page(&SessionsPage { sessions: rows, frame: framed.frame })?)
}

/// "Firefox on Linux", from what browsers say of themselves.
fn browser(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let program = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(program), None) => program.to_owned(),
        _ => base::names::cut(if user_agent.is_empty() { "Unknown browser" } else { user_agent }, 60),
    }
}

pub(crate) async fn revoke(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(id): Path<String>) -> Answer {
    let id = id.parse().map_err(|_| Error::not_found("session"))?;
    portal.accounts.revoke_session(&ctx, id).await?;
    Ok(view::see_done(paths::ProfileSessions.link(), "session"))
}

pub(crate) async fn revoke_others(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    portal.accounts.revoke_other_sessions(&ctx).await?;
    Ok(view::see_done(paths::ProfileSessions.link(), "sessions"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn browsers_have_names() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        assert_eq!(super::browser(chrome), "Chrome on Linux");
        assert_eq!(super::browser("curl/8.0"), "curl/8.0");
    }
}
