//! The text, and where in it something stands.

use std::borrow::Cow;

use crate::{MAX_BYTES, Problem};

/// A text in UTF-8 without a byte order mark, with `\n` as its line end.
pub(crate) struct Source<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Where each line starts, in bytes.
    starts: Vec<usize>,
}

/// Where something is said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Bytes from the start of the text.
    Byte(usize),
    /// A line, from 1, of which no column is known.
    Line(usize),
}

/// What was found on the way.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) faults: Vec<(Place, String)>,
    pub(crate) warnings: Vec<(Place, String)>,
}

/// More would help nobody, and a text of two million bytes may hold as many.
const MAX_NOTES: usize = 100;

impl Notes {
    pub(crate) fn fault(&mut self, place: Place, message: impl Into<String>) {
        if self.faults.len() < MAX_NOTES {
            self.faults.push((place, message.into()));
        }
    }
    pub(crate) fn warn(&mut self, place: Place, message: impl Into<String>) {
        if self.warnings.len() < MAX_NOTES {
            self.warnings.push((place, message.into()));
        }
    }
}

impl<'a> Source<'a> {
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, Problem> {
        let refuse = |line, column, message: &str| Problem { line, column, message: message.to_owned() };
        if bytes.len() > MAX_BYTES {
            return Err(refuse(1, 1, &format!("A vault holds at most {} MiB of text.", MAX_BYTES >> 20)));
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(refuse(1, 1, "This text is in UTF-16. Save it as UTF-8."));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let line = good.matches('\n').count() + 1;
            let column = good.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
            refuse(
                line,
                column,
                "This is not UTF-8 text. Save the file as UTF-8, or type this character anew.",
            )
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // A browser sends what was typed with CRLF, whatever the author's own line ends were.
        let text =
            if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Ok(Self { text, starts })
    }

    /// The line that a byte is on, from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at)
    }

    /// Where a line starts, in bytes; the end of the text if there is no such line.
    pub(crate) fn start(&self, line: usize) -> usize {
        self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len())
    }

    /// Line and column, both from 1.
    pub(crate) fn line_and_column(&self, at: usize) -> (usize, usize) {
        let line = self.line(at);
        let start = self.starts[line - 1];
        (line, self.text.get(start..at).map_or(0, |before| before.chars().count()) + 1)
    }

    pub(crate) fn problems(&self, notes: Vec<(Place, String)>) -> Vec<Problem> {
        let problem = |(place, message)| {
            let (line, column) = match place {
                Place::Byte(at) => self.line_and_column(at),
                Place::Line(line) => (line, 1),
            };
            Problem { line, column, message }
        };
        notes.into_iter().map(problem).collect()
    }
}

/// At most forty characters of a text, for a message.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(40) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
