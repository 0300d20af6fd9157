//! The `/etc` that a workload sees: enough for programs to work, nothing that tells about the machine.

use std::io;
use std::path::{Path, PathBuf};

use crate::spec::Network;

/// Taken from the machine as they are, where they exist.
const FROM_THE_MACHINE: &[&str] = &[
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
    "ssl",
    "pki",
    "ca-certificates",
    "ca-certificates.conf",
    "fonts",
    "localtime",
    "mime.types",
    "magic",
    "OpenCL",
];

/// The user that a workload runs as.
pub(super) const USER: &str = "portico";
pub(super) const USER_ID: u32 = 1000;

/// Writes the files to the new folder `into` and answers what else is to be mounted over it, as names below `/etc`.
pub(super) fn write(
    into: &Path,
    hostname: &str,
    home: &Path,
    network: Network,
) -> io::Result<Vec<&'static str>> {
    fs_err::create_dir(into)?;
    let file = |name: &str, text: String| fs_err::write(into.join(name), text);
    let home = home.display();
    file(
        "passwd",
        format!(
            "root:x:0:0:root:/root:/usr/sbin/nologin\n{USER}:x:{USER_ID}:{USER_ID}::{home}:/bin/bash\n\
             nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        ),
    )?;
    file("group", format!("root:x:0:\n{USER}:x:{USER_ID}:\nnogroup:x:65534:\n"))?;
    file("hosts", format!("127.0.0.1 localhost {hostname}\n::1 localhost ip6-localhost\n"))?;
    file("hostname", format!("{hostname}\n"))?;
    file("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n".into())?;
    file("resolv.conf", resolver(network))?;
    let mut mounted = Vec::new();
    for name in FROM_THE_MACHINE {
        let source = PathBuf::from("/etc").join(name);
        let Ok(found) = fs_err::symlink_metadata(&source) else { continue };
        if found.is_symlink() {
            std::os::unix::fs::symlink(fs_err::read_link(&source)?, into.join(name))?;
            continue;
        }
        // Somewhere to mount it: what is mounted read-only cannot be given new entries later.
        if found.is_dir() {
            fs_err::create_dir(into.join(name))?;
        } else {
            file(name, String::new())?;
        }
        mounted.push(*name);
    }
    Ok(mounted)
}

fn resolver(network: Network) -> String {
    match network {
        Network::None => String::new(),
        Network::Outbound => format!("nameserver {}\n", super::slirp::RESOLVER),
        Network::Host => fs_err::read_to_string("/etc/resolv.conf").unwrap_or_default(),
    }
}
