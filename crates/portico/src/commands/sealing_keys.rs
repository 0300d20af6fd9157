//! `portico keys`.

use anyhow::Context as _;
use base::SystemClock;

use super::say;
use crate::config::Config;
use crate::lock::DataDirLock;
use crate::{open, sealing};

pub(crate) fn list_sealing_keys(config: &Config) -> anyhow::Result<()> {
    // Looking makes no keys: beside an old database, new ones would look like its own.
    let keys = match (&config.sealing_keys, sealing::file(config)) {
        (Some(keys), _) => Some(keys.clone()),
        (None, Some(file)) => sealing::load_file(&file)?,
        (None, None) => None,
    };
    let keys = keys.context("There are no sealing keys yet; the first start of the server makes them.")?;
    keys.ids().try_for_each(say)
}

pub(crate) async fn rotate_sealing_keys(config: &Config) -> anyhow::Result<()> {
    open::data_dir(&config.data_dir)?;
    // A running server knows the old keys only.
    let lock = DataDirLock::take(&config.data_dir)?;
    {
        // Whoever has other keys than the database's is told before a key more hides it.
        let opened = open::database(config).await?;
        open::migrate(config, &lock, &opened).await?;
        let ctx = open::command_context(&opened);
        anyhow::ensure!(
            sealing::check(&opened, &ctx).await?,
            "These are not the keys that this database was sealed with. Nothing was changed."
        );
        if let Some(file) = sealing::file(config) {
            sealing::write(&file, &opened.sealing.keys.rotated(&SystemClock)).context("write the new key")?;
        }
    }
    let opened = open::database(config).await?;
    let ctx = open::command_context(&opened);
    let resealed = opened.accounts.reseal(&ctx).await.map_err(open::command_error)?;
    let key = opened.sealing.keys.ids().next().unwrap_or_default();
    say(&format!("{resealed} secrets were sealed anew; the present key is {key}."))
}
