//! Where the sealing keys lie: in the configuration, or in a file of the data directory that is made at the first start.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base::{Clock, KeyRing, OpContext};
use fs_err::os::unix::fs::OpenOptionsExt as _;

use crate::config::Config;
use crate::open::{Opened, command_error};

/// The keys, and whether this start made them.
pub(crate) struct Loaded {
    pub(crate) keys: KeyRing,
    /// The file that was made just now.
    made: Option<PathBuf>,
}

/// The file of the keys, where the configuration does not hold them.
pub(crate) fn file(config: &Config) -> Option<PathBuf> {
    config.sealing_keys.is_none().then(|| config.data_dir.join("sealing_keys"))
}

pub(crate) fn load_or_make(config: &Config, clock: &dyn Clock) -> anyhow::Result<Loaded> {
    if let Some(keys) = &config.sealing_keys {
        return Ok(Loaded { keys: keys.clone(), made: None });
    }
    load_or_make_file(&config.data_dir.join("sealing_keys"), clock)
}

/// The keys of the file, if it is there.
pub(crate) fn load_file(path: &Path) -> anyhow::Result<Option<KeyRing>> {
    match fs_err::read_to_string(path) {
        Ok(text) => {
            let keys = KeyRing::parse(&text).map_err(command_error);
            keys.map(Some).with_context(|| format!("the sealing keys in {}", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Of several that start at once one makes the file, and all have its keys.
fn load_or_make_file(path: &Path, clock: &dyn Clock) -> anyhow::Result<Loaded> {
    if let Some(keys) = load_file(path)? {
        return Ok(Loaded { keys, made: None });
    }
    let keys = KeyRing::generate(clock);
    let own = path.with_extension(keys.ids().next().unwrap_or_default());
    write(&own, &keys)?;
    // A link, unlike a rename, never replaces what is there.
    let linked = fs_err::hard_link(&own, path);
    fs_err::remove_file(&own)?;
    match linked {
        Ok(()) => {
            sync_folder(path)?;
            Ok(Loaded { keys, made: Some(path.to_owned()) })
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let keys = load_file(path)?.context("the sealing keys went as soon as they were made")?;
            Ok(Loaded { keys, made: None })
        }
        Err(error) => Err(error.into()),
    }
}

/// Whole or not at all, and on disk: what is sealed with a lost key is lost.
pub(crate) fn write(path: &Path, keys: &KeyRing) -> anyhow::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut file =
        fs_err::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(keys.to_text().expose().as_bytes())?;
    file.sync_all()?;
    fs_err::rename(&new, path)?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs_err::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Compares the keys with the database; wrong ones are said, and people work on without secrets.
pub(crate) async fn check(opened: &Opened, ctx: &OpContext) -> anyhow::Result<bool> {
    let is_right = opened.accounts.check_sealing_keys(ctx).await.map_err(command_error)?;
    if !is_right {
        // New keys beside an old database help nobody, and would look like its own.
        if let Some(made) = &opened.sealing.made {
            fs_err::remove_file(made)?;
        }
        tracing::error!(
            "the sealing keys are not those of this database: vaults, access keys and other secrets can't be used until the server is started with the right ones"
        );
    }
    Ok(is_right)
}

#[cfg(test)]
mod tests {
    use base::SystemClock;

    use super::*;

    #[test]
    fn all_that_start_at_once_have_the_keys_of_the_file() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("sealing_keys");
            let load = || load_or_make_file(&path, &SystemClock).unwrap();
            let name = |loaded: &Loaded| loaded.keys.ids().next().unwrap().to_owned();
            let all: Vec<Loaded> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let kept = load_file(&path).unwrap().unwrap();
            assert!(all.iter().all(|one| Some(name(one).as_str()) == kept.ids().next()));
            assert_eq!(all.iter().filter(|one| one.made.is_some()).count(), 1);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        }
    }
}
