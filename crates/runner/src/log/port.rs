//! What everybody can do with a log, wherever it lies.

use std::fmt;
use std::io;

use futures::future::BoxFuture;
use futures::stream::BoxStream;

use super::{LogMark, LogPage, SearchPage};

/// The output of an attempt or of a build. It need not exist yet, and can be read while it grows.
pub trait Log: Send + Sync + 'static {
    /// Up to `count` lines from the line numbered `from` on.
    fn lines(&self, from: u64, count: usize) -> BoxFuture<'_, io::Result<LogPage>>;

    /// The last `count` lines.
    fn tail(&self, count: usize) -> BoxFuture<'_, io::Result<LogPage>>;

    /// Up to `limit` lines that contain `query`, from the line numbered `from` on. ASCII letters match in either case.
    fn search<'a>(&'a self, query: &'a str, from: u64, limit: usize)
    -> BoxFuture<'a, io::Result<SearchPage>>;

    /// Where the log stands now.
    fn mark(&self) -> BoxFuture<'_, io::Result<LogMark>>;

    /// Waits until the log has grown or ended since `mark`; at once when it is complete.
    fn changed(&self, mark: LogMark) -> BoxFuture<'_, io::Result<LogMark>>;

    /// All of it as it was written, as far as it is now.
    fn content(&self) -> BoxFuture<'_, io::Result<LogContent>>;
}

/// The bytes of a log.
pub struct LogContent {
    /// How many there are.
    pub length: u64,
    /// The bytes themselves, in pieces.
    pub chunks: BoxStream<'static, io::Result<Vec<u8>>>,
}

impl fmt::Debug for LogContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LogContent").field("length", &self.length).finish_non_exhaustive()
    }
}
