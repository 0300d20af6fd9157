//! Bearer secrets: how they look, how they are kept.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::clock::Clock;

/// A secret text that shows itself to nobody by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The text itself. Every call is a place where it could leak.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARACTERS: usize = 32;
const CHECKSUM_CHARACTERS: usize = 6;
/// The prefix of API tokens, known to secret scanners.
pub const TOKEN_PREFIX: &str = "ptk_";

/// `length` random characters of `0-9A-Za-z` (5.95 bits each).
pub fn random_text(clock: &dyn Clock, length: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut buffer = [0; 64];
    while text.len() < length {
        clock.fill_random(&mut buffer);
        // Bytes of 248 and more are left out: 248 is the largest multiple of 62, so every character is as likely.
        let fair =
            buffer.iter().filter(|byte| **byte < 248).map(|byte| ALPHABET[usize::from(byte % 62)] as char);
        text.extend(fair.take(length - text.len()));
    }
    text
}

/// `length` random characters of `0-9a-z`, as job ids carry them.
pub fn random_base36(clock: &dyn Clock, length: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut buffer = [0; 16];
    while text.len() < length {
        clock.fill_random(&mut buffer);
        let fair = buffer
            .iter()
            .filter(|byte| **byte < 252)
            .map(|byte| char::from_digit(u32::from(byte % 36), 36).unwrap_or('0'));
        text.extend(fair.take(length - text.len()));
    }
    text
}

/// A new API token: `ptk_`, 32 random characters (190 bits) and a checksum of 6, so that a scanner can tell a real
/// one from a look-alike without asking the server.
pub fn new_token(clock: &dyn Clock) -> Secret {
    let random = random_text(clock, RANDOM_CHARACTERS);
    let checksum = checksum(&random);
    Secret::new(format!("{TOKEN_PREFIX}{random}{checksum}"))
}

/// Whether the text has a token's shape and its checksum holds.
pub fn looks_like_token(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(TOKEN_PREFIX) else { return false };
    rest.len() == RANDOM_CHARACTERS + CHECKSUM_CHARACTERS
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && checksum(&rest[..RANDOM_CHARACTERS]) == rest[RANDOM_CHARACTERS..]
}

fn checksum(random: &str) -> String {
    let mut value = crc32fast::hash(random.as_bytes());
    let mut text = String::with_capacity(CHECKSUM_CHARACTERS);
    for _ in 0..CHECKSUM_CHARACTERS {
        text.push(ALPHABET[(value % 62) as usize] as char);
        value /= 62;
    }
    text
}

/// How random secrets are kept at rest. They have too many bits to guess, so one round of SHA-256 is enough.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// SHA-256 of the bytes in hex.
pub fn hex_digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares in constant time: it does not depend on where the texts differ, so there is nothing to time.
pub fn equal(a: &str, b: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{MockClock, Timestamp};

    #[test]
    fn tokens_carry_a_checksum() {
        let clock = MockClock::new(Timestamp(0), 1);
        let token = new_token(&*clock);
        assert_eq!(token.expose().len(), 42);
        assert!(looks_like_token(token.expose()));
        let mut forged = token.expose().to_owned();
        forged.replace_range(5..6, if &forged[5..6] == "A" { "B" } else { "A" });
        assert!(!looks_like_token(&forged));
        assert_ne!(new_token(&*clock), token);
        assert_eq!(format!("{token:?}"), "Secret(…)");
    }
}
