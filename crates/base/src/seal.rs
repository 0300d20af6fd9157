//! Secrets at rest: a ring of keys that seals texts, hashes secrets and signs tokens.
//!
//! The ring never lies in the database. Its first key is the present one; those behind it open what was sealed earlier.
//! Texts are sealed with XChaCha20-Poly1305 (RFC 8439 with a nonce of 24 bytes, so that random nonces never meet) and
//! bound to their place, so that a row's secret can't be moved into another row. Hashes and signatures are HMAC-SHA256
//! under keys derived for one purpose each.

use std::fmt;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::secret::{Secret, random_base36};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const ID_CHARACTERS: usize = 8;
/// The form of sealed texts.
const FORM: &str = "x1";

/// What a key is used for besides sealing. Keys of one purpose say nothing about those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Hashes of the secrets of access keys.
    AccessKeys,
    /// Signatures of the tokens that ClearML's clients get for an access key.
    ClientTokens,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::AccessKeys => "portico access keys 1",
            Self::ClientTokens => "portico client tokens 1",
        }
    }
}

#[derive(Clone)]
struct Key {
    id: String,
    bytes: [u8; KEY_BYTES],
}

impl Key {
    fn new(clock: &dyn Clock) -> Self {
        let mut bytes = [0; KEY_BYTES];
        clock.fill_random(&mut bytes);
        Self { id: random_base36(clock, ID_CHARACTERS), bytes }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.bytes.into())
    }

    /// HMAC of the bytes under the key of this purpose.
    fn mac(&self, purpose: Purpose, bytes: &[u8]) -> Result<Hmac<Sha256>> {
        let wrong = |error| Error::internal_from("derive a key", error);
        let derived = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.bytes)
            .map_err(wrong)?
            .chain_update(purpose.label())
            .finalize()
            .into_bytes();
        let keyed = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&derived).map_err(wrong)?;
        Ok(keyed.chain_update(bytes))
    }
}

/// See the module's text. Cheap to clone; clones share whether the ring may be used.
#[derive(Clone)]
pub struct KeyRing {
    /// At least one; the first is the present one.
    keys: Arc<[Key]>,
    /// Why it may not be used, once that is known.
    unusable: Arc<OnceLock<String>>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

impl KeyRing {
    /// A ring of one new key.
    pub fn generate(clock: &dyn Clock) -> Self {
        Self::of(vec![Key::new(clock)])
    }

    fn of(keys: Vec<Key>) -> Self {
        Self { keys: keys.into(), unusable: Arc::default() }
    }

    /// The same with a new key in front.
    #[must_use]
    pub fn rotated(&self, clock: &dyn Clock) -> Self {
        Self::of([vec![Key::new(clock)], self.keys.to_vec()].concat())
    }

    /// Reads what [`KeyRing::to_text`] wrote: a key on each line, or with commas between, as `ID:BASE64`.
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.split('#').next()));
        let mut keys: Vec<Key> = Vec::new();
        for (number, line) in lines {
            for entry in line.unwrap_or_default().split(',').map(str::trim).filter(|entry| !entry.is_empty())
            {
                let key = parse_key(entry).ok_or_else(|| {
                    Error::invalid(format!("Line {number} of the sealing keys is no key."))
                        .with_hint("A key is written as ID:BASE64, with 32 bytes in base64.")
                })?;
                if keys.iter().any(|other| other.id == key.id) {
                    return Err(Error::invalid(format!("Two sealing keys are called “{}”.", key.id)));
                }
                keys.push(key);
            }
        }
        if keys.is_empty() {
            return Err(Error::invalid("There is no sealing key."));
        }
        Ok(Self::of(keys))
    }

    /// All keys, the present one first. Whoever has this text can open everything.
    pub fn to_text(&self) -> Secret {
        let lines = self.keys.iter().map(|key| format!("{}:{}\n", key.id, STANDARD.encode(key.bytes)));
        Secret::new(lines.collect::<String>())
    }

    /// The names of the keys, the present one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }

    /// Refuses everything from now on, for this reason; what is sealed with wrong keys would be lost.
    pub fn refuse(&self, why: impl Into<String>) {
        // The first reason stays.
        let _ = self.unusable.set(why.into());
    }

    /// Whether it can be used; otherwise why not.
    pub fn check(&self) -> Result<()> {
        match self.unusable.get() {
            None => Ok(()),
            Some(why) => Err(Error::unavailable(why.clone())
                .with_code("sealing_keys")
                .with_hint("Whoever runs the server has to start it with the right sealing keys.")),
        }
    }

    fn current(&self) -> Result<&Key> {
        self.check()?;
        self.keys.first().ok_or_else(|| Error::internal("a ring without a key"))
    }

    fn key(&self, id: &str) -> Result<&Key> {
        self.check()?;
        self.keys.iter().find(|key| key.id == id).ok_or_else(|| {
            Error::unavailable(format!("The sealing key “{id}” is missing."))
                .with_code("sealing_keys")
                .with_hint("Whoever runs the server has to put it back into the sealing keys.")
        })
    }

    /// Seals a text for one place, such as `vaults/<id>/content`.
    pub fn seal(&self, clock: &dyn Clock, place: &str, text: &str) -> Result<String> {
        let key = self.current()?;
        let mut nonce = [0; NONCE_BYTES];
        clock.fill_random(&mut nonce);
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::internal("seal a secret"))?;
        let bytes = [&nonce[..], &sealed].concat();
        Ok(format!("{FORM}.{}.{}", key.id, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Secret> {
        let broken = || Error::internal(format!("what is sealed at {place} can't be opened"));
        let mut parts = sealed.splitn(3, '.');
        let (Some(FORM), Some(id), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(broken());
        };
        let key = self.key(id)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| broken())?;
        let (nonce, bytes) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        let payload = Payload { msg: bytes, aad: place.as_bytes() };
        let opened = key.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| broken())?;
        String::from_utf8(opened).map(Secret::new).map_err(|_| broken())
    }

    /// Whether it was sealed with an older key than the present one.
    pub fn is_old(&self, sealed: &str) -> bool {
        let id = sealed.split('.').nth(1);
        id != self.ids().next()
    }

    /// How a secret with too many bits to guess is kept: `KEY.HMAC`.
    pub fn hash(&self, purpose: Purpose, secret: &str) -> Result<String> {
        let key = self.current()?;
        let mac = key.mac(purpose, secret.as_bytes())?.finalize().into_bytes();
        Ok(format!("{}.{}", key.id, URL_SAFE_NO_PAD.encode(mac)))
    }

    /// Whether this is the secret of a hash, in constant time.
    pub fn matches(&self, purpose: Purpose, secret: &str, hash: &str) -> Result<bool> {
        let Some((id, mac)) = hash.split_once('.') else { return Ok(false) };
        let key = self.key(id)?;
        let Ok(mac) = URL_SAFE_NO_PAD.decode(mac) else { return Ok(false) };
        Ok(key.mac(purpose, secret.as_bytes())?.verify_slice(&mac).is_ok())
    }
}

fn parse_key(entry: &str) -> Option<Key> {
    let (id, bytes) = entry.split_once(':')?;
    let is_name = !id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let bytes = STANDARD.decode(bytes.trim()).ok()?;
    let bytes = bytes.try_into().ok()?;
    is_name.then(|| Key { id: id.to_owned(), bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{MockClock, Timestamp};
    use crate::error::ErrorKind;

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let clock = MockClock::new(Timestamp(0), 1);
        let ring = KeyRing::generate(&*clock);
        let sealed = ring.seal(&*clock, "vaults/1", "s3 key").unwrap();
        assert!(!sealed.contains("s3"));
        assert_ne!(ring.seal(&*clock, "vaults/1", "s3 key").unwrap(), sealed, "no nonce comes twice");
        assert_eq!(ring.open("vaults/1", &sealed).unwrap().expose(), "s3 key");
        assert!(ring.open("vaults/2", &sealed).is_err());
        let flipped = if sealed.ends_with('A') { "B" } else { "A" };
        assert!(ring.open("vaults/1", &format!("{}{flipped}", &sealed[..sealed.len() - 1])).is_err());
        for nonsense in ["", "x1", "x1.a", "x1..", "x2.a.b", &sealed[..30]] {
            assert!(ring.open("vaults/1", nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_rotated_ring_opens_what_was_sealed_before() {
        let clock = MockClock::new(Timestamp(0), 1);
        let old = KeyRing::generate(&*clock);
        let sealed = old.seal(&*clock, "here", "text").unwrap();
        let hash = old.hash(Purpose::AccessKeys, "secret").unwrap();
        let new = KeyRing::parse(old.rotated(&*clock).to_text().expose()).unwrap();
        assert_eq!(new.ids().nth(1), old.ids().next());
        assert_eq!(new.open("here", &sealed).unwrap().expose(), "text");
        assert!(new.is_old(&sealed) && !old.is_old(&sealed));
        assert!(new.matches(Purpose::AccessKeys, "secret", &hash).unwrap());
        assert!(!new.matches(Purpose::AccessKeys, "other", &hash).unwrap());
        assert!(!new.matches(Purpose::ClientTokens, "secret", &hash).unwrap());
        let missing = KeyRing::generate(&*clock).open("here", &sealed).unwrap_err();
        assert_eq!((missing.kind(), missing.code()), (ErrorKind::Unavailable, "sealing_keys"));
    }

    #[test]
    fn a_ring_that_is_refused_does_nothing() {
        let clock = MockClock::new(Timestamp(0), 1);
        let ring = KeyRing::generate(&*clock);
        let sealed = ring.seal(&*clock, "here", "text").unwrap();
        let shared = ring.clone();
        shared.refuse("These are other keys than the database's.");
        assert_eq!(shared.check().unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(ring.seal(&*clock, "here", "text").is_err());
        assert_eq!(ring.open("here", &sealed).unwrap_err().code(), "sealing_keys");
        assert!(ring.hash(Purpose::AccessKeys, "secret").is_err());
    }

    #[test]
    fn keys_are_read_line_by_line() {
        let clock = MockClock::new(Timestamp(0), 1);
        let text = KeyRing::generate(&*clock).rotated(&*clock).to_text();
        assert_eq!(KeyRing::parse(&format!("# ours\n\n{}", text.expose())).unwrap().ids().count(), 2);
        let on_one_line = text.expose().trim().replace('\n', ",");
        assert_eq!(KeyRing::parse(&on_one_line).unwrap().ids().count(), 2);
        for (wrong, says) in [
            ("", "no sealing key"),
            ("a:b", "Line 1"),
            ("# x\nnonsense", "Line 2"),
            ("a:AAAA", "Line 1"),
            (&format!("{0}{0}", text.expose()), "Two sealing keys"),
        ] {
            let error = KeyRing::parse(wrong).unwrap_err();
            assert!(error.message().contains(says), "{wrong}: {}", error.message());
        }
        assert!(!format!("{:?}", KeyRing::generate(&*clock)).contains('='), "no key is shown");
    }
}
