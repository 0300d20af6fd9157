//! Folders that workloads write to, as the server may touch them.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, ResolveFlags, openat2, renameat_with};

/// How a folder is called while it is being deleted.
const REMOVED: &str = ".portico-removed-";

/// A folder in which a workload may have put links to anywhere. None of them is followed.
#[derive(Debug)]
pub struct Beneath(OwnedFd);

impl Beneath {
    /// Opens the folder itself, whose path is ours.
    pub fn open(root: &Path) -> io::Result<Self> {
        open(CWD, root, ResolveFlags::empty()).map(Beneath)
    }

    /// The names in a folder; none when it is not there or is no folder.
    pub fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        let Some(folder) = self.folder(folder)? else { return Ok(Vec::new()) };
        fs_err::read_dir(by_handle(&folder))?.map(|entry| entry.map(|entry| entry.file_name())).collect()
    }

    /// Deletes a file, a link or a folder with all that is in it; out of sight at once.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
        let Some(above) = self.folder(above)? else { return Ok(()) };
        let mut nth = 0_u32;
        loop {
            let hidden = format!("{REMOVED}{nth}");
            match renameat_with(&above, name, &self.0, hidden.as_str(), RenameFlags::NOREPLACE) {
                Ok(()) => return self.delete(OsStr::new(&hidden)),
                Err(rustix::io::Errno::EXIST) => nth += 1,
                Err(rustix::io::Errno::NOENT) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Deletes what removals left that were cut off.
    pub fn finish_removals(&self) -> io::Result<()> {
        for name in self.names(Path::new(""))? {
            if name.to_str().is_some_and(|name| name.starts_with(REMOVED)) {
                self.delete(&name)?;
            }
        }
        Ok(())
    }

    fn delete(&self, name: &OsStr) -> io::Result<()> {
        let path = by_handle(&self.0).join(name);
        // Of a link this is the link's own kind.
        if fs_err::symlink_metadata(&path)?.is_dir() {
            crate::local::delete(&path)
        } else {
            fs_err::remove_file(path)
        }
    }

    fn folder(&self, path: &Path) -> io::Result<Option<OwnedFd>> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        match open(&self.0, path, ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
            Ok(folder) => Ok(Some(folder)),
            Err(error) => match rustix::io::Errno::from_io_error(&error) {
                // The last one: there is a link on the way.
                Some(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                    Ok(None)
                }
                _ => Err(error),
            },
        }
    }
}

fn open(dir: impl AsFd, path: &Path, how: ResolveFlags) -> io::Result<OwnedFd> {
    Ok(openat2(dir, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty(), how)?)
}

fn by_handle(folder: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_link_leads_out() {
        let place = tempfile::tempdir().unwrap();
        let (home, other) = (place.path().join("home"), place.path().join("other"));
        fs_err::create_dir_all(other.join("lib/python3.11")).unwrap();
        fs_err::create_dir_all(home.join("own/deep")).unwrap();
        std::os::unix::fs::symlink(&other, home.join("link")).unwrap();
        std::os::unix::fs::symlink(other.join("lib"), home.join("own/lib")).unwrap();
        std::os::unix::fs::symlink(&other, home.join(".portico-removed-0")).unwrap();
        let beneath = Beneath::open(&home).unwrap();
        assert!(beneath.names(Path::new("link/lib")).unwrap().is_empty());
        assert!(beneath.names(Path::new("own/lib")).unwrap().is_empty());
        assert!(beneath.names(Path::new("../other")).is_err());
        beneath.remove(Path::new("link/lib")).unwrap();
        beneath.remove(Path::new("nothing/at/all")).unwrap();
        beneath.remove(Path::new("own")).unwrap();
        beneath.remove(Path::new("link")).unwrap();
        beneath.finish_removals().unwrap();
        assert!(beneath.names(Path::new("")).unwrap().is_empty());
        assert!(other.join("lib/python3.11").is_dir());
    }
}
