//! The cookie of a signed-in browser.

use axum::http::{HeaderMap, HeaderValue, header};
use base::Secret;

use crate::state::PortalSettings;

/// With TLS the `__Host-` prefix keeps the cookie to exactly this host and path; browsers take it only over TLS.
fn name(settings: &PortalSettings) -> &'static str {
    if settings.is_https() { "__Host-portico" } else { "portico-session" }
}

/// A browser that sends more than this was tampered with; the rest is not looked at.
const MOST: usize = 8;

/// The secrets that the browser sent under the session's name. There is one, unless a page of a neighbouring host or
/// port planted others beside it.
pub fn read(settings: &PortalSettings, headers: &HeaderMap) -> Vec<Secret> {
    named(name(settings), headers)
}

/// The values of the cookies of this name, each once.
pub fn named(wanted: &str, headers: &HeaderMap) -> Vec<Secret> {
    let mut found = Vec::new();
    for value in values(headers, wanted).filter(|value| !value.is_empty()) {
        let secret = Secret::new(value);
        if !found.contains(&secret) {
            found.push(secret);
        }
    }
    found.truncate(MOST);
    found
}

/// The value of a cookie that the browser sent.
pub(crate) fn find<'a>(headers: &'a HeaderMap, wanted: &'a str) -> Option<&'a str> {
    values(headers, wanted).next()
}

fn values<'a>(headers: &'a HeaderMap, wanted: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// The header that keeps the session in the browser.
pub fn set(settings: &PortalSettings, secret: &Secret) -> Option<HeaderValue> {
    let age = accounts::sessions::LIFETIME_SECONDS;
    build(settings, secret.expose(), age)
}

/// The header that removes it.
pub fn clear(settings: &PortalSettings) -> Option<HeaderValue> {
    build(settings, "", 0)
}

fn build(settings: &PortalSettings, value: &str, age: i64) -> Option<HeaderValue> {
    let secure = if settings.is_https() { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", name(settings));
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cookie_of_the_name_is_read_once() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; portico-session=x; portico-session="));
        headers.append(header::COOKIE, HeaderValue::from_static("portico-session=y; portico-session=x"));
        let read: Vec<_> = named("portico-session", &headers).iter().map(|s| s.expose().to_owned()).collect();
        assert_eq!(read, ["x", "y"]);
        let many = (0..50).map(|n| format!("portico-session={n};")).collect::<String>();
        headers.insert(header::COOKIE, many.parse().unwrap());
        assert_eq!(named("portico-session", &headers).len(), MOST);
    }
}
