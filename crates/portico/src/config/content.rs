//! Where the content origin is: as the settings say, or derived from the portal's own address.

use std::net::{IpAddr, SocketAddr};

use proxy::ContentAddress;
use url::{Host, Url};

/// What the settings say, as text.
pub(super) struct ContentInput<'a> {
    pub(super) content_listen: &'a str,
    pub(super) content_url: &'a str,
    pub(super) content_domain: &'a str,
    pub(super) listen: SocketAddr,
    pub(super) public_url: &'a str,
}

/// The content origin, and the address of its own listener where it has one.
pub(super) fn parse(input: &ContentInput<'_>) -> Result<(ContentAddress, Option<SocketAddr>), String> {
    let portal = origin("public_url", input.public_url)?;
    let listen = match input.content_listen {
        "" => None,
        text => Some(
            text.parse::<SocketAddr>()
                .map_err(|_| format!("content_listen: {text} is no address. Write it as 127.0.0.1:8081."))?,
        ),
    };
    if !input.content_domain.is_empty() {
        if !input.content_url.is_empty() {
            return Err(
                "Set either content_domain or content_url, not both. With a domain every workload has a \
                        host of its own, which is safer."
                    .to_owned(),
            );
        }
        return Ok((domain(input.content_domain, &portal)?, listen));
    }
    let listen = match listen {
        Some(listen) => listen,
        None => beside(input.listen)?,
    };
    let address = if input.content_url.is_empty() {
        ContentAddress::Port { origin: neighbour(&portal, listen.port()) }
    } else {
        port(input.content_url, &portal)?
    };
    Ok((address, Some(listen)))
}

/// The next port of the portal's address. Port 0 lets the system choose both.
fn beside(listen: SocketAddr) -> Result<SocketAddr, String> {
    let port = match listen.port() {
        0 => Some(0),
        port => port.checked_add(1),
    };
    port.map(|port| SocketAddr::new(listen.ip(), port)).ok_or_else(|| {
        "content_listen: There is no port behind that of listen. Set content_listen to another address."
            .to_owned()
    })
}

/// The portal's host on another port. Browsers keep cookies of a host whatever the port, so on one machine the other
/// name of the loopback is taken.
fn neighbour(portal: &Url, port: u16) -> String {
    let host = match portal.host() {
        Some(Host::Domain("localhost")) => "127.0.0.1".to_owned(),
        Some(Host::Ipv4(ip)) if ip.is_loopback() => "localhost".to_owned(),
        Some(Host::Ipv6(ip)) if ip.is_loopback() => "localhost".to_owned(),
        Some(host) => host.to_string(),
        None => String::new(),
    };
    format!("{}://{host}:{port}", portal.scheme())
}

fn port(text: &str, portal: &Url) -> Result<ContentAddress, String> {
    let url = origin("content_url", text)?;
    if url.origin() == portal.origin() {
        return Err(
            "content_url is the portal's own origin. What workloads show must come from another one: choose \
                    another host or port, or set content_domain."
                .to_owned(),
        );
    }
    if portal.scheme() == "https" && url.scheme() != "https" {
        return Err("content_url must begin with https://, because public_url does.".to_owned());
    }
    Ok(ContentAddress::Port { origin: url.origin().ascii_serialization() })
}

fn domain(text: &str, portal: &Url) -> Result<ContentAddress, String> {
    let wrong = |why: &str| Err(format!("content_domain: “{text}” {why}. Write it as apps.example.org."));
    let domain = text.trim_start_matches("*.").trim_end_matches('.').to_ascii_lowercase();
    let is_label = |label: &str| {
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(is_fine)
    };
    if !domain.split('.').all(is_label) || domain.len() > 180 {
        return wrong("is no domain name");
    }
    if domain.parse::<IpAddr>().is_ok() {
        return wrong("is an address, and addresses have no hosts below them");
    }
    let host = portal.host_str().unwrap_or_default().to_ascii_lowercase();
    if host == domain || host.ends_with(&format!(".{domain}")) {
        return Err(format!(
            "content_domain: the portal itself ({host}) lies in {domain}, so a workload could take its place. Choose \
             a domain of its own, such as apps.{domain}."
        ));
    }
    Ok(ContentAddress::Domain { is_https: portal.scheme() == "https", domain, port: portal.port() })
}

/// An address of the form `http://host` or `https://host:port`.
fn origin(key: &str, text: &str) -> Result<Url, String> {
    let wrong =
        || format!("{key}: “{text}” is no address of a server. Write it as https://portico.example.org.");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_origin = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if is_origin { Ok(url) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(
        public_url: &str,
        url: &str,
        domain: &str,
        listen: &str,
    ) -> Result<(String, Option<String>), String> {
        let input = ContentInput {
            content_listen: listen,
            content_url: url,
            content_domain: domain,
            listen: "127.0.0.1:8080".parse().unwrap(),
            public_url,
        };
        parse(&input)
            .map(|(address, listen)| (address.origin("nb-1"), listen.map(|listen| listen.to_string())))
    }

    fn found(origin: &str, listen: &str) -> Result<(String, Option<String>), String> {
        Ok((origin.to_owned(), (!listen.is_empty()).then(|| listen.to_owned())))
    }

    #[test]
    fn on_one_machine_nothing_is_needed() {
        let next = "127.0.0.1:8081";
        assert_eq!(ask("http://127.0.0.1:8080", "", "", ""), found("http://localhost:8081", next));
        assert_eq!(ask("http://localhost:8080", "", "", ""), found("http://127.0.0.1:8081", next));
        assert_eq!(ask("http://[::1]:8080", "", "", ""), found("http://localhost:8081", next));
        assert_eq!(ask("http://lab.lan:8080", "", "", ""), found("http://lab.lan:8081", next));
        assert_eq!(
            ask("http://localhost:8080", "", "", "[::1]:9000"),
            found("http://127.0.0.1:9000", "[::1]:9000")
        );
    }

    #[test]
    fn a_domain_gives_every_workload_a_host() {
        let portal = "https://portico.example.org";
        for domain in ["apps.example.org", "*.Apps.example.org."] {
            assert_eq!(ask(portal, "", domain, ""), found("https://nb-1.apps.example.org", ""));
        }
        let with_port = ask("http://localhost:8080", "", "apps.localhost", "127.0.0.1:8081");
        assert_eq!(with_port, found("http://nb-1.apps.localhost:8080", "127.0.0.1:8081"));
        assert_eq!(
            ask(portal, "https://content.example.org:8443/", "", ""),
            found("https://content.example.org:8443", "127.0.0.1:8081")
        );
    }

    #[test]
    fn what_would_not_be_safe_is_refused_with_a_way_out() {
        let portal = "https://portico.example.org";
        for (url, domain, says) in [
            ("https://portico.example.org", "", "the portal's own origin"),
            ("https://portico.example.org:443/", "", "the portal's own origin"),
            ("http://other.example.org", "", "must begin with https://"),
            ("https://other.example.org/path", "", "is no address of a server"),
            ("other.example.org", "", "is no address of a server"),
            ("https://a.test", "b.test", "not both"),
            ("", "example.org", "lies in example.org"),
            ("", "portico.example.org", "lies in portico.example.org"),
            ("", "10.0.0.1", "is an address"),
            ("", "https://apps.example.org", "is no domain name"),
            ("", "apps..org", "is no domain name"),
        ] {
            let error = ask(portal, url, domain, "").unwrap_err();
            assert!(error.contains(says), "{url} {domain}: {error}");
        }
        assert!(ask("portico", "", "", "").unwrap_err().starts_with("public_url:"));
        assert!(ask(portal, "", "", "8081").unwrap_err().contains("Write it as 127.0.0.1:8081"));
    }
}
