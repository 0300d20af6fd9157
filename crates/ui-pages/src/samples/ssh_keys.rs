//! Samples of [`SshKeysPage`].

use crate::components::Field;
use crate::frame::Entry;
use crate::samples::{self, Samples};
use crate::ssh_keys::{SshKeyRow, SshKeysPage, SshServer};

/// The key of the server of the samples.
pub(crate) fn server() -> SshServer {
    let fingerprint = "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ".to_owned();
    let known_hosts = "[portico.example]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
    SshServer { fingerprint, known_hosts: known_hosts.to_owned() }
}

impl Samples for SshKeysPage {
    const NAME: &'static str = "ssh-keys";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |id: &str, name: &str, used: Option<&str>| SshKeyRow {
            id: id.into(),
            name: name.into(),
            algorithm: "ssh-ed25519".into(),
            fingerprint: "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ".into(),
            created: samples::when("08:00:00", "12 days ago"),
            last_used: used.map(|words| samples::when("10:00:00", words)),
        };
        let empty = Self {
            frame: samples::frame("SSH keys", Entry::Other),
            server: Some(server()),
            ..Self::default()
        };
        let long = "ada@a-laptop-with-a-name-that-goes-on-and-on-for-sixty-chars";
        let typical =
            Self { keys: vec![row("1", "laptop", Some("4 min ago")), row("2", long, None)], ..empty.clone() };
        let off = Self { server: None, ..typical.clone() };
        let errors = Self {
            name: Field::new("laptop"),
            public_key: Field::bad(
                "ssh-rsa AAAA",
                "RSA keys are not taken. Make one with: ssh-keygen -t ed25519",
            ),
            error: Some("No key is added yet. Correct the marked fields.".into()),
            ..typical.clone()
        };
        vec![("empty", empty), ("typical", typical), ("off", off), ("errors", errors)]
    }
}
