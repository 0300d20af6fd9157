//! Fetch metadata (`Sec-Fetch-*`, `Origin`): where a request that a browser authenticated with our cookie was made.
//! What another site made is refused (CSRF, cross-site WebSocket hijacking).
//!
//! A bearer token is never sent by a browser on its own, so requests with one need none of this.

use axum::http::{HeaderMap, HeaderValue, Method, header};
use base::{Error, Result};

/// What a browser says of a request.
pub(crate) struct FetchMetadata {
    pub(crate) is_upgrade: bool,
    /// Whether a person goes to this address: typed, followed, or opened from elsewhere; not a frame or a script.
    pub(crate) is_navigation: bool,
    /// Whether the answer is read by a person.
    pub(crate) wants_page: bool,
    is_safe: bool,
    site: Option<Site>,
    origin: Option<HeaderValue>,
}

/// What `Sec-Fetch-Site` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Site {
    /// The own origin, or a person's own doing.
    Own,
    /// Another one. `same-site` is another origin too: in a domain, workloads are siblings.
    Other,
}

impl FetchMetadata {
    pub(crate) fn new(method: &Method, headers: &HeaderMap, is_upgrade: bool) -> Self {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let reads = matches!(*method, Method::GET | Method::HEAD) && !is_upgrade;
        let wants_page = reads && text("accept").is_some_and(|kinds| kinds.contains("text/html"));
        let is_navigation = match text("sec-fetch-mode") {
            Some(mode) => reads && mode == "navigate" && text("sec-fetch-dest") == Some("document"),
            // Over plain HTTP to another machine browsers do not say it.
            None => wants_page,
        };
        let site = text("sec-fetch-site").map(|site| match site {
            "same-origin" | "none" => Site::Own,
            _ => Site::Other,
        });
        Self {
            is_upgrade,
            is_navigation,
            wants_page,
            is_safe: reads || (*method == Method::OPTIONS && !is_upgrade),
            site,
            origin: headers.get(header::ORIGIN).cloned(),
        }
    }

    /// Whether somebody did something, as opposed to a tab that is merely open: anything but reading, and going to a
    /// page. Pages poll by reading, so reads do not count, and what goes through a socket counts for itself.
    pub(crate) fn is_activity(&self) -> bool {
        self.is_navigation || !(self.is_safe || self.is_upgrade)
    }

    /// Refuses what a page of another origin than `own` sent with our cookie.
    pub(crate) fn check(&self, own: &str) -> Result<()> {
        let origin = self.origin.as_ref().map(|origin| origin == own);
        let is_fine = match (self.is_upgrade, self.site) {
            // Browsers name the origin with every WebSocket, and scripts of other sites may open one.
            (true, _) => origin == Some(true),
            (false, Some(Site::Own)) => true,
            (false, Some(Site::Other)) => self.is_navigation,
            (false, None) if self.is_safe => origin != Some(false),
            (false, None) => origin == Some(true),
        };
        if is_fine {
            return Ok(());
        }
        Err(Error::forbidden("This request came from another site.")
            .with_code("cross_site")
            .with_hint("Open the workload from its page in Portico, or use an API token."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "http://127.0.0.1:8081";

    fn allowed(method: &Method, is_upgrade: bool, pairs: &[(&'static str, &str)]) -> bool {
        let headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        FetchMetadata::new(method, &headers, is_upgrade).check(OWN).is_ok()
    }

    #[test]
    fn what_changes_something_comes_from_the_own_origin() {
        let post = |pairs: &[(&'static str, &str)]| allowed(&Method::POST, false, pairs);
        assert!(post(&[("sec-fetch-site", "same-origin")]));
        assert!(post(&[("origin", OWN)]));
        for bad in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("origin", OWN)],
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
            &[("origin", "http://localhost:8080")],
            &[("origin", "null")],
            &[],
        ] {
            assert!(!post(bad), "{bad:?}");
        }
    }

    #[test]
    fn sockets_need_the_origin_itself() {
        let upgrade = |pairs: &[(&'static str, &str)]| allowed(&Method::GET, true, pairs);
        assert!(upgrade(&[("origin", OWN)]));
        for bad in [
            &[][..],
            &[("origin", "null")],
            &[("sec-fetch-site", "same-origin")],
            &[("origin", "http://127.0.0.1:8080")],
        ] {
            assert!(!upgrade(bad), "{bad:?}");
        }
    }

    #[test]
    fn reading_from_elsewhere_is_for_people_who_follow_a_link() {
        let get = |pairs: &[(&'static str, &str)]| allowed(&Method::GET, false, pairs);
        let cross = ("sec-fetch-site", "cross-site");
        assert!(get(&[]));
        assert!(get(&[cross, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]));
        for bad in [
            &[cross, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")][..],
            &[cross, ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
            &[cross, ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
            &[("origin", "https://evil.test")],
        ] {
            assert!(!get(bad), "{bad:?}");
        }
    }
}
