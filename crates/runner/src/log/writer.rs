//! Appending to a log.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::{END_OF_LOG, INDEX_FILE, LOG_FILE, LineCutter, RECORD_BYTES};

/// The one writer of a log.
///
/// It never writes past a failure: when a write comes up short, [`LogWriter::append`] says how much was taken, and the
/// index never falls out of step with the bytes.
#[derive(Debug)]
pub(crate) struct LogWriter {
    log: File,
    index: File,
    offset: u64,
    cutter: LineCutter,
    unwritten_records: Vec<u8>,
}

impl LogWriter {
    /// Starts an empty log in `dir`, in place of one that may lie there.
    pub(crate) fn create(dir: &Path) -> io::Result<Self> {
        Ok(LogWriter {
            log: fs_err::File::create(dir.join(LOG_FILE))?.into_parts().0,
            index: fs_err::File::create(dir.join(INDEX_FILE))?.into_parts().0,
            offset: 0,
            cutter: LineCutter::default(),
            unwritten_records: Vec::new(),
        })
    }

    /// How many bytes the log holds.
    pub(crate) fn len(&self) -> u64 {
        self.offset
    }

    /// Whether the last line still lacks its newline.
    pub(crate) fn inside_line(&self) -> bool {
        self.cutter.length > 0
    }

    /// The log's file, for questions about the disk it lies on.
    pub(crate) fn file(&self) -> &File {
        &self.log
    }

    /// Appends bytes that arrived at `at_us`. Answers how many were taken, and the error that kept it from more.
    pub(crate) fn append(&mut self, bytes: &[u8], at_us: i64) -> (usize, io::Result<()>) {
        if let Err(error) = self.write_records() {
            return (0, Err(error));
        }
        let mut taken = 0;
        let mut outcome = Ok(());
        while taken < bytes.len() {
            match self.log.write(&bytes[taken..]) {
                Ok(0) => {
                    outcome = Err(io::ErrorKind::WriteZero.into());
                    break;
                }
                Ok(count) => taken += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        let (offset, records) = (self.offset, &mut self.unwritten_records);
        self.cutter.feed(&bytes[..taken], |start| push_record(records, offset + start as u64, at_us));
        self.offset += taken as u64;
        if outcome.is_ok() {
            outcome = self.write_records();
        }
        (taken, outcome)
    }

    /// Says that nothing follows, and puts the log on the disk. Not the index, which can be made again but for the
    /// times.
    pub(crate) fn finish(&mut self, at_us: i64) -> io::Result<()> {
        self.write_records()?;
        push_record(&mut self.unwritten_records, END_OF_LOG, at_us);
        self.write_records()?;
        self.log.sync_data()
    }

    fn write_records(&mut self) -> io::Result<()> {
        while !self.unwritten_records.is_empty() {
            let count = match self.index.write(&self.unwritten_records) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.unwritten_records.drain(..count);
        }
        Ok(())
    }
}

/// Ends a log whose writer died: completes the index and adds the record that says that nothing follows.
pub(crate) fn close_orphaned(dir: &Path, at_us: i64) -> io::Result<()> {
    let index = fs_err::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join(INDEX_FILE))?;
    fs_err::OpenOptions::new().append(true).create(true).open(dir.join(LOG_FILE))?;
    let contents = super::reader::Contents::open(dir)?;
    if contents.complete() {
        return Ok(());
    }
    let mut records = Vec::new();
    for (offset, time) in contents.recovered() {
        push_record(&mut records, *offset, *time);
    }
    push_record(&mut records, END_OF_LOG, at_us);
    let whole = index.metadata()?.len() / RECORD_BYTES as u64 * RECORD_BYTES as u64;
    rustix::io::pwrite(index.file(), &records, whole)?;
    index.sync_data()
}

fn push_record(records: &mut Vec<u8>, offset: u64, at_us: i64) {
    records.extend_from_slice(&offset.to_le_bytes());
    records.extend_from_slice(&at_us.max(0).unsigned_abs().to_le_bytes());
}
