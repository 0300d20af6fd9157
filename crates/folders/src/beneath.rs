//! Folders that workloads write to, as the server may touch them.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, ResolveFlags, openat2, renameat_with};

/// How a folder is called while it is being deleted.
const REMOVED: &str = ".portico-removed-";

/// A folder in which a workload may have put links to anywhere. None of them is followed.
#[derive(Debug)]
pub struct Beneath(OwnedFd);

/// What lies at a path of a [`Beneath`].
#[derive(Debug)]
pub enum Found {
    /// A plain file, opened for reading.
    File(File),
    /// Nothing at all.
    Nothing,
    /// A link, or something below one.
    Link,
    /// A folder, a pipe or the like.
    NoFile,
}

/// Something in a folder that is no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is called.
    pub name: OsString,
    /// Whether it is a folder; otherwise it is a plain file.
    pub is_folder: bool,
}

impl Beneath {
    /// Opens the folder itself, whose path is ours.
    pub fn open(root: &Path) -> io::Result<Self> {
        open(CWD, root, ResolveFlags::empty()).map(Beneath)
    }

    /// The same; `None` when the folder was never made.
    pub fn open_existing(root: &Path) -> io::Result<Option<Self>> {
        match Self::open(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// The names in a folder; none when it is not there or is no folder.
    pub fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        let Some(folder) = self.folder(folder)? else { return Ok(Vec::new()) };
        fs_err::read_dir(by_handle(&folder))?.map(|entry| entry.map(|entry| entry.file_name())).collect()
    }

    /// The plain files and folders in a folder; `None` when it is not there, is no folder, or lies behind a link.
    pub fn entries(&self, folder: &Path) -> io::Result<Option<Vec<Entry>>> {
        let Some(folder) = self.folder(folder)? else { return Ok(None) };
        let mut entries = Vec::new();
        for entry in fs_err::read_dir(by_handle(&folder))? {
            let entry = entry?;
            // Of a link this is the link's own kind.
            let kind = entry.file_type()?;
            if kind.is_dir() || kind.is_file() {
                entries.push(Entry { name: entry.file_name(), is_folder: kind.is_dir() });
            }
        }
        Ok(Some(entries))
    }

    /// Opens a file for reading.
    pub fn file(&self, path: &Path) -> io::Result<Found> {
        use rustix::io::Errno;
        // A pipe that nobody writes to must not hold us.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match openat2(&self.0, path, flags, Mode::empty(), how) {
            Ok(opened) => {
                let file = File::from(opened);
                Ok(if file.metadata()?.is_file() { Found::File(file) } else { Found::NoFile })
            }
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(Found::Nothing),
            Err(Errno::LOOP | Errno::XDEV) => Ok(Found::Link),
            Err(Errno::NXIO) => Ok(Found::NoFile),
            Err(error) => Err(error.into()),
        }
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
            crate::delete_folder(&path)
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
    fn only_plain_files_are_read() {
        let place = tempfile::tempdir().unwrap();
        let home = place.path().join("home");
        fs_err::create_dir_all(home.join("work")).unwrap();
        fs_err::write(place.path().join("secret"), "x").unwrap();
        fs_err::write(home.join("work/a.ipynb"), "{}").unwrap();
        std::os::unix::fs::symlink("../../secret", home.join("work/out.ipynb")).unwrap();
        std::os::unix::fs::symlink(".", home.join("work/here")).unwrap();
        let beneath = Beneath::open(&home).unwrap();
        let file = |path: &str| beneath.file(Path::new(path)).unwrap();
        assert!(matches!(file("work/a.ipynb"), Found::File(_)));
        assert!(matches!(file("work/none.ipynb"), Found::Nothing));
        assert!(matches!(file("work"), Found::NoFile));
        for link in ["work/out.ipynb", "work/here/a.ipynb", "../secret", "work/../../secret"] {
            assert!(matches!(file(link), Found::Link), "{link}");
        }
        let entries = beneath.entries(Path::new("work")).unwrap().unwrap();
        assert_eq!(entries, [Entry { name: "a.ipynb".into(), is_folder: false }]);
        assert!(beneath.entries(Path::new("work/here")).unwrap().is_none());
    }

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
