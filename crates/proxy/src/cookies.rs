//! Cookies on their way through: ours never reach a workload, and a workload's stay below its path.

use axum::http::{HeaderMap, HeaderValue, header};
use base::Secret;

use crate::content_address::{ContentAddress, base_path};

/// Whether the platform keeps a cookie of this name. Browsers compare prefixes without their case.
fn is_ours(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    let bare = name.strip_prefix("__host-").or_else(|| name.strip_prefix("__secure-")).unwrap_or(&name);
    bare.starts_with("portico")
}

/// Takes the platform's cookies out of a request.
pub(crate) fn strip_platform_cookies(headers: &mut HeaderMap) {
    let mut kept = Vec::new();
    for value in headers.get_all(header::COOKIE) {
        for pair in value.as_bytes().split(|byte| *byte == b';') {
            let pair = pair.trim_ascii();
            let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
            if !pair.is_empty() && !is_ours(&String::from_utf8_lossy(name)) {
                kept.push(pair);
            }
        }
    }
    let kept = HeaderValue::from_bytes(&kept.join(&b"; "[..]));
    headers.remove(header::COOKIE);
    if let Ok(kept) = kept
        && !kept.is_empty()
    {
        headers.insert(header::COOKIE, kept);
    }
}

/// Keeps what a workload sets to its own path and host, and drops what bears a name of ours or none.
pub(crate) fn confine(headers: &mut HeaderMap, slug: &str) {
    if !headers.contains_key(header::SET_COOKIE) {
        return;
    }
    let path = base_path(slug);
    let confined: Vec<HeaderValue> =
        headers.get_all(header::SET_COOKIE).iter().filter_map(|value| confined(value, &path)).collect();
    headers.remove(header::SET_COOKIE);
    for value in confined {
        headers.append(header::SET_COOKIE, value);
    }
}

fn confined(value: &HeaderValue, path: &str) -> Option<HeaderValue> {
    let text = std::str::from_utf8(value.as_bytes()).ok()?;
    let mut parts = text.split(';');
    let pair = parts.next()?.trim();
    let (name, _) = pair.split_once('=')?;
    // A cookie without a name is sent as its bare value, which may look like one of ours.
    if name.trim().is_empty() || is_ours(name) {
        return None;
    }
    let mut confined = pair.to_owned();
    let mut wanted = path;
    for attribute in parts {
        let attribute = attribute.trim();
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "domain" => {}
            // The last path counts, as in browsers.
            "path" => wanted = Some(value.trim()).filter(|value| value.starts_with(path)).unwrap_or(path),
            _ if attribute.is_empty() => {}
            _ => {
                confined.push_str("; ");
                confined.push_str(attribute);
            }
        }
    }
    confined.push_str("; Path=");
    confined.push_str(wanted);
    HeaderValue::from_str(&confined).or_else(|_| HeaderValue::from_bytes(confined.as_bytes())).ok()
}

/// The header that keeps a content session in the browser.
pub(crate) fn content_session(address: &ContentAddress, slug: &str, secret: &Secret) -> Option<HeaderValue> {
    let (name, path) = address.cookie(slug);
    let secure = if address.is_https() { "; Secure" } else { "" };
    let age = accounts::sessions::LIFETIME_SECONDS;
    let text =
        format!("{name}={}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", secret.expose());
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confine_one(text: &str) -> Option<String> {
        let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
        confined(&value, "/w/nb-1/").map(|value| String::from_utf8(value.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn a_workload_sets_cookies_for_its_path_only() {
        for (set, kept) in [
            ("a=1", "a=1; Path=/w/nb-1/"),
            ("a=1; path=/; HttpOnly", "a=1; HttpOnly; Path=/w/nb-1/"),
            ("a=1; Domain=example.org; Secure", "a=1; Secure; Path=/w/nb-1/"),
            ("a=1; Path=/w/nb-1/deep", "a=1; Path=/w/nb-1/deep"),
            ("a=1; Path=/w/nb-1/deep; Path=/", "a=1; Path=/w/nb-1/"),
            ("a=1; Path=/w/nb-10/", "a=1; Path=/w/nb-1/"),
            ("a=b=c;;SameSite=Lax", "a=b=c; SameSite=Lax; Path=/w/nb-1/"),
            ("ü=ü", "ü=ü; Path=/w/nb-1/"),
        ] {
            assert_eq!(confine_one(set).as_deref(), Some(kept), "{set}");
        }
    }

    #[test]
    fn a_workload_sets_no_cookie_of_ours() {
        for set in [
            "portico-session=x",
            " Portico-Session =x",
            "__Host-portico=x",
            "__hOsT-portico-content=x",
            "__Secure-portico-content=x",
            "=portico-session=x",
            "portico-session",
            "",
        ] {
            assert_eq!(confine_one(set), None, "{set}");
        }
    }

    #[test]
    fn a_workload_gets_no_cookie_of_ours() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; portico-session=x;b=2"));
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-portico=y; c"));
        strip_platform_cookies(&mut headers);
        assert_eq!(headers.get_all(header::COOKIE).iter().collect::<Vec<_>>(), ["a=1; b=2; c"]);
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("portico-content=x"));
        strip_platform_cookies(&mut headers);
        assert!(headers.is_empty());
    }
}
