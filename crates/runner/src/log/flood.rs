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

impl FloodGate {
    pub(crate) fn new(rate: u64, burst: u64, now: Duration) -> Self {
        FloodGate {
            rate,
            burst,
            tokens: burst,
            last: now,
            remainder: 0,
            dropping: None,
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
            dropped.add(bytes);
            self.note_line_position(bytes);
            self.dropping = Some(dropped);
            return Verdict::Drop;
        };
        dropped.add(&bytes[..resume_at]);
        self.dropping = None;
        match self.pass(&bytes[resume_at..]) {
            Verdict::Pass(rest) => Verdict::Resume(dropped, rest),
            // The piece is larger than all that has refilled: not worth starting again.
            _ => {
                dropped.add(&bytes[resume_at..]);
                self.note_line_position(bytes);
                self.dropping = Some(dropped);
                self.tokens = 0;
                Verdict::Drop
            }
        }
    }

    /// Nothing follows: what was dropped last and not yet said.
    pub(crate) fn finish(&mut self) -> Option<Dropped> {
        self.dropping.take()
    }

    fn pass<'a>(&mut self, bytes: &'a [u8]) -> Verdict<'a> {
        let room = usize::try_from(self.tokens).unwrap_or(usize::MAX);
        if bytes.len() <= room {
            self.tokens -= bytes.len() as u64;
            self.note_line_position(bytes);
            return Verdict::Pass(bytes);
        }
        let kept = memchr::memrchr(b'\n', &bytes[..room]).map_or(room, |newline| newline + 1);
        let mut dropped = Dropped::default();
        dropped.add(&bytes[kept..]);
        self.dropping = Some(dropped);
        self.tokens = 0;
        self.note_line_position(bytes);
        Verdict::Cut(&bytes[..kept])
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
