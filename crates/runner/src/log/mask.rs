//! Keeping secrets out of logs.

use aho_corasick::{AhoCorasick, MatchKind};

/// What stands in a log where a secret was.
pub(crate) const MASK: &[u8] = b"***";

/// Values shorter than this are not masked: they would tear holes into everything and hide nothing.
pub(crate) const SHORTEST_SECRET: usize = 4;

/// The platform's own tokens are masked whoever they belong to.
const TOKEN_PREFIX: &[u8] = b"ptk_";
/// So many characters after the prefix make it a token.
const SHORTEST_TOKEN: usize = 8;
/// A token longer than this is masked without waiting for its end.
const LONGEST_TOKEN: usize = 256;

/// Replaces secrets in a stream of bytes, however the stream is cut.
///
/// What could be the start of a secret is held back until it is known. Each line of a secret with several lines (a
/// private key, say) counts as a secret too.
#[derive(Debug)]
pub(crate) struct Masker {
    secrets: Vec<Vec<u8>>,
    first_bytes: [bool; 256],
    longest: usize,
    finder: AhoCorasick,
    held: Vec<u8>,
    inside_long_token: bool,
}

impl Masker {
    pub(crate) fn new<'a>(
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, aho_corasick::BuildError> {
        let mut secrets = vec![TOKEN_PREFIX.to_vec()];
        for value in values {
            let lines = value.lines().map(str::trim);
            for secret in [value, value.trim()].into_iter().chain(lines) {
                if secret.len() >= SHORTEST_SECRET
                    && !secrets.iter().skip(1).any(|known| known == secret.as_bytes())
                {
                    secrets.push(secret.as_bytes().to_vec());
                }
            }
        }
        let mut first_bytes = [false; 256];
        for secret in &secrets {
            first_bytes[usize::from(secret[0])] = true;
        }
        Ok(Masker {
            longest: secrets.iter().map(Vec::len).max().unwrap_or(0),
            finder: AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&secrets)?,
            secrets,
            first_bytes,
            held: Vec::new(),
            inside_long_token: false,
        })
    }

    /// Takes what was written and appends to `out` what may be shown.
    pub(crate) fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let joined;
        let mut bytes = if self.held.is_empty() {
            bytes
        } else {
            joined = [std::mem::take(&mut self.held).as_slice(), bytes].concat();
            &joined[..]
        };
        if self.inside_long_token {
            let rest = token_length(bytes);
            if rest == bytes.len() {
                return;
            }
            self.inside_long_token = false;
            bytes = &bytes[rest..];
        }
        let undecided = self.undecided_from(bytes);
        let mut shown = 0;
        let mut from = 0;
        while let Some(found) = self.finder.find(&bytes[from..]) {
            let (start, mut end) = (from + found.start(), from + found.end());
            if start >= undecided {
                break;
            }
            if found.pattern().as_usize() == 0 {
                let token = token_length(&bytes[end..]);
                if end + token == bytes.len() && token < LONGEST_TOKEN {
                    out.extend_from_slice(&bytes[shown..start]);
                    self.held = bytes[start..].to_vec();
                    return;
                }
                if token < SHORTEST_TOKEN {
                    from = end;
                    continue;
                }
                end += token;
                self.inside_long_token = end == bytes.len();
            }
            out.extend_from_slice(&bytes[shown..start]);
            out.extend_from_slice(MASK);
            (shown, from) = (end, end);
        }
        let undecided = undecided.max(shown);
        out.extend_from_slice(&bytes[shown..undecided]);
        self.held = bytes[undecided..].to_vec();
    }

    /// Nothing follows: gives up what was held back. A start of a secret that is long enough to matter is masked too.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.inside_long_token = false;
        let held = std::mem::take(&mut self.held);
        let is_token = held.starts_with(TOKEN_PREFIX) && held.len() >= TOKEN_PREFIX.len() + SHORTEST_TOKEN;
        let is_start = held.len() >= SHORTEST_SECRET
            && self.secrets.iter().skip(1).any(|secret| secret.starts_with(&held));
        out.extend_from_slice(if is_token || is_start { MASK } else { &held });
    }

    /// Where the longest end of `bytes` begins that is the start, but not the whole, of a secret.
    fn undecided_from(&self, bytes: &[u8]) -> usize {
        let earliest = bytes.len().saturating_sub(self.longest.saturating_sub(1));
        (earliest..bytes.len())
            .find(|start| {
                let end = &bytes[*start..];
                self.first_bytes[usize::from(end[0])]
                    && self.secrets.iter().any(|secret| secret.len() > end.len() && secret.starts_with(end))
            })
            .unwrap_or(bytes.len())
    }
}

fn token_length(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')))
        .unwrap_or(bytes.len())
}
