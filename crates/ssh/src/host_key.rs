//! The key by which clients know this server.

use std::io::Write as _;
use std::path::Path;

use base::{Clock, Error, Result};
use fs_err::os::unix::fs::OpenOptionsExt as _;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::ssh_key::{HashAlg, LineEnding};
use russh::keys::{Algorithm, PrivateKey};

/// The server's own key; what it shows of it is public.
#[derive(Clone)]
pub struct HostKey(PrivateKey);

impl HostKey {
    /// Reads the key, or makes one where there is none yet; only the server's account may read the file.
    pub fn load_or_make(path: &Path, clock: &dyn Clock) -> Result<Self> {
        match fs_err::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = Self::make(clock)?;
                key.write(path).map_err(|error| Error::internal_from("write the SSH host key", error))?;
                Ok(key)
            }
            Err(error) => Err(Error::internal_from("read the SSH host key", error)),
        }
    }

    /// Reads a key as `ssh-keygen -t ed25519` makes it, without a passphrase.
    pub fn parse(text: &str) -> Result<Self> {
        let unusable = || {
            Error::invalid("The SSH host key can't be used.")
                .with_hint("It must be an Ed25519 key without a passphrase: ssh-keygen -t ed25519 -N ''")
        };
        let key = PrivateKey::from_openssh(text).map_err(|_| unusable())?;
        if key.is_encrypted() || key.algorithm() != Algorithm::Ed25519 {
            return Err(unusable());
        }
        Ok(Self(key))
    }

    fn make(clock: &dyn Clock) -> Result<Self> {
        let mut seed = [0; 32];
        clock.fill_random(&mut seed);
        let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed));
        let key = PrivateKey::new(pair, "portico");
        key.map(Self).map_err(|error| Error::internal_from("make the SSH host key", error))
    }

    /// Whole or not at all.
    fn write(&self, path: &Path) -> std::io::Result<()> {
        let text = self.0.to_openssh(LineEnding::LF).map_err(std::io::Error::other)?;
        let new = path.with_extension("new");
        let mut file =
            fs_err::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs_err::rename(&new, path)
    }

    /// As clients show it: `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// As it stands in a `known_hosts` file, behind the host: `ssh-ed25519 …`.
    pub fn public_line(&self) -> String {
        let line = self.0.public_key().to_openssh().unwrap_or_default();
        line.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn private(&self) -> PrivateKey {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use base::SystemClock;

    use super::*;

    #[test]
    fn it_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ssh_host_key");
        let made = HostKey::load_or_make(&path, &SystemClock).unwrap();
        let again = HostKey::load_or_make(&path, &SystemClock).unwrap();
        assert_eq!(made.fingerprint(), again.fingerprint());
        assert!(made.public_line().starts_with("ssh-ed25519 AAAA"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let other = HostKey::load_or_make(&folder.path().join("other"), &SystemClock).unwrap();
        assert_ne!(made.fingerprint(), other.fingerprint());
        assert!(HostKey::parse("nonsense").is_err());
    }
}
