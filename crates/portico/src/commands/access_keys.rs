//! `portico access-key`.

use accounts::access_keys::NewAccessKey;

use super::say;
use crate::config::Config;
use crate::open::{self, command_error};

pub(crate) async fn create_access_key(
    config: &Config,
    user: &str,
    group: &str,
    input: NewAccessKey,
    json: bool,
) -> anyhow::Result<()> {
    let (opened, ctx) = open::for_command(config).await?;
    let made = opened.accounts.create_access_key_for(&ctx, user, group, input).await;
    let (key, secret) = made.map_err(command_error)?;
    if json {
        let value = serde_json::json!({
            "access_key": key.access_key,
            "secret_key": secret.expose(),
            "label": key.label,
            "expires_at": key.expires_at.map(|at| at.to_rfc3339()),
        });
        return say(&value.to_string());
    }
    let block = accounts::access_keys::clearml_conf(&config.public_url, &key.label, &key.access_key, &secret);
    say(block.expose().trim_end())
}

pub(crate) async fn list_access_keys(config: &Config, user: &str, json: bool) -> anyhow::Result<()> {
    let (opened, ctx) = open::for_command(config).await?;
    let keys = opened.accounts.list_access_keys_of(&ctx, user).await.map_err(command_error)?;
    let groups: Vec<_> = keys.iter().map(|key| key.group).collect();
    let groups = opened.accounts.groups_by_ids(&ctx, &groups).await.map_err(command_error)?;
    for key in keys {
        let group = groups.iter().find(|group| group.id == key.group);
        let group = group.map(|group| group.name.as_str()).unwrap_or_default();
        let used = key.last_used_at.map(|at| at.to_rfc3339());
        if json {
            let value = serde_json::json!({
                "access_key": key.access_key,
                "group": group,
                "label": key.label,
                "created_at": key.created_at.to_rfc3339(),
                "expires_at": key.expires_at.map(|at| at.to_rfc3339()),
                "last_used_at": used,
                "last_used_from": key.last_used_from,
            });
            say(&value.to_string())?;
        } else {
            let used = used.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
            say(&format!("{}  {group}  {used}  {}", key.access_key, key.label))?;
        }
    }
    Ok(())
}

pub(crate) async fn revoke_access_key(config: &Config, access_key: &str) -> anyhow::Result<()> {
    let (opened, ctx) = open::for_command(config).await?;
    opened.accounts.revoke_access_key_of(&ctx, access_key).await.map_err(command_error)?;
    say(&format!("Revoked {access_key}."))
}
