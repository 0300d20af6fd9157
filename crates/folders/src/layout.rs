//! What is where in the data directory.

use std::io;
use std::path::{Path, PathBuf};

use base::{AttemptId, GroupId, UserId};

use crate::tree::{DATASETS, Tree};

/// The layout of one data directory. It makes nothing: whoever needs a folder makes it.
///
/// Folders are named by ids, never by names that people chose: a group deleted and made again with the same name must
/// not find the old one's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    data: PathBuf,
}

impl Layout {
    /// The layout below `data`.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into() }
    }

    /// The data directory itself.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// One folder per attempt of the local runner: its records, its log, its socket.
    pub fn attempts(&self) -> PathBuf {
        self.data.join("attempts")
    }

    /// One folder per environment that was built, named by its digest.
    pub fn environments(&self) -> PathBuf {
        self.data.join("environments")
    }

    /// Builds under way, and uv's cache: on the same file system as [`Layout::environments`].
    pub fn builds(&self) -> PathBuf {
        self.data.join("builds")
    }

    /// The log of an environment's newest build.
    pub fn build_log(&self, digest: &str) -> PathBuf {
        self.data.join("build-logs").join(digest)
    }

    /// The files that the members of a group share.
    pub fn group_files(&self, group: GroupId) -> PathBuf {
        self.data.join("groups").join(group.to_string())
    }

    /// The datasets of a group: each is a folder in here, with the dataset's name.
    pub fn datasets(&self, group: GroupId) -> PathBuf {
        self.group_files(group).join(DATASETS)
    }

    /// A person's home in a group.
    pub fn home(&self, group: GroupId, person: UserId) -> PathBuf {
        self.homes_of_group(group).join(person.to_string())
    }

    /// The homes in a group.
    pub fn homes_of_group(&self, group: GroupId) -> PathBuf {
        self.homes().join(group.to_string())
    }

    /// The homes that a person has, in whatever group.
    pub fn homes_of_person(&self, person: UserId) -> io::Result<Vec<PathBuf>> {
        let groups = match fs_err::read_dir(self.homes()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            groups => groups?,
        };
        groups
            .map(|group| Ok(group?.path().join(person.to_string())))
            .filter(|home| home.as_ref().map_or(true, |home| home.is_dir()))
            .collect()
    }

    /// What an attempt leaves for others to see.
    pub fn results(&self, attempt: AttemptId) -> PathBuf {
        self.data.join("results").join(attempt.to_string())
    }

    /// Where a tree lies for this person in this group.
    pub fn tree(&self, tree: Tree, group: GroupId, person: UserId) -> PathBuf {
        match tree {
            Tree::Home => self.home(group, person),
            Tree::Shared => self.group_files(group),
        }
    }

    fn homes(&self) -> PathBuf {
        self.data.join("homes")
    }
}

#[cfg(test)]
mod tests {
    use base::clock::MockClock;

    use super::*;

    #[test]
    fn the_homes_of_a_person_are_found_in_every_group() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, clock) = (Layout::new(dir.path()), MockClock::new(base::Timestamp(1), 1));
        let (mia, max) = (UserId::new(&*clock), UserId::new(&*clock));
        let groups = [GroupId::new(&*clock), GroupId::new(&*clock), GroupId::new(&*clock)];
        assert!(layout.homes_of_person(mia).unwrap().is_empty());
        for (group, person) in [(groups[0], mia), (groups[1], max), (groups[2], mia)] {
            fs_err::create_dir_all(layout.home(group, person)).unwrap();
        }
        let mut found = layout.homes_of_person(mia).unwrap();
        found.sort_unstable();
        let mut hers = [layout.home(groups[0], mia), layout.home(groups[2], mia)];
        hers.sort_unstable();
        assert_eq!(found, hers);
    }
}
