//! What happens to a workload that writes without end.

use std::time::Duration;

/// How much of what was read may be written, by a bucket of tokens that refills at the allowed rate.
///
/// Once the bucket is empty, whole lines are dropped until a part of it has refilled, so that what is kept are runs of
/// lines in a row rather than single lines torn from their context.
#[derive(Debug)]
pub(crate) struct FloodGate {
    rate: u64,
    burst: u64,
    tokens: u64,
    last: Duration,
    /// Nanoseconds' worth of bytes not yet turned into tokens.
    remainder: u128,
    dropping: Option<Dropped>,
    last_words: LastWords,
    /// Whether the last byte passed on was a newline (or nothing was passed on yet).
    at_line_start: bool,
    bytes_since_newline: usize,
}

/// What was dropped in one go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
}

impl Dropped {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.bytes += bytes.len() as u64;
    }

    fn take_back(&mut self, bytes: &[u8]) {
        self.lines -= memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.bytes -= bytes.len() as u64;
    }
}

/// The end of what is being dropped: should the output end there, its last lines are shown all the same.
#[derive(Debug, Default)]
struct LastWords {
    bytes: Vec<u8>,
    starts_line: bool,
}

impl LastWords {
    fn begin(&mut self, starts_line: bool) {
        self.bytes.clear();
        self.starts_line = starts_line;
    }

    fn push(&mut self, bytes: &[u8]) {
        let too_many = bytes.len().saturating_sub(MOST_LAST_WORDS);
        if too_many > 0 {
            self.starts_line = bytes[too_many - 1] == b'\n';
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(&bytes[too_many..]);
        if self.bytes.len() > 2 * MOST_LAST_WORDS {
            self.shorten();
        }
    }

    /// Whole lines only: of a torn one, the masker might not know a secret again.
    fn take(&mut self) -> Vec<u8> {
        self.shorten();
        let mut bytes = std::mem::take(&mut self.bytes);
        if !self.starts_line {
            let whole = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |newline| newline + 1);
            bytes.drain(..whole);
        }
        bytes
    }

    fn shorten(&mut self) {
        let too_many = self.bytes.len().saturating_sub(MOST_LAST_WORDS);
        if too_many > 0 {
            self.starts_line = self.bytes[too_many - 1] == b'\n';
            self.bytes.drain(..too_many);
        }
    }
}

/// What to do with a piece of output.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict<'a> {
    /// Write it.
    Pass(&'a [u8]),
    /// Nothing of it; it is counted.
    Drop,
    /// First say what was dropped, then write the rest.
    Resume(Dropped, &'a [u8]),
    /// Write this much; from here on lines are dropped.
    Cut(&'a [u8]),
}

/// Without a newline for so long, dropping ends anywhere.
const LONGEST_WAIT_FOR_NEWLINE: usize = 64 * 1024;
/// So much of the end of the output is kept even while lines are dropped.
pub(super) const MOST_LAST_WORDS: usize = 4 * 1024;

impl FloodGate {
    pub(crate) fn new(rate: u64, burst: u64, now: Duration) -> Self {
        FloodGate {
            rate,
            burst,
            tokens: burst,
            last: now,
            remainder: 0,
            dropping: None,
            last_words: LastWords::default(),
            at_line_start: true,
            bytes_since_newline: 0,
        }
    }

    /// Judges the next piece of output, read at `now`.
    pub(crate) fn judge<'a>(&mut self, bytes: &'a [u8], now: Duration) -> Verdict<'a> {
        self.refill(now);
        let Some(mut dropped) = self.dropping else {
            return self.pass(bytes);
        };
        let enough = self.burst.min((self.rate / 4).max(1));
        let newline = memchr::memchr(b'\n', bytes);
        let resume_at = match newline {
            _ if self.tokens < enough => None,
            _ if self.at_line_start => Some(0),
            Some(newline) => Some(newline + 1),
            None if self.bytes_since_newline > LONGEST_WAIT_FOR_NEWLINE => Some(0),
            None => None,
        };
        let Some(resume_at) = resume_at.filter(|at| *at < bytes.len()) else {
            self.drop_piece(dropped, bytes);
            return Verdict::Drop;
        };
        if bytes.len() - resume_at > self.room() {
            // The piece is larger than all that has refilled: not worth starting again.
            self.tokens = 0;
            self.drop_piece(dropped, bytes);
            return Verdict::Drop;
        }
        dropped.add(&bytes[..resume_at]);
        self.dropping = None;
        self.tokens -= (bytes.len() - resume_at) as u64;
        self.note_line_position(bytes);
        Verdict::Resume(dropped, &bytes[resume_at..])
    }

    /// Nothing follows: what was dropped last and not yet said, and the lines after it, which were held back.
    pub(crate) fn finish(&mut self) -> Option<(Dropped, Vec<u8>)> {
        let mut dropped = self.dropping.take()?;
        let last_words = self.last_words.take();
        dropped.take_back(&last_words);
        Some((dropped, last_words))
    }

    fn pass<'a>(&mut self, bytes: &'a [u8]) -> Verdict<'a> {
        let room = self.room();
        if bytes.len() <= room {
            self.tokens -= bytes.len() as u64;
            self.note_line_position(bytes);
            return Verdict::Pass(bytes);
        }
        let kept = memchr::memrchr(b'\n', &bytes[..room]).map_or(room, |newline| newline + 1);
        self.tokens = 0;
        self.note_line_position(&bytes[..kept]);
        self.last_words.begin(self.at_line_start);
        self.drop_piece(Dropped::default(), &bytes[kept..]);
        Verdict::Cut(&bytes[..kept])
    }

    fn drop_piece(&mut self, mut dropped: Dropped, bytes: &[u8]) {
        dropped.add(bytes);
        self.dropping = Some(dropped);
        self.last_words.push(bytes);
        self.note_line_position(bytes);
    }

    fn room(&self) -> usize {
        usize::try_from(self.tokens).unwrap_or(usize::MAX)
    }

    fn note_line_position(&mut self, bytes: &[u8]) {
        if let Some(newline) = memchr::memrchr(b'\n', bytes) {
            self.bytes_since_newline = bytes.len() - newline - 1;
            self.at_line_start = self.bytes_since_newline == 0;
        } else if !bytes.is_empty() {
            self.bytes_since_newline += bytes.len();
            self.at_line_start = false;
        }
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.last).as_nanos();
        self.last = now;
        let earned = passed * u128::from(self.rate) + self.remainder;
        self.remainder = earned % 1_000_000_000;
        let earned = u64::try_from(earned / 1_000_000_000).unwrap_or(u64::MAX);
        self.tokens = self.tokens.saturating_add(earned).min(self.burst);
    }
}
