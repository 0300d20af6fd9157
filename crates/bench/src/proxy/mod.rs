//! The proxy by itself: `bench proxy-server` puts it before a unix socket, for `scripts/bench-proxy` to measure beside
//! others; `bench proxy-sockets` counts how soon a thousand WebSockets are back after the server was killed.

mod server;
mod sockets;

use std::path::PathBuf;

use anyhow::Context as _;

/// Runs the benchmark that the arguments name.
pub(crate) async fn run(name: &str, arguments: &[String]) -> anyhow::Result<()> {
    let mut arguments = arguments.iter();
    let mut next = |what: &'static str| arguments.next().context(what);
    let folder = PathBuf::from(next("Name a folder for the database.")?);
    let address = next("Name an address, such as 127.0.0.1:8081.")?.parse().context("the address")?;
    match name {
        "proxy-server" => {
            let socket = PathBuf::from(next("Name the unix socket of the workload.")?);
            server::run(&folder, address, socket).await
        }
        _ => {
            let count = next("Name the number of sockets.")?.parse().context("the number of sockets")?;
            sockets::run(&folder, address, count).await
        }
    }
}
