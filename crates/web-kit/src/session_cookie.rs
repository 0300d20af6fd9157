//! The cookie of a signed-in browser.

use axum::http::{HeaderMap, HeaderValue, header};
use base::Secret;

use crate::state::PortalSettings;

/// With TLS the `__Host-` prefix keeps the cookie to exactly this host and path; browsers take it only over TLS.
fn name(settings: &PortalSettings) -> &'static str {
    if settings.is_https() { "__Host-portico" } else { "portico-session" }
}

/// The session's secret, if the browser sent one.
pub fn read(settings: &PortalSettings, headers: &HeaderMap) -> Option<Secret> {
    find(headers, name(settings)).map(Secret::new)
}

/// The value of a cookie that the browser sent.
pub(crate) fn find<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
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
