//! Reading a log, also while it grows.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use serde::Serialize;
use tokio::io::AsyncReadExt;

use crate::records::{EXIT, LOST};

use super::{END_OF_LOG, INDEX_FILE, LOG_FILE, LineCutter, Log, LogContent, RECORD_BYTES};

/// The most lines one call gives.
const MOST_LINES: usize = 20_000;
/// One call stops adding lines after about this many bytes.
const MOST_BYTES: u64 = 8 << 20;
/// How much of a log the index can miss. The writer is never further ahead than one buffer.
const MOST_UNINDEXED: u64 = 16 << 20;
/// How much of a log is read at once to pass it on.
const CHUNK: usize = 256 * 1024;
/// How many lines a search looks at in one go.
const SEARCH_BLOCK: u64 = 4096;

/// Reads one log. Cheap to make and to clone; holds nothing open.
#[derive(Debug, Clone)]
pub struct LogReader {
    dir: PathBuf,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Its number, from 0.
    pub number: u64,
    /// When its first byte arrived, in microseconds since 1970 (UTC).
    pub at_us: i64,
    /// Its text without the newline. Of a line that was overwritten with carriage returns, as progress bars do, the
    /// last state. What is no UTF-8 is replaced. Escape sequences are kept.
    pub text: String,
}

/// Some lines in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogPage {
    /// How many lines the log has now, one that is still being written included.
    pub total: u64,
    /// The lines, which may be fewer than were asked for.
    pub lines: Vec<LogLine>,
    /// Whether the log will never grow again.
    pub complete: bool,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SearchPage {
    /// The lines that contain the text, in order.
    pub lines: Vec<LogLine>,
    /// The line to go on from, when there may be more.
    pub next: Option<u64>,
}

/// A point in the life of a log, to wait for what comes after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogMark {
    bytes: u64,
    complete: bool,
}

impl LogMark {
    /// The point at which the log has so many bytes, and grows no more if it is complete.
    pub fn new(bytes: u64, complete: bool) -> Self {
        LogMark { bytes, complete }
    }

    /// Whether the log will never grow again.
    pub fn complete(&self) -> bool {
        self.complete
    }
}

impl LogReader {
    /// Reads the log in `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        LogReader { dir: dir.into() }
    }

    /// The file with the whole output.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.join(LOG_FILE)
    }

    /// Up to `count` lines from the line numbered `from` on.
    pub async fn lines(&self, from: u64, count: usize) -> io::Result<LogPage> {
        self.blocking(move |dir| {
            let contents = Contents::open(dir)?;
            let lines = contents.lines(from, count.min(MOST_LINES))?;
            Ok(LogPage { total: contents.total(), lines, complete: contents.complete })
        })
        .await
    }

    /// The last `count` lines.
    pub async fn tail(&self, count: usize) -> io::Result<LogPage> {
        self.blocking(move |dir| {
            let contents = Contents::open(dir)?;
            let count = count.min(MOST_LINES);
            let lines = contents.lines(contents.total().saturating_sub(count as u64), count)?;
            Ok(LogPage { total: contents.total(), lines, complete: contents.complete })
        })
        .await
    }

    /// Up to `limit` lines that contain `query`, from the line numbered `from` on. ASCII letters match in either case.
    pub async fn search(&self, query: &str, from: u64, limit: usize) -> io::Result<SearchPage> {
        let query = query.to_ascii_lowercase().into_bytes();
        self.blocking(move |dir| Contents::open(dir)?.search(&query, from, limit)).await
    }

    /// Where the log stands now.
    pub async fn mark(&self) -> io::Result<LogMark> {
        self.blocking(|dir| {
            let contents = Contents::open(dir)?;
            Ok(LogMark { bytes: contents.log_len, complete: contents.complete })
        })
        .await
    }

    /// Waits until the log has grown or ended since `mark`; at once when it is complete.
    ///
    /// This asks the file system ten times a second. A watch would cost one of the few that a user may have, and would
    /// stay silent on network file systems.
    pub async fn changed(&self, mark: LogMark) -> io::Result<LogMark> {
        loop {
            let now = self.mark().await?;
            if now != mark || now.complete {
                return Ok(now);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// All of it as it was written, as far as it is now.
    pub async fn content(&self) -> io::Result<LogContent> {
        let file = match tokio::fs::File::open(self.path()).await {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let length = match &file {
            Some(file) => file.metadata().await?.len(),
            None => 0,
        };
        let chunks = stream::try_unfold(file.map(|file| file.take(length)), |file| async move {
            let Some(mut file) = file else { return Ok(None) };
            let mut buffer = Vec::with_capacity(CHUNK);
            let read = (&mut file).take(CHUNK as u64).read_to_end(&mut buffer).await?;
            Ok((read > 0).then_some((buffer, Some(file))))
        });
        Ok(LogContent { length, chunks: chunks.boxed() })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let dir = self.dir.clone();
        tokio::task::spawn_blocking(move || work(&dir)).await.map_err(io::Error::other)?
    }
}

impl Log for LogReader {
    fn lines(&self, from: u64, count: usize) -> BoxFuture<'_, io::Result<LogPage>> {
        self.lines(from, count).boxed()
    }

    fn tail(&self, count: usize) -> BoxFuture<'_, io::Result<LogPage>> {
        self.tail(count).boxed()
    }

    fn search<'a>(
        &'a self,
        query: &'a str,
        from: u64,
        limit: usize,
    ) -> BoxFuture<'a, io::Result<SearchPage>> {
        self.search(query, from, limit).boxed()
    }

    fn mark(&self) -> BoxFuture<'_, io::Result<LogMark>> {
        self.mark().boxed()
    }

    fn changed(&self, mark: LogMark) -> BoxFuture<'_, io::Result<LogMark>> {
        self.changed(mark).boxed()
    }

    fn content(&self) -> BoxFuture<'_, io::Result<LogContent>> {
        self.content().boxed()
    }
}

/// A log as it was at one moment.
pub(super) struct Contents {
    log: Option<File>,
    index: Option<File>,
    log_len: u64,
    indexed: u64,
    recovered: Vec<(u64, i64)>,
    complete: bool,
}

impl Contents {
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let (log, index) = (open_existing(&dir.join(LOG_FILE))?, open_existing(&dir.join(INDEX_FILE))?);
        // The index first: its writer puts it behind the log, so what it speaks of is there.
        let index_len = index.as_ref().map_or(Ok(0), |file| file.metadata().map(|found| found.len()))?;
        let log_len = log.as_ref().map_or(Ok(0), |file| file.metadata().map(|found| found.len()))?;
        let mut contents = Contents {
            log,
            index,
            log_len,
            indexed: index_len / RECORD_BYTES as u64,
            recovered: Vec::new(),
            complete: false,
        };
        if contents.indexed > 0 {
            let (last, _) = contents.record(contents.indexed - 1)?;
            if last == END_OF_LOG {
                contents.complete = true;
                contents.indexed -= 1;
            }
        }
        // The index may not have reached the disk when the machine went down; these records have.
        contents.complete |= [EXIT, LOST].iter().any(|record| dir.join(record).exists());
        contents.recover()?;
        Ok(contents)
    }

    pub(super) fn complete(&self) -> bool {
        self.complete
    }

    /// The line starts that are not in the index yet.
    pub(super) fn recovered(&self) -> &[(u64, i64)] {
        &self.recovered
    }

    fn total(&self) -> u64 {
        self.indexed + self.recovered.len() as u64
    }

    fn recover(&mut self) -> io::Result<()> {
        let (from, at_us) = if self.indexed == 0 { (0, 0) } else { self.record(self.indexed - 1)? };
        let Some(log) = &self.log else { return Ok(()) };
        let unindexed = self.log_len.saturating_sub(from).min(MOST_UNINDEXED);
        let mut bytes = vec![0; usize::try_from(unindexed).unwrap_or(0)];
        log.read_exact_at(&mut bytes, from)?;
        let mut starts = Vec::new();
        LineCutter::default().feed(&bytes, |start| starts.push((from + start as u64, at_us)));
        // The line at `from` itself is in the index, unless nothing is.
        let known = usize::from(self.indexed > 0).min(starts.len());
        self.recovered = starts.split_off(known);
        Ok(())
    }

    fn record(&self, number: u64) -> io::Result<(u64, i64)> {
        Ok(self.records(number, 1)?[0])
    }

    /// `count` records of the index file, which the caller knows to exist.
    fn records(&self, from: u64, count: usize) -> io::Result<Vec<(u64, i64)>> {
        let Some(index) = &self.index else { return Ok(Vec::new()) };
        let mut bytes = vec![0; count * RECORD_BYTES];
        index.read_exact_at(&mut bytes, from * RECORD_BYTES as u64)?;
        Ok(bytes
            .as_chunks::<RECORD_BYTES>()
            .0
            .iter()
            .map(|record| {
                let number = u128::from_le_bytes(*record);
                // Offset in the low half, time in the high half.
                (number as u64, (number >> 64) as i64)
            })
            .collect())
    }

    /// Where `count` lines from `from` on start, and where the last of them ends.
    fn starts(&self, from: u64, count: u64) -> io::Result<(Vec<(u64, i64)>, u64)> {
        let end = from.saturating_add(count).min(self.total());
        let from = from.min(end);
        let mut starts = Vec::new();
        if from < self.indexed {
            let count = end.min(self.indexed) - from;
            starts = self.records(from, usize::try_from(count).unwrap_or(0))?;
        }
        let in_recovered = |line: u64| usize::try_from(line.saturating_sub(self.indexed)).unwrap_or(0);
        starts.extend_from_slice(&self.recovered[in_recovered(from)..in_recovered(end)]);
        let end_of_last = match end {
            end if end == self.total() => self.log_len,
            end if end < self.indexed => self.record(end)?.0,
            end => self.recovered[in_recovered(end)].0,
        };
        Ok((starts, end_of_last))
    }

    fn lines(&self, from: u64, count: usize) -> io::Result<Vec<LogLine>> {
        let (mut starts, mut end) = self.starts(from, count as u64)?;
        let (Some(&(first, _)), Some(log)) = (starts.first(), &self.log) else { return Ok(Vec::new()) };
        // At least one line, however long.
        let fitting = starts.partition_point(|(start, _)| *start < first + MOST_BYTES).max(1);
        if fitting < starts.len() {
            end = starts[fitting].0;
            starts.truncate(fitting);
        }
        let bytes = read_range(log, first, end)?;
        Ok(cut(&starts, end)
            .enumerate()
            .map(|(nth, (start, end, at_us))| LogLine {
                number: from + nth as u64,
                at_us,
                text: displayed(&bytes[offset_in(first, start)..offset_in(first, end)]),
            })
            .collect())
    }

    fn search(&self, query: &[u8], from: u64, limit: usize) -> io::Result<SearchPage> {
        let mut found = Vec::new();
        let finder = memchr::memmem::Finder::new(query);
        let mut line = from;
        while line < self.total() && !query.is_empty() {
            let (starts, end) = self.starts(line, SEARCH_BLOCK)?;
            let (Some(&(first, _)), Some(log)) = (starts.first(), &self.log) else { break };
            // Long lines make a block big; it is searched in pieces of whole lines.
            let fitting = starts.partition_point(|(start, _)| *start < first + MOST_BYTES).max(1);
            let end = starts.get(fitting).map_or(end, |next| next.0);
            let original = read_range(log, first, end)?;
            let folded = original.to_ascii_lowercase();
            for (nth, (start, end, at_us)) in cut(&starts[..fitting], end).enumerate() {
                let range = offset_in(first, start)..offset_in(first, end);
                if finder.find(&folded[range.clone()]).is_none() {
                    continue;
                }
                let number = line + nth as u64;
                if found.len() == limit {
                    return Ok(SearchPage { lines: found, next: Some(number) });
                }
                found.push(LogLine { number, at_us, text: displayed(&original[range]) });
            }
            line += fitting as u64;
        }
        Ok(SearchPage { lines: found, next: None })
    }
}

fn open_existing(path: &Path) -> io::Result<Option<File>> {
    match fs_err::File::open(path) {
        Ok(file) => Ok(Some(file.into_parts().0)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_range(file: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; offset_in(from, to)];
    file.read_exact_at(&mut bytes, from)?;
    Ok(bytes)
}

fn offset_in(base: u64, offset: u64) -> usize {
    usize::try_from(offset.saturating_sub(base)).unwrap_or(usize::MAX)
}

/// Start, end and time of each line.
fn cut(starts: &[(u64, i64)], end: u64) -> impl Iterator<Item = (u64, u64, i64)> {
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([end]);
    starts.iter().zip(ends).map(|((start, at_us), end)| (*start, end, *at_us))
}

/// What a terminal would show of a line in the end.
fn displayed(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    let line = &line[..end];
    let line = memchr::memrchr(b'\r', line).map_or(line, |overwritten| &line[overwritten + 1..]);
    String::from_utf8_lossy(line).into_owned()
}
