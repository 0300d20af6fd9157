//! From the portal into a workload: `GET /open/<slug>`.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, Uri};
use base::{Credential, Error, OpContext, SessionId};
use serde::Deserialize;
use web_kit::{Answer, AnswerKind, Ctx, Dialect, InGroup, Policy, QueryString, RouteTable};

use crate::content_address::base_path;
use crate::exchange_codes::CodeGrant;
use crate::{Proxy, access, answer, is_slug, view};

#[derive(Debug, Default, Deserialize)]
struct Opening {
    #[serde(default)]
    to: String,
}

impl Proxy {
    /// What the portal's origin serves for the proxy, as another part of the portal.
    pub fn portal_routes(&self, portal: Dialect) -> RouteTable {
        use AnswerKind::Page;
        use Policy::{Member, SignedIn};
        let proxy = self.clone();
        let open = move |Path(slug): Path<String>, ctx: Ctx, query: QueryString<Opening>| {
            let proxy = proxy.clone();
            async move { proxy.open(&slug, ctx, &query.0.to).await }
        };
        let proxy = self.clone();
        let show = move |Path((_, job)): Path<(String, String)>, ctx: Ctx, group: InGroup| {
            let proxy = proxy.clone();
            async move { view::lead(&proxy, &job, ctx, group).await }
        };
        RouteTable::new(portal).get(paths::Open, SignedIn, Page, "open", open).get(
            paths::JobNotebookView,
            Member,
            Page,
            "job.notebook.view",
            show,
        )
    }

    /// Sends whoever may open a workload to it, with a code that signs them in there.
    async fn open(&self, slug: &str, Ctx(ctx): Ctx, to: &str) -> Answer {
        let person = ctx.person()?;
        let served = if is_slug(slug) { self.serving.find(slug).await? } else { None };
        let served = served.filter(|served| access::may_open(person, served)).ok_or_else(access::missing)?;
        if served.attempt.is_none() {
            return Ok(answer::see_other(&served.page));
        }
        let session = session_of(&ctx)?;
        let code = self.codes.issue(&*self.portal.clock, slug, CodeGrant { session, view: None });
        let enter = self.settings.address.origin(slug) + &paths::content::Enter.link(slug);
        let to = destination(slug, to);
        Ok(answer::see_other(&paths::query(enter, &[("code", code.expose()), ("to", &to)])))
    }

    /// Sends a person to the portal, which sends them back with a code.
    pub(crate) fn to_portal(&self, slug: &str, uri: &Uri) -> Response<Body> {
        let portal = &self.portal.settings.public_url;
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        answer::see_other(&paths::query(format!("{portal}{}", paths::Open.link(slug)), &[("to", path)]))
    }
}

/// The portal session that a page was asked for with.
pub(crate) fn session_of(ctx: &OpContext) -> base::Result<SessionId> {
    match ctx.credential {
        Credential::Session(session) => Ok(session),
        _ => Err(Error::internal("a page was opened without a session")),
    }
}

/// The path below a workload that `to` names: as a path of the content origin, or relative to the workload. What
/// leads elsewhere leads to the workload's first page.
pub(crate) fn destination(slug: &str, to: &str) -> String {
    let base = base_path(slug);
    let below = to.strip_prefix(&base).unwrap_or(to);
    let path = below.split(['?', '#']).next().unwrap_or_default();
    let leads_away = below.starts_with('/')
        || below.contains('\\')
        || below.contains(char::is_control)
        || path
            .split('/')
            .any(|part| matches!(part.to_ascii_lowercase().as_str(), ".." | ".%2e" | "%2e." | "%2e%2e"));
    if leads_away {
        return base;
    }
    // Percent signs stay: what is encoded already must not be encoded twice.
    let encoded = below.bytes().map(|byte| match byte {
        b'!' | b'#'..=b';' | b'=' | b'?'..=b'[' | b']' | b'_' | b'a'..=b'z' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    base + &encoded.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::destination;

    #[test]
    fn every_destination_lies_below_the_workload() {
        for (to, path) in [
            ("", "/w/nb-1/"),
            ("lab", "/w/nb-1/lab"),
            ("/w/nb-1/lab/tree/a%20b.ipynb?reset#x", "/w/nb-1/lab/tree/a%20b.ipynb?reset#x"),
            ("lab/tree/my ü.ipynb", "/w/nb-1/lab/tree/my%20%C3%BC.ipynb"),
            ("/w/nb-1", "/w/nb-1/"),
            ("/w/nb-2/lab", "/w/nb-1/"),
            ("//evil.test/", "/w/nb-1/"),
            ("/w/nb-1//evil.test", "/w/nb-1/"),
            ("\\evil", "/w/nb-1/"),
            ("https://evil.test", "/w/nb-1/https://evil.test"),
            ("a/../../x", "/w/nb-1/"),
            ("a/%2E%2e/x", "/w/nb-1/"),
            ("a\r\nb", "/w/nb-1/"),
        ] {
            assert_eq!(destination("nb-1", to), path, "{to}");
        }
    }
}
