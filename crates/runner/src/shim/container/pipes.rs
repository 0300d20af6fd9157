//! The named pipes between a shim and the first process of its container.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use super::script::{BEGAN, ENDED, INPUT, OUTPUT, STATUS};

/// The folder of the pipes in an attempt's folder.
pub(in crate::shim) const PIPES: &str = "pipes";
/// More than any status needs: whatever else a workload writes there is not kept.
const MOST_UNREAD: usize = 64;
const MOST_AT_ONCE: usize = 256;

/// All pipes, for one container.
#[derive(Debug)]
pub(super) struct Pipes {
    output: PathBuf,
    /// Where the variables are given.
    pub(super) input: PathBuf,
    pub(super) status: Status,
}

impl Pipes {
    pub(super) fn create(attempt: &Path) -> io::Result<Self> {
        let folder = attempt.join(PIPES);
        fs_err::create_dir(&folder)?;
        for name in [INPUT, OUTPUT, STATUS] {
            mknodat(CWD, folder.join(name), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        }
        let status = reading(&folder.join(STATUS))?;
        Ok(Pipes {
            output: folder.join(OUTPUT),
            input: folder.join(INPUT),
            status: Status { pipe: status, unread: Vec::new() },
        })
    }

    /// Both ends of the output. As long as the second is open, the first does not come to its end.
    pub(super) fn output(&self) -> io::Result<(OwnedFd, OwnedFd)> {
        let reads = reading(&self.output)?;
        let writes = fs_err::OpenOptions::new().write(true).open(&self.output)?;
        rustix::io::ioctl_fionbio(&reads, false)?;
        Ok((reads.into(), writes.into_parts().0.into()))
    }
}

/// Gives the variables to the container as soon as it asks. It may never do, so nobody waits for this.
pub(super) fn give(input: PathBuf, variables: String) -> io::Result<()> {
    std::thread::Builder::new().name("variables".into()).spawn(move || {
        // Opening waits for a reader. One that goes away before the end has ended.
        let given = fs_err::OpenOptions::new().write(true).open(input);
        let _ = given.and_then(|mut pipe| pipe.write_all(variables.as_bytes()));
    })?;
    Ok(())
}

/// What a container says of itself.
#[derive(Debug)]
pub(super) struct Status {
    pub(super) pipe: File,
    unread: Vec<u8>,
}

/// One thing it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The script begins.
    Began,
    /// The script ended, with this exit code.
    Ended(i32),
    /// It will not say anything any more: its first process is gone.
    Gone,
    Nothing,
}

impl Status {
    /// What was said next. Only when there is something to read, as nobody may have opened the other end yet.
    ///
    /// It takes no more than one line from the pipe, so that as long as something was not heard the pipe is readable;
    /// and not more than a few bytes at once, as a workload that writes here without end must not keep us from others.
    pub(super) fn next(&mut self) -> io::Result<Said> {
        for _ in 0..MOST_AT_ONCE {
            let mut byte = [0];
            match self.pipe.read(&mut byte) {
                Ok(0) => return Ok(Said::Gone),
                Ok(_) if byte == *b"\n" => {
                    if let Some(said) = parse(&std::mem::take(&mut self.unread)) {
                        return Ok(said);
                    }
                }
                Ok(_) if self.unread.len() < MOST_UNREAD => self.unread.extend(byte),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Said::Nothing),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Said::Nothing)
    }
}

fn parse(line: &[u8]) -> Option<Said> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    if line == BEGAN {
        return Some(Said::Began);
    }
    line.strip_prefix(ENDED)?.parse().ok().filter(|code| (0..=255).contains(code)).map(Said::Ended)
}

fn reading(path: &Path) -> io::Result<File> {
    let flags = i32::from_ne_bytes(OFlags::NONBLOCK.bits().to_ne_bytes());
    std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{PIPES, Pipes, Said};

    #[test]
    fn what_is_no_status_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let mut pipes = Pipes::create(dir.path()).unwrap();
        let mut says =
            fs_err::OpenOptions::new().write(true).open(dir.path().join(PIPES).join("status")).unwrap();
        assert_eq!(pipes.status.next().unwrap(), Said::Nothing);
        says.write_all(b"began\nended 300\nended x\n\xff\nend").unwrap();
        assert_eq!(pipes.status.next().unwrap(), Said::Began);
        assert_eq!(pipes.status.next().unwrap(), Said::Nothing);
        says.write_all(b"ed 7\n").unwrap();
        assert_eq!(pipes.status.next().unwrap(), Said::Ended(7));
        says.write_all(&vec![b'x'; 20_000]).unwrap();
        drop(says);
        while pipes.status.next().unwrap() == Said::Nothing {}
        assert_eq!(pipes.status.next().unwrap(), Said::Gone);
    }
}
