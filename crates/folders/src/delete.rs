//! Deleting folders that workloads wrote to.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Deletes a folder, if it is there, even where a workload took away its owner's rights to it. Follows no links.
pub fn delete_folder(path: &Path) -> io::Result<()> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            regain(path)?;
            fs_err::remove_dir_all(path)
        }
        deleted => deleted,
    }
}

fn regain(path: &Path) -> io::Result<()> {
    let mut open: Vec<PathBuf> = vec![path.to_owned()];
    while let Some(dir) = open.pop() {
        fs_err::set_permissions(&dir, PermissionsExt::from_mode(0o700))?;
        for entry in fs_err::read_dir(&dir)? {
            let entry = entry?;
            // Of links this tells that they are links, so nothing outside is touched.
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_rights_is_deleted_and_a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, other) = (dir.path().join("folder"), dir.path().join("other"));
        fs_err::create_dir_all(folder.join("deep/er")).unwrap();
        fs_err::create_dir(&other).unwrap();
        fs_err::write(other.join("file"), "kept").unwrap();
        std::os::unix::fs::symlink(&other, folder.join("deep/link")).unwrap();
        for closed in ["deep/er", "deep"] {
            fs_err::set_permissions(folder.join(closed), PermissionsExt::from_mode(0o000)).unwrap();
        }
        delete_folder(&folder).unwrap();
        delete_folder(&folder).unwrap();
        assert!(!folder.exists());
        assert_eq!(fs_err::read_to_string(other.join("file")).unwrap(), "kept");
    }
}
