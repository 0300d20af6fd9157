//! The log of a build: what its attempts say, one after the other.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use tokio::task::JoinHandle;

use crate::log::{LogPump, LogWriter, Masker};
use crate::spec::LogLimits;

/// How often the log of an attempt is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Writes a build's log. When it is dropped, the log still comes to its end.
pub(super) struct BuildLog {
    output: OwnedFd,
    last_words: mpsc::Sender<String>,
    pumping: JoinHandle<io::Result<()>>,
}

impl BuildLog {
    /// Begins a new log in `dir`, in which `passwords` never appear.
    pub(super) fn start(dir: &Path, passwords: &[String]) -> io::Result<Self> {
        let masker = Masker::new(passwords.iter().map(String::as_str)).map_err(io::Error::other)?;
        let mut pump = LogPump::new(LogWriter::create(dir)?, masker, LogLimits::default());
        let (input, output) = pipe_with(PipeFlags::CLOEXEC)?;
        let (closing, open) = pipe_with(PipeFlags::CLOEXEC)?;
        let (last_words, spoken) = mpsc::channel();
        let pumping = tokio::task::spawn_blocking(move || {
            let drained = pump.drain(&input, &closing);
            drop(open);
            let words = spoken.recv().unwrap_or_else(|_| "the build was cut off".to_owned());
            pump.finish(&[words]).and(drained)
        });
        Ok(BuildLog { output, last_words, pumping })
    }

    /// Adds what somebody says.
    pub(super) async fn say(&self, words: String) -> io::Result<()> {
        let mut output = File::from(self.output.try_clone()?);
        blocking(move || output.write_all(words.as_bytes())).await
    }

    /// Adds what an attempt says, as it comes.
    pub(super) fn follow(&self, log: PathBuf) -> io::Result<Follower> {
        Ok(Follower { log, opened: None, output: File::from(self.output.try_clone()?) })
    }

    /// Ends the log.
    pub(super) async fn finish(self, last_words: String) -> io::Result<()> {
        let BuildLog { output, last_words: say, pumping } = self;
        // A log that could not be written has lost its listener, and says so below.
        let _ = say.send(last_words);
        drop(output);
        pumping.await.map_err(io::Error::other)?
    }
}

/// Copies the log of one attempt.
pub(super) struct Follower {
    log: PathBuf,
    opened: Option<fs_err::File>,
    output: File,
}

impl Follower {
    /// Copies what is there and what comes, until this is dropped.
    pub(super) async fn until_dropped(&mut self) -> io::Error {
        loop {
            if let Err(error) = self.copy().await {
                return error;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Copies what has come since the last time.
    pub(super) async fn copy(&mut self) -> io::Result<()> {
        if self.opened.is_none() {
            self.opened = match fs_err::File::open(&self.log) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                opened => Some(opened?),
            };
        }
        // Both share where they stand with the handles that stay.
        let Some(log) = &self.opened else { return Ok(()) };
        let (mut log, mut output) = (log.file().try_clone()?, self.output.try_clone()?);
        blocking(move || io::copy(&mut log, &mut output).map(drop)).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
