//! From a workload's output to its log.
//!
//! The rules for too much output, all of which leave a line in the log that starts with [`MARKER`]:
//!
//! * Output above the rate limit, once the burst is used up, is dropped by whole lines and counted. Where the output
//!   ends meanwhile, its last lines (up to 4 KiB) are written all the same: they tell how it ended.
//! * A log that reaches its total keeps its beginning; of the rest the last part is kept and added at the end.
//! * When the disk is nearly full, output is dropped until there is room again.
//! * Reading never stops meanwhile, so a workload does not wait for its log. Only a workload that writes more than
//!   [`MOST_READ_PER_SECOND`] is slowed down to that.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::flood::{Dropped, FloodGate, Verdict};
use super::{LogWriter, Masker};
use crate::clock;
use crate::spec::LogLimits;

/// How lines of the platform begin in a log.
pub(crate) const MARKER: &str = "[portico] ";

/// Output is read faster than this only by pausing between reads, so that a shim never needs much of a processor.
pub(crate) const MOST_READ_PER_SECOND: usize = 256 << 20;

/// What arrives within this time is written in one go.
const BATCH: Duration = Duration::from_millis(20);
/// A batch as large as this is written at once.
const FULL_BATCH: usize = 128 << 10;
const READ_BUFFER: usize = 256 << 10;
const PIPE_BUFFER: usize = 1 << 20;
/// A pipe holds no more than this once the workload is gone.
const MOST_AFTER_CLOSING: usize = 4 << 20;
/// How often a full disk is tried again, and how often room is checked while there is some.
const DISK_CHECK: Duration = Duration::from_millis(500);
const DISK_CHECK_BYTES: u64 = 1 << 20;

/// Reads one pipe to its end and writes the log.
#[derive(Debug)]
pub(crate) struct LogPump {
    writer: LogWriter,
    masker: Masker,
    gate: FloodGate,
    limits: LogLimits,
    batch: Vec<u8>,
    batch_at_us: i64,
    batch_since: Duration,
    tail: Option<Tail>,
    disk: Disk,
}

#[derive(Debug, Default)]
struct Tail {
    pieces: VecDeque<(i64, Vec<u8>)>,
    bytes: u64,
    dropped: Dropped,
}

#[derive(Debug, Default)]
struct Disk {
    missing: Dropped,
    full: bool,
    checked: Duration,
    written_since: u64,
}

impl LogPump {
    pub(crate) fn new(writer: LogWriter, masker: Masker, limits: LogLimits) -> Self {
        let now = clock::elapsed();
        LogPump {
            writer,
            masker,
            gate: FloodGate::new(limits.rate_bytes_per_second, limits.burst_bytes, now),
            limits,
            batch: Vec::new(),
            batch_at_us: 0,
            batch_since: now,
            tail: None,
            disk: Disk::default(),
        }
    }

    /// Reads `pipe` until nobody can write to it any more, or until `closing` is hung up and the pipe is empty.
    ///
    /// The second is for a workload that handed its end of the pipe to somebody outside before it died.
    pub(crate) fn drain(&mut self, pipe: &OwnedFd, closing: &OwnedFd) -> io::Result<()> {
        // Fewer, larger reads; refused where the user has used up what pipes may take, which does no harm.
        let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BUFFER);
        let mut buffer = vec![0; READ_BUFFER];
        let mut window = (clock::elapsed(), 0);
        let mut left_after_closing = MOST_AFTER_CLOSING;
        loop {
            let now = clock::elapsed();
            if self.batch.len() >= FULL_BATCH || (!self.batch.is_empty() && now >= self.batch_since + BATCH) {
                self.flush();
            }
            let patience = (!self.batch.is_empty()).then(|| (self.batch_since + BATCH).saturating_sub(now));
            match await_output(pipe, closing, patience)? {
                Output::None => continue,
                Output::Some => {}
                Output::Closing if left_after_closing > 0 => {
                    left_after_closing = left_after_closing.saturating_sub(READ_BUFFER);
                }
                Output::Closing | Output::Closed => return Ok(()),
            }
            let count = match rustix::io::read(pipe, &mut buffer[..]) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            self.take(&buffer[..count]);
            slow_down(&mut window, count);
        }
    }

    /// Adds a line of the platform's own.
    pub(crate) fn note(&mut self, text: &str) {
        self.flush();
        let mut line = String::with_capacity(text.len() + MARKER.len() + 2);
        // Something was cut off in the middle of a line: end it.
        if self.writer.inside_line() {
            line.push('\n');
        }
        line.push_str(MARKER);
        line.push_str(text);
        line.push('\n');
        self.store(line.as_bytes(), clock::wall_us());
    }

    /// Nothing follows: writes what was held back and puts the log on the disk.
    pub(crate) fn finish(&mut self, last_words: &[String]) -> io::Result<()> {
        if let Some((dropped, last_words)) = self.gate.finish() {
            if dropped.bytes > 0 {
                self.note(&format!("{} dropped here", describe(dropped)));
            }
            self.mask(&last_words);
        }
        let mut rest = Vec::new();
        self.masker.finish(&mut rest);
        self.add_to_batch(&rest);
        self.flush();
        if let Some(tail) = self.tail.take() {
            self.write_tail(tail);
        }
        self.report_missing();
        for text in last_words {
            self.note(text);
        }
        self.writer.finish(clock::wall_us())
    }

    fn take(&mut self, bytes: &[u8]) {
        match self.gate.judge(bytes, clock::elapsed()) {
            Verdict::Pass(bytes) => self.mask(bytes),
            Verdict::Drop => {}
            Verdict::Resume(dropped, bytes) => {
                self.note(&format!("{} dropped here", describe(dropped)));
                self.mask(bytes);
            }
            Verdict::Cut(bytes) => {
                self.mask(bytes);
                let mut rest = Vec::new();
                self.masker.finish(&mut rest);
                self.add_to_batch(&rest);
                self.note(&format!(
                    "output is faster than {} per second: lines are being dropped",
                    size(self.limits.rate_bytes_per_second)
                ));
            }
        }
    }

    fn mask(&mut self, bytes: &[u8]) {
        let mut shown = Vec::with_capacity(bytes.len());
        self.masker.feed(bytes, &mut shown);
        self.add_to_batch(&shown);
    }

    fn add_to_batch(&mut self, bytes: &[u8]) {
        if self.batch.is_empty() {
            self.batch_at_us = clock::wall_us();
            self.batch_since = clock::elapsed();
        }
        self.batch.extend_from_slice(bytes);
    }

    /// Writes what has been collected.
    pub(crate) fn flush(&mut self) {
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            self.store(&batch, self.batch_at_us);
            self.batch = batch;
            self.batch.clear();
        }
    }

    fn store(&mut self, bytes: &[u8], at_us: i64) {
        if let Some(tail) = &mut self.tail {
            tail.push(bytes, at_us, self.limits.tail_bytes);
            return;
        }
        let head = self.limits.total_bytes.saturating_sub(self.limits.tail_bytes);
        let room = usize::try_from(head.saturating_sub(self.writer.len())).unwrap_or(usize::MAX);
        if bytes.len() <= room {
            self.write(bytes, at_us);
            return;
        }
        let kept = memchr::memrchr(b'\n', &bytes[..room]).map_or(room, |newline| newline + 1);
        self.write(&bytes[..kept], at_us);
        self.note_past_limit(&format!(
            "this log has reached its limit of {}: of what follows only the last {} will be added, at the end",
            size(self.limits.total_bytes),
            size(self.limits.tail_bytes)
        ));
        let mut tail = Tail::default();
        tail.push(&bytes[kept..], at_us, self.limits.tail_bytes);
        self.tail = Some(tail);
    }

    fn write_tail(&mut self, tail: Tail) {
        let Tail { mut pieces, mut dropped, .. } = tail;
        // Begin with a whole line where something before it is missing.
        if dropped.bytes > 0
            && let Some((_, first)) = pieces.front_mut()
        {
            let cut = memchr::memchr(b'\n', first).map_or(0, |newline| newline + 1);
            dropped.add(&first[..cut]);
            first.drain(..cut);
            self.note_past_limit(&format!("{} dropped here", describe(dropped)));
        }
        for (at_us, piece) in pieces {
            self.write(&piece, at_us);
        }
    }

    /// A line of the platform's own that does not count against the limit.
    fn note_past_limit(&mut self, text: &str) {
        let end_line = if self.writer.inside_line() { "\n" } else { "" };
        self.write(format!("{end_line}{MARKER}{text}\n").as_bytes(), clock::wall_us());
    }

    fn write(&mut self, bytes: &[u8], at_us: i64) {
        if !self.disk_has_room() {
            self.disk.missing.add(bytes);
            return;
        }
        self.report_missing();
        self.disk.written_since += bytes.len() as u64;
        let (taken, outcome) = self.writer.append(bytes, at_us);
        if outcome.is_err() {
            self.disk.full = true;
            self.disk.missing.add(&bytes[taken..]);
        }
    }

    fn disk_has_room(&mut self) -> bool {
        let now = clock::elapsed();
        let due = now >= self.disk.checked + DISK_CHECK;
        if due || (!self.disk.full && self.disk.written_since >= DISK_CHECK_BYTES) {
            self.disk.checked = now;
            self.disk.written_since = 0;
            self.disk.full = rustix::fs::fstatvfs(self.writer.file()).is_ok_and(|found| {
                found.f_bavail.saturating_mul(found.f_frsize) < self.limits.keep_free_bytes
            });
        }
        !self.disk.full
    }

    fn report_missing(&mut self) {
        let missing = std::mem::take(&mut self.disk.missing);
        if missing.bytes == 0 {
            return;
        }
        let end_line = if self.writer.inside_line() { "\n" } else { "" };
        let text = format!("{end_line}{MARKER}the disk was full: {} missing here\n", describe(missing));
        let (taken, _) = self.writer.append(text.as_bytes(), clock::wall_us());
        if taken == 0 {
            self.disk.missing = missing;
        }
    }
}

impl Tail {
    fn push(&mut self, bytes: &[u8], at_us: i64, limit: u64) {
        self.pieces.push_back((at_us, bytes.to_vec()));
        self.bytes += bytes.len() as u64;
        while self.bytes > limit {
            let over = usize::try_from(self.bytes - limit).unwrap_or(usize::MAX);
            let Some((_, first)) = self.pieces.front_mut() else { break };
            let cut = over.min(first.len());
            self.dropped.add(&first[..cut]);
            self.bytes -= cut as u64;
            if cut == first.len() {
                self.pieces.pop_front();
            } else {
                first.drain(..cut);
            }
        }
    }
}

/// What waiting for output came to.
enum Output {
    /// Nothing yet.
    None,
    Some,
    /// There is some, but no more is wanted than what is there.
    Closing,
    /// There is none and no more is wanted.
    Closed,
}

fn await_output(pipe: &OwnedFd, closing: &OwnedFd, patience: Option<Duration>) -> io::Result<Output> {
    let timeout = patience.map(|time| Timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) });
    let mut fds = [
        PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN),
        PollFd::from_borrowed_fd(closing.as_fd(), PollFlags::IN),
    ];
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) => {}
        Err(rustix::io::Errno::INTR) => return Ok(Output::None),
        Err(error) => return Err(error.into()),
    }
    Ok(match (fds[0].revents().is_empty(), fds[1].revents().is_empty()) {
        (true, true) => Output::None,
        (true, false) => Output::Closed,
        (false, true) => Output::Some,
        (false, false) => Output::Closing,
    })
}

fn slow_down(window: &mut (Duration, usize), count: usize) {
    const WINDOW: Duration = Duration::from_millis(50);
    let now = clock::elapsed();
    if now >= window.0 + WINDOW {
        *window = (now, 0);
    }
    window.1 += count;
    if window.1 > MOST_READ_PER_SECOND / 20 {
        std::thread::sleep((window.0 + WINDOW).saturating_sub(now));
    }
}

fn describe(dropped: Dropped) -> String {
    format!(
        "{} {} ({}) were",
        dropped.lines,
        if dropped.lines == 1 { "line" } else { "lines" },
        size(dropped.bytes)
    )
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
