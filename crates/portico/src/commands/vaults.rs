//! `portico vault`.

use std::io::{Read as _, Write as _};
use std::path::Path;

use accounts::vaults::{NewContent, Owner};
use anyhow::Context as _;
use base::{OpContext, Secret};
use vault_format::Format;

use super::say;
use crate::cli::VaultOwner;
use crate::config::Config;
use crate::open::{self, Opened, command_error};

async fn find(opened: &Opened, ctx: &OpContext, owner: VaultOwner) -> anyhow::Result<Owner> {
    let found = match owner {
        VaultOwner { user: Some(user), .. } => {
            Owner::Person(opened.accounts.get_user(ctx, &user).await.map_err(command_error)?.id)
        }
        VaultOwner { group: Some(group), .. } => {
            Owner::Group(opened.accounts.get_group(ctx, &group).await.map_err(command_error)?.id)
        }
        VaultOwner { .. } => Owner::Platform,
    };
    Ok(found)
}

pub(crate) async fn set_vault(
    config: &Config,
    owner: VaultOwner,
    file: &Path,
    format: Option<&str>,
) -> anyhow::Result<()> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("read standard input")?;
        bytes
    } else {
        fs_err::read(file)?
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        anyhow::anyhow!("{} is no UTF-8 text: look at line {line}.", file.display())
    })?;
    let format = match format {
        Some(format) => Format::parse(format).context("A format is hocon, json or yaml.")?,
        None => Format::guess(&text),
    };
    let (opened, ctx) = open::for_command(config).await?;
    let owner = find(&opened, &ctx, owner).await?;
    let input = NewContent { format, content: Secret::new(text), based_on: None, enable: Some(true) };
    match opened.accounts.set_vault(&ctx, owner, input).await {
        Ok((revision, warnings)) => {
            for warning in warnings {
                let text = format!("line {}, column {}: {}", warning.line, warning.column, warning.message);
                writeln!(std::io::stderr(), "{text}")?;
            }
            say(&format!("Wrote revision {revision}, as {}; clients get it from now on.", format.as_str()))
        }
        Err(error) => {
            for field in error.fields() {
                writeln!(std::io::stderr(), "{}", field.message)?;
            }
            Err(command_error(error))
        }
    }
}

pub(crate) async fn get_vault(config: &Config, owner: VaultOwner) -> anyhow::Result<()> {
    let (opened, ctx) = open::for_command(config).await?;
    let owner = find(&opened, &ctx, owner).await?;
    if let Some(vault) = opened.accounts.get_vault(&ctx, owner).await.map_err(command_error)? {
        std::io::stdout().write_all(vault.content.expose().as_bytes())?;
    }
    Ok(())
}

pub(crate) async fn enable_vault(config: &Config, owner: VaultOwner, enable: bool) -> anyhow::Result<()> {
    let (opened, ctx) = open::for_command(config).await?;
    let owner = find(&opened, &ctx, owner).await?;
    opened.accounts.enable_vault(&ctx, owner, enable).await.map_err(command_error)?;
    say(if enable { "Clients get it from now on." } else { "Clients get it no more." })
}
