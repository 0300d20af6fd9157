//! Whether browsers can get to the content origin, as far as that can be seen from this machine.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use proxy::ContentAddress;
use runner::{Capability, CapabilityState};
use tokio::net::TcpStream;
use url::Url;

/// How long a DNS look-up or a connection attempt may take.
const TIMEOUT: Duration = Duration::from_secs(3);
/// A workload of this name stands for all.
const ANY: &str = "portico-doctor";

/// Where the content origin is, whether its name is known here, and whether it answers.
pub(super) async fn content_origin(address: &ContentAddress) -> Capability {
    probe(address, async |host| Ok(tokio::net::lookup_host(host).await?.collect())).await
}

async fn probe(
    address: &ContentAddress,
    resolve: impl AsyncFn((String, u16)) -> io::Result<Vec<SocketAddr>>,
) -> Capability {
    let (mode, origin_text) = match address {
        ContentAddress::Port { origin } => ("one origin for all workloads", origin.clone()),
        ContentAddress::Domain { .. } => ("an origin for each workload", address.origin("*")),
    };
    let capability = |state, what: String, fix: Option<String>| Capability {
        name: "content-origin",
        state,
        detail: format!("{origin_text}, {mode}; {what}"),
        fix,
    };
    let url = address.origin(ANY).parse::<Url>().ok();
    let host = url.as_ref().and_then(|url| {
        Some((url.host_str()?.trim_matches(['[', ']']).to_owned(), url.port_or_known_default()?))
    });
    let Some((host, port)) = host else {
        let fix = "Check PORTICO_CONTENT_URL and PORTICO_CONTENT_DOMAIN.".to_owned();
        return capability(CapabilityState::Missing, "this is no address".to_owned(), Some(fix));
    };
    let found = tokio::time::timeout(TIMEOUT, resolve((host.clone(), port))).await;
    let addresses = found.ok().and_then(Result::ok).unwrap_or_default();
    if addresses.is_empty() {
        let fix = match address {
            ContentAddress::Domain { domain, .. } => format!(
                "Add a DNS record for *.{domain} that leads to this server, or to the reverse proxy before it."
            ),
            ContentAddress::Port { .. } => {
                "Set PORTICO_CONTENT_URL to an address that people's machines know.".to_owned()
            }
        };
        return capability(CapabilityState::Degraded, format!("{host} is not known here"), Some(fix));
    }
    let reached = tokio::time::timeout(TIMEOUT, TcpStream::connect(&*addresses)).await;
    let what = match reached {
        Ok(Ok(_)) => "something listens there",
        // The doctor is often asked before the server runs.
        _ => "nothing listens there now, as when the server does not run",
    };
    capability(CapabilityState::Ok, what.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_content_origin_is_looked_up_and_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let content = ContentAddress::Port { origin: format!("http://localhost:{}", address.port()) };
        let resolve = async |host: (String, u16)| {
            assert_eq!(host, ("localhost".to_owned(), address.port()));
            Ok(vec![address])
        };
        let found = probe(&content, resolve).await;
        assert_eq!(found.state, CapabilityState::Ok);
        assert!(
            found.detail.contains("one origin for all workloads; something listens there"),
            "{}",
            found.detail
        );
        drop(listener);
        let found = probe(&content, resolve).await;
        assert_eq!(found.state, CapabilityState::Ok);
        assert!(found.detail.contains("nothing listens there now"), "{}", found.detail);
    }

    #[tokio::test]
    async fn a_name_that_nobody_knows_is_told_with_the_record_that_is_missing() {
        let content =
            ContentAddress::Domain { is_https: true, domain: "apps.example.org".to_owned(), port: None };
        let resolve = async |host: (String, u16)| {
            assert_eq!(host, ("portico-doctor.apps.example.org".to_owned(), 443));
            Err(io::ErrorKind::NotFound.into())
        };
        let found = probe(&content, resolve).await;
        assert_eq!(found.state, CapabilityState::Degraded);
        assert!(
            found.detail.starts_with("https://*.apps.example.org, an origin for each workload;"),
            "{}",
            found.detail
        );
        assert!(found.fix.unwrap().contains("*.apps.example.org"));
        let content = ContentAddress::Port { origin: "http://lab.lan:8081".to_owned() };
        let found = probe(&content, async |_| Ok(Vec::new())).await;
        assert!(found.fix.unwrap().contains("PORTICO_CONTENT_URL"));
    }
}
