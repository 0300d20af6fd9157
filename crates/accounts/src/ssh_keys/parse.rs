//! What a person may paste as their public key.

use ssh_key::{Algorithm, HashAlg, PublicKey};

/// No key of a kind that is taken is as long as this.
const LONGEST: usize = 4096;
const HOW: &str = "Make one with: ssh-keygen -t ed25519";

/// A public key that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) algorithm: String,
    /// `SHA256:` and 43 characters, as `ssh-keygen -l` shows it.
    pub(super) fingerprint: String,
    /// What stands behind the key, such as `ada@laptop`.
    pub(super) comment: String,
}

/// Reads the one line of a file such as `~/.ssh/id_ed25519.pub`, or says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Parsed, String> {
    let refused = |sentence: &str| Err(sentence.to_owned());
    let text = text.trim();
    if text.contains("PRIVATE KEY") || text.starts_with("PuTTY-User-Key-File") {
        return refused(
            "This is a private key, and it was sent to the server. Nothing is saved, but replace the key: make a new \
             one with ssh-keygen -t ed25519, and paste the file that ends in .pub.",
        );
    }
    if text.is_empty() {
        return refused("Paste the line of your public key, from a file such as ~/.ssh/id_ed25519.pub.");
    }
    if text.len() > LONGEST || text.lines().count() != 1 {
        return refused("Paste one key: the single line of a file such as ~/.ssh/id_ed25519.pub.");
    }
    let kind = text.split_whitespace().next().unwrap_or_default();
    match kind {
        "ssh-rsa" => {
            return Err(format!("RSA keys are not taken. {HOW}"));
        }
        "ssh-dss" => {
            return Err(format!("DSA keys are broken and not taken. {HOW}"));
        }
        _ => {}
    }
    let Ok(key) = PublicKey::from_openssh(text) else {
        return refused(
            "This is no public key of OpenSSH. It begins with ssh-ed25519 or ecdsa-sha2-, and is the whole line of a \
             file such as ~/.ssh/id_ed25519.pub.",
        );
    };
    if !matches!(key.algorithm(), Algorithm::Ed25519 | Algorithm::Ecdsa { .. }) {
        return Err(format!("Keys of the kind {} are not taken. {HOW}", base::names::cut(kind, 40)));
    }
    Ok(Parsed {
        algorithm: key.algorithm().as_str().to_owned(),
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        comment: text.split_whitespace().skip(2).collect::<Vec<_>>().join(" "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti ada@laptop";

    #[test]
    fn a_key_is_known_by_its_fingerprint() {
        let parsed = parse(&format!("  {ED25519}\r\n")).unwrap();
        assert_eq!(parsed.algorithm, "ssh-ed25519");
        assert_eq!(parsed.fingerprint, "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ");
        assert_eq!(parsed.comment, "ada@laptop");
    }

    #[test]
    fn what_is_no_usable_public_key_is_refused_with_the_way_out() {
        let truncated = &ED25519[..40];
        let private =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAA\n-----END OPENSSH PRIVATE KEY-----";
        for (text, says) in [
            (private, "replace the key"),
            ("PuTTY-User-Key-File-3: ssh-ed25519", "replace the key"),
            ("", "Paste the line"),
            (truncated, "no public key of OpenSSH"),
            ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== a", "RSA keys are not taken"),
            ("ssh-dss AAAA a", "DSA keys are broken"),
            ("command=\"id\" ssh-ed25519 AAAA", "no public key of OpenSSH"),
            ("hello", "no public key of OpenSSH"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
        let two = format!("{ED25519}\n{ED25519}");
        assert!(parse(&two).unwrap_err().contains("Paste one key"));
    }
}
