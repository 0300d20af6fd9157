//! The person's public keys for SSH.

use askama::Template;

use crate::components::{Field, When};
use crate::frame::Frame;

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
