//! Where the content origin is.

/// What the configuration says about the content origin.
#[derive(Clone, Debug)]
pub struct ContentSettings {
    pub address: ContentAddress,
    /// How many requests of one person may be under way at once.
    pub requests_per_person: u32,
    /// How many WebSockets of one person may be open at once.
    pub sockets_per_person: u32,
}

/// Where browsers reach workloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentAddress {
    /// One origin for all, on another port than the portal: `http://127.0.0.1:8081`.
    Port { origin: String },
    /// An origin for each: `https://<slug>.<domain>`, with the port where it is not the scheme's own.
    Domain { is_https: bool, domain: String, port: Option<u16> },
}

impl ContentAddress {
    /// The origin that a workload is served from, without a slash at the end.
    pub fn origin(&self, slug: &str) -> String {
        match self {
            Self::Port { origin } => origin.clone(),
            Self::Domain { is_https, domain, port } => {
                let scheme = if *is_https { "https" } else { "http" };
                let port = port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{scheme}://{slug}.{domain}{port}")
            }
        }
    }

    pub fn is_https(&self) -> bool {
        match self {
            Self::Port { origin } => origin.starts_with("https://"),
            Self::Domain { is_https, .. } => *is_https,
        }
    }

    /// `http` or `https`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_https() { "https" } else { "http" }
    }

    /// Whether requests for this host belong to the content origin, whatever listener they came to.
    pub fn is_host(&self, host: &str) -> bool {
        match self {
            Self::Port { .. } => false,
            Self::Domain { .. } => self.slug_of(host).is_some(),
        }
    }

    /// Whether a request for this host may ask for this workload.
    pub(crate) fn serves(&self, host: &str, slug: &str) -> bool {
        match self {
            Self::Port { .. } => true,
            Self::Domain { .. } => self.slug_of(host).is_some_and(|of| of.eq_ignore_ascii_case(slug)),
        }
    }

    /// Whether a content session for this workload may be kept under this host. Another name of the same machine may be
    /// the portal's, and browsers keep cookies for a name, whatever the port.
    pub(crate) fn may_enter(&self, host: &str, slug: &str) -> bool {
        match self {
            Self::Port { origin } => {
                let own = origin.split_once("://").map_or(origin.as_str(), |(_, own)| own);
                without_port(own).eq_ignore_ascii_case(without_port(host))
            }
            Self::Domain { .. } => self.serves(host, slug),
        }
    }

    fn slug_of<'a>(&self, host: &'a str) -> Option<&'a str> {
        let Self::Domain { domain, .. } = self else { return None };
        let name = without_port(host);
        let name = name.strip_suffix('.').unwrap_or(name);
        let at = name.len().checked_sub(domain.len() + 1)?;
        let (slug, rest) = name.split_at_checked(at)?;
        let is_ours = rest.strip_prefix('.').is_some_and(|rest| rest.eq_ignore_ascii_case(domain));
        (is_ours && crate::is_slug(&slug.to_ascii_lowercase())).then_some(slug)
    }

    /// The name and the path of the cookie that holds a workload's content session. Prefixes keep other hosts and
    /// plain HTTP from planting one.
    pub(crate) fn cookie(&self, slug: &str) -> (&'static str, String) {
        match self {
            Self::Domain { is_https: true, .. } => ("__Host-portico-content", "/".to_owned()),
            Self::Port { .. } if self.is_https() => ("__Secure-portico-content", base_path(slug)),
            Self::Port { .. } | Self::Domain { .. } => ("portico-content", base_path(slug)),
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The path that a workload is served below.
pub(crate) fn base_path(slug: &str) -> String {
    paths::content::Workload.link(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_has_its_own_host_in_a_domain() {
        let address =
            ContentAddress::Domain { is_https: true, domain: "apps.example.org".to_owned(), port: None };
        assert_eq!(address.origin("nb-1"), "https://nb-1.apps.example.org");
        assert!(address.serves("nb-1.apps.example.org", "nb-1"));
        assert!(address.serves("NB-1.Apps.example.org.:8443", "nb-1"));
        assert!(!address.serves("nb-2.apps.example.org", "nb-1"));
        for other in
            ["apps.example.org", "portal.example.org", "a.nb-1.apps.example.org", "xapps.example.org", ""]
        {
            assert!(!address.is_host(other), "{other}");
        }
        assert_eq!(address.cookie("nb-1"), ("__Host-portico-content", "/".to_owned()));
        let address =
            ContentAddress::Domain { is_https: false, domain: "apps.localhost".to_owned(), port: Some(8080) };
        assert_eq!(address.origin("nb-1"), "http://nb-1.apps.localhost:8080");
    }

    #[test]
    fn a_port_is_one_origin_with_a_path_for_each_cookie() {
        let address = ContentAddress::Port { origin: "https://host:8081".to_owned() };
        assert!(address.serves("anything", "nb-1") && !address.is_host("anything"));
        assert!(address.may_enter("Host:9", "nb-1") && address.may_enter("host", "nb-1"));
        assert!(!address.may_enter("127.0.0.1:8081", "nb-1") && !address.may_enter("", "nb-1"));
        assert_eq!(address.cookie("nb-1"), ("__Secure-portico-content", "/w/nb-1/".to_owned()));
    }
}
