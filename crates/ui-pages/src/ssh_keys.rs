//! The person's public keys for SSH.

use askama::Template;

use crate::Page;
use crate::components::{Field, When};
use crate::frame::{Entry, Frame};
use crate::samples;

/// One key.
#[derive(Clone, Debug, Default)]
pub struct SshKeyRow {
    pub id: String,
    pub name: String,
    /// Such as `ssh-ed25519`.
    pub algorithm: String,
    /// Such as `SHA256:…`.
    pub fingerprint: String,
    pub created: When,
    /// Absent: never.
    pub last_used: Option<When>,
}

/// How people know that a server is this one.
#[derive(Clone, Debug, Default)]
pub struct SshServer {
    pub fingerprint: String,
    /// The line for `~/.ssh/known_hosts`.
    pub known_hosts: String,
}

/// What reaches one notebook by SSH.
#[derive(Clone, Debug, Default)]
pub struct SshBlock {
    /// For `~/.ssh/config`.
    pub config: String,
    /// Such as `ssh research.vision`.
    pub command: String,
    pub server: SshServer,
    /// Whether the person has a key yet.
    pub has_key: bool,
}

/// `GET` and `POST /profile/ssh-keys`; fields `name` and `key`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "profile/ssh_keys.html")]
pub struct SshKeysPage {
    pub frame: Frame,
    pub keys: Vec<SshKeyRow>,
    /// Absent: SSH is off here.
    pub server: Option<SshServer>,
    pub name: Field,
    pub public_key: Field,
    pub error: Option<String>,
}

/// For samples.
pub(crate) fn sample_server() -> SshServer {
    let fingerprint = "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ".to_owned();
    let known_hosts = "[portico.example]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
    SshServer { fingerprint, known_hosts: known_hosts.to_owned() }
}

impl Page for SshKeysPage {
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
            server: Some(sample_server()),
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
