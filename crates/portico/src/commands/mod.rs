//! What the commands besides `serve` do.

mod access_keys;
mod doctor;
mod sealing_keys;
mod vaults;

pub(crate) use access_keys::{create_access_key, list_access_keys, revoke_access_key};
pub(crate) use doctor::doctor;
pub(crate) use sealing_keys::{list_sealing_keys, rotate_sealing_keys};
pub(crate) use vaults::{enable_vault, get_vault, set_vault};

use std::io::Write as _;

use accounts::groups::NewGroup;
use accounts::tokens::NewToken;
use accounts::users::{NewUser, UserChange};
use anyhow::Context as _;
use base::{Role, Secret, TokenScope};

use crate::config::{Config, Values, json_schema, markdown};
use crate::lock::DataDirLock;
use crate::open::{self, command_error};

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("write to standard output")
}

pub(crate) async fn migrate(config: &Config) -> anyhow::Result<()> {
    open::data_dir(&config.data_dir)?;
    let lock = DataDirLock::take(&config.data_dir)?;
    let opened = open::database(config).await?;
    let pending = open::migrate(config, &lock, &opened).await?;
    say(&format!("The database is up to date ({pending} migrations applied)."))
}

pub(crate) fn show_config(values: &Values) -> anyhow::Result<()> {
    for (setting, value, source) in values.redacted() {
        let value = if value.is_empty() { "(empty)".to_owned() } else { value };
        say(&format!("{} = {value}   # {source}", setting.key))?;
    }
    values.parse().map(drop).map_err(anyhow::Error::msg)
}

/// What `portico user create` asks for.
pub(crate) struct WantedUser {
    pub(crate) name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) is_admin: bool,
    pub(crate) password_stdin: bool,
}

pub(crate) async fn create_user(config: &Config, wanted: WantedUser) -> anyhow::Result<()> {
    let password = if wanted.password_stdin {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("read the password from standard input")?;
        Some(Secret::new(line.trim_end_matches(['\r', '\n'])))
    } else {
        None
    };
    let (opened, ctx) = open::for_command(config).await?;
    let user = NewUser {
        name: wanted.name,
        display_name: wanted.display_name.unwrap_or_default(),
        email: wanted.email,
        password,
        is_platform_admin: wanted.is_admin,
    };
    let user = opened.accounts.create_user(&ctx, user).await.map_err(command_error)?;
    say(&format!("Made the user {}.", user.name))
}

pub(crate) async fn set_enabled(config: &Config, name: &str, enabled: bool) -> anyhow::Result<()> {
    let (opened, ctx) = open::for_command(config).await?;
    let change = UserChange { enabled: Some(enabled), ..UserChange::default() };
    let user = opened.accounts.update_user(&ctx, name, change).await.map_err(command_error)?;
    say(&format!("{} the user {}.", if enabled { "Enabled" } else { "Disabled" }, user.name))
}

pub(crate) async fn create_group(config: &Config, name: String) -> anyhow::Result<()> {
    let (opened, ctx) = open::for_command(config).await?;
    let group = opened
        .accounts
        .create_group(&ctx, NewGroup { name, ..NewGroup::default() })
        .await
        .map_err(command_error)?;
    say(&format!("Made the group {}.", group.name))
}

pub(crate) async fn add_member(
    config: &Config,
    group: &str,
    user: &str,
    is_admin: bool,
) -> anyhow::Result<()> {
    let (opened, ctx) = open::for_command(config).await?;
    let role = if is_admin { Role::Admin } else { Role::Member };
    opened.accounts.add_member(&ctx, group, user, role).await.map_err(command_error)?;
    say(&format!("{user} is {} of {group}.", if is_admin { "an admin" } else { "a member" }))
}

pub(crate) async fn create_token(
    config: &Config,
    user: &str,
    scope: &str,
    name: Option<String>,
    days: i64,
    json: bool,
) -> anyhow::Result<()> {
    let scope = TokenScope::parse(scope).map_err(anyhow::Error::msg)?;
    let (opened, ctx) = open::for_command(config).await?;
    let name = name.unwrap_or_else(|| format!("command line {}", ctx.now().to_rfc3339()));
    let (token, secret) = opened
        .accounts
        .create_token_for(&ctx, user, NewToken { name, scope, days })
        .await
        .map_err(command_error)?;
    if json {
        let value = serde_json::json!({
            "id": token.id.to_string(),
            "name": token.name,
            "token": secret.expose(),
            "scope": token.scope.as_str(),
            "expires_at": token.expires_at.to_rfc3339(),
        });
        return say(&value.to_string());
    }
    say(secret.expose())
}

pub(crate) fn docs(what: &str) -> anyhow::Result<()> {
    match what {
        "openapi" => say(api_rest::openapi_json()),
        "config-schema" => say(&serde_json::to_string_pretty(&json_schema())?),
        "configuration" => say(markdown().trim_end()),
        "cli" => say(crate::cli::help().trim_end()),
        other => anyhow::bail!(
            "There is no documentation “{other}”. Choose openapi, config-schema, configuration or cli."
        ),
    }
}
