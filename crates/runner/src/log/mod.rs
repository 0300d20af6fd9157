//! Logs: how they lie on disk, how they are written and how they are read.
//!
//! A log is a folder with two files. `log` holds the output as it was written, but for what is masked or cut.
//! `log.index` holds one record of sixteen bytes per line, both numbers little-endian: where the line starts in `log`
//! and when its first byte arrived, in microseconds since 1970. So any line of any log is found with one read, and a
//! log can be followed while it grows. The last record of a complete log has the offset `u64::MAX`.
//!
//! The index is written after the bytes it speaks of. After a crash it may be behind, never ahead; a reader finds the
//! missing line starts itself, by the rule the writer uses ([`LineCutter`]).

mod flood;
mod mask;
mod port;
mod pump;
mod reader;
mod writer;

pub use port::{Log, LogContent};
pub use reader::{LogLine, LogMark, LogPage, LogReader, SearchPage};

pub(crate) use mask::Masker;
pub(crate) use pump::{LogPump, MARKER};
pub(crate) use writer::{LogWriter, close_orphaned};

/// The name of the file with the output itself.
pub const LOG_FILE: &str = "log";
/// The name of the file with the line starts.
pub const INDEX_FILE: &str = "log.index";

const RECORD_BYTES: usize = 16;
const END_OF_LOG: u64 = u64::MAX;

/// A line longer than this is cut into pages, each counted and shown as a line of its own.
pub const LONGEST_LINE: usize = 64 * 1024;

/// Finds where lines start.
///
/// A line starts at the first byte after a newline, and within a long line after each [`LONGEST_LINE`] bytes; there
/// the cut waits up to three bytes more for the end of a UTF-8 character.
#[derive(Debug, Clone, Default)]
struct LineCutter {
    /// Bytes seen of the current line; 0 between lines.
    length: usize,
}

impl LineCutter {
    /// Calls `start` with the position in `bytes` of each line that starts there.
    fn feed(&mut self, bytes: &[u8], mut start: impl FnMut(usize)) {
        let mut at = 0;
        while at < bytes.len() {
            if self.length == 0 {
                start(at);
            }
            let room = LONGEST_LINE.saturating_sub(self.length);
            let rest = &bytes[at..];
            if let Some(newline) = memchr::memchr(b'\n', &rest[..rest.len().min(room)]) {
                at += newline + 1;
                self.length = 0;
                continue;
            }
            if rest.len() < room {
                self.length += rest.len();
                return;
            }
            at += room;
            self.length += room;
            while let Some(&byte) = bytes.get(at) {
                let inside_character = byte & 0b1100_0000 == 0b1000_0000;
                if byte == b'\n' {
                    // The newline belongs to the page it ends, or an empty line would appear.
                    at += 1;
                    self.length = 0;
                    break;
                }
                if !inside_character || self.length >= LONGEST_LINE + 3 {
                    self.length = 0;
                    break;
                }
                at += 1;
                self.length += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
