//! Headers on their way through the reverse proxy.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers that concern one connection only (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Headers by which a workload could reach beyond its path.
const TOO_FAR: [HeaderName; 8] = [
    HeaderName::from_static("service-worker-allowed"),
    HeaderName::from_static("clear-site-data"),
    header::STRICT_TRANSPORT_SECURITY,
    HeaderName::from_static("alt-svc"),
    HeaderName::from_static("report-to"),
    HeaderName::from_static("reporting-endpoints"),
    HeaderName::from_static("nel"),
    HeaderName::from_static("origin-agent-cluster"),
];

const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
pub(crate) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Removes what concerns one connection only, and what `Connection` names.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        // These are never a connection's own; without them a message means something else (request smuggling).
        .filter(|name| *name != header::HOST && *name != header::CONTENT_LENGTH)
        .collect();
    remove_where(headers, |name| HOP_BY_HOP.contains(name) || named.contains(name));
}

/// One pass over the names that are there costs less than asking for each that may be.
fn remove_where(headers: &mut HeaderMap, is_unwanted: impl Fn(&HeaderName) -> bool) {
    let unwanted: Vec<HeaderName> = headers.keys().filter(|name| is_unwanted(name)).cloned().collect();
    for name in unwanted {
        headers.remove(name);
    }
}

/// Where a request came from, as the workload sees it in `X-Forwarded-*`.
pub(crate) struct Forwarded<'a> {
    pub(crate) peer: Option<IpAddr>,
    /// Whether the peer's own word on where it got the request from counts.
    pub(crate) is_trusted: bool,
    pub(crate) scheme: &'static str,
    pub(crate) host: Option<&'a HeaderValue>,
}

/// Says where the request came from; what the client claims of that is dropped (spoofing).
pub(crate) fn set_forwarded(headers: &mut HeaderMap, forwarded: &Forwarded<'_>) {
    let before = headers.get(FORWARDED_FOR).cloned().filter(|_| forwarded.is_trusted);
    remove_where(headers, |name| {
        name.as_str().starts_with("x-forwarded-") || *name == "x-real-ip" || *name == "forwarded"
    });
    let before = before.as_ref().and_then(|value| value.to_str().ok()).map(|value| format!("{value}, "));
    let peer = forwarded.peer.map(|peer| format!("{}{peer}", before.unwrap_or_default()));
    if let Some(chain) = peer.and_then(|text| HeaderValue::try_from(text).ok()) {
        headers.insert(FORWARDED_FOR, chain);
    }
    headers.insert("x-forwarded-proto", HeaderValue::from_static(forwarded.scheme));
    if let Some(host) = forwarded.host {
        headers.insert("x-forwarded-host", host.clone());
    }
}

/// What every answer of a workload carries, and what none may.
pub(crate) fn harden(headers: &mut HeaderMap) {
    remove_where(headers, |name| TOO_FAR.contains(name));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Beside the workload's own: a browser keeps to every policy that it got.
    headers.append(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'self'"));
    headers.insert(COOP, HeaderValue::from_static("same-origin"));
    headers.insert(CORP, HeaderValue::from_static("same-origin"));
    let is_strict = headers
        .get(header::REFERRER_POLICY)
        .is_some_and(|policy| policy == "no-referrer" || policy == "same-origin");
    if !is_strict {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn what_concerns_one_connection_ends_there() {
        let mut headers = map(&[
            ("connection", "close, X-Mine,host"),
            ("x-mine", "1"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic x"),
            ("host", "h"),
            ("accept", "a"),
        ]);
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers, map(&[("host", "h"), ("accept", "a")]));
    }

    #[test]
    fn nobody_says_for_themselves_where_they_come_from() {
        let claimed = map(&[
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-user", "root"),
            ("forwarded", "for=6.6.6.6"),
            ("x-real-ip", "6.6.6.6"),
        ]);
        let host = HeaderValue::from_static("h:1");
        for (is_trusted, chain) in [(false, "1.2.3.4"), (true, "6.6.6.6, 1.2.3.4")] {
            let mut headers = claimed.clone();
            let peer = "1.2.3.4".parse().ok();
            set_forwarded(&mut headers, &Forwarded { peer, is_trusted, scheme: "https", host: Some(&host) });
            let expected =
                [("x-forwarded-for", chain), ("x-forwarded-proto", "https"), ("x-forwarded-host", "h:1")];
            assert_eq!(headers, map(&expected));
        }
    }

    #[test]
    fn policies_are_added_and_not_replaced() {
        let mut headers = map(&[
            ("content-security-policy", "frame-ancestors *"),
            ("referrer-policy", "unsafe-url"),
            ("clear-site-data", "*"),
        ]);
        harden(&mut headers);
        let policies: Vec<_> = headers.get_all("content-security-policy").iter().collect();
        assert_eq!(policies, ["frame-ancestors *", "frame-ancestors 'self'"]);
        assert_eq!(headers["referrer-policy"], "same-origin");
        assert!(!headers.contains_key("clear-site-data"));
        headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
        harden(&mut headers);
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }
}
