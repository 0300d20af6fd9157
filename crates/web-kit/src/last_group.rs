//! The cookie that remembers which group a browser was in last: pages that belong to no group keep its menu.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use axum::response::Response;

use crate::session_cookie;
use crate::state::PortalSettings;

const NAME: &str = "portico-group";
const AGE_SECONDS: u32 = 365 * 86_400;

/// The name of the group, as the browser says; whoever uses it asks whether the person may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastGroup(pub Option<String>);

impl LastGroup {
    /// What the browser sent.
    pub fn read(headers: &HeaderMap) -> Self {
        let name = session_cookie::find(headers, NAME).filter(|name| base::names::group_name(name).is_ok());
        Self(name.map(ToOwned::to_owned))
    }

    /// Has the browser remember this group with a page of it, unless it does already.
    pub(crate) fn keep(&self, settings: &PortalSettings, group: &str, response: &mut Response) {
        let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let is_page = kind.is_some_and(|kind| kind.starts_with(b"text/html"));
        if !is_page || !response.status().is_success() || self.0.as_deref() == Some(group) {
            return;
        }
        let secure = if settings.is_https() { "; Secure" } else { "" };
        let text = format!("{NAME}={group}; Path=/; HttpOnly; SameSite=Lax; Max-Age={AGE_SECONDS}{secure}");
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for LastGroup {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::read(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_a_group_is_read() {
        let read = |cookie: &'static str| {
            LastGroup::read(&HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookie))])).0
        };
        assert_eq!(read("a=b; portico-group=vision").as_deref(), Some("vision"));
        assert_eq!(read("portico-group=../admin"), None);
        assert_eq!(read("other=vision"), None);
    }
}
