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
    let path = config.data_dir.join("sealing_keys");
    match fs_err::read_to_string(&path) {
        Ok(text) => {
            let keys = KeyRing::parse(&text).map_err(command_error);
            let keys = keys.with_context(|| format!("the sealing keys in {}", path.display()))?;
            Ok(Loaded { keys, made: None })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let keys = KeyRing::generate(clock);
            write(&path, &keys)?;
            Ok(Loaded { keys, made: Some(path) })
        }
        Err(error) => Err(error.into()),
    }
}

/// Whole or not at all, and on disk: what is sealed with a lost key is lost.
pub(crate) fn write(path: &Path, keys: &KeyRing) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    let mut file =
        fs_err::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(keys.to_text().expose().as_bytes())?;
    file.sync_all()?;
    fs_err::rename(&new, path)?;
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
