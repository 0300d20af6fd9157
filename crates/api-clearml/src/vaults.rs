//! Configuration vaults, as the SDK and the agent load them and ClearML's enterprise API edits them.

use std::borrow::Cow;

use accounts::vaults::{Layer, NewContent, Owner};
use axum::extract::State;
use base::{Error, GroupId, OpContext, Result, Role, Secret};
use serde::Deserialize;
use serde_json::{Value, json};
use vault_format::Format;
use web_kit::{Answer, Ctx, InGroup, Portal};

use crate::envelope::Reply;
use crate::ids;
use crate::transport::Call;

/// The one type of vaults that there is: settings of clients.
const CONFIG: &str = "config";

#[derive(Deserialize)]
pub(crate) struct GetVaults {
    #[serde(default)]
    enabled: bool,
    types: Option<OneOrMany>,
}

/// What the query holds once is no list.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::One(one) => one == text,
            Self::Many(many) => many.iter().any(|one| one == text),
        }
    }
}

/// With `enabled`: what a client merges, in this order, later ones winning, always as JSON. Without it: the vaults that
/// the person may edit, as they were typed, disabled ones too.
pub(crate) async fn get_vaults(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Call { requested, arguments }: Call<GetVaults>,
) -> Answer<Reply<Value>> {
    if arguments.types.is_some_and(|types| !types.holds(CONFIG)) {
        return Ok(Reply::new(requested, json!({ "vaults": [] })));
    }
    let mut vaults: Vec<Value> = Vec::new();
    if arguments.enabled {
        for vault in portal.accounts.served_vaults(&ctx, group.id).await?.iter() {
            vaults.push(json!({
                "id": ids::shown(vault.id),
                "type": CONFIG,
                "scope": vault.layer.scope(),
                "enabled": true,
                "format": vault.format.as_str(),
                "description": description(vault.layer, &group.name),
                "last_update": vault.updated_at.to_rfc3339(),
                "data": vault.json.expose(),
            }));
        }
    } else {
        for (layer, owner) in editable(&ctx, group.id)? {
            let Some(vault) = portal.accounts.get_vault(&ctx, owner).await? else { continue };
            vaults.push(json!({
                "id": ids::shown(vault.id),
                "type": CONFIG,
                "scope": layer.scope(),
                "enabled": vault.is_enabled,
                "format": vault.format.as_str(),
                "description": description(layer, &group.name),
                "last_update": vault.updated_at.to_rfc3339(),
                "editable": true,
                "user": ids::shown(ctx.person()?.id),
                "data": vault.content.expose(),
            }));
        }
    }
    Ok(Reply::new(requested, json!({ "vaults": vaults })))
}

fn description(layer: Layer, group: &str) -> Cow<'static, str> {
    match layer {
        Layer::Platform => "the platform".into(),
        Layer::Group => format!("the group {group}").into(),
        Layer::Person => "personal".into(),
    }
}

/// The vaults that whoever signed in may edit with an access key.
fn editable(ctx: &OpContext, group: GroupId) -> Result<Vec<(Layer, Owner)>> {
    let mut owners = vec![(Layer::Person, Owner::Person(ctx.person()?.id))];
    if ctx.role_in(group) == Some(Role::Admin) {
        owners.insert(0, (Layer::Group, Owner::Group(group)));
    }
    Ok(owners)
}

#[derive(Deserialize)]
pub(crate) struct AddOrUpdateVault {
    vault: VaultInput,
}

#[derive(Deserialize)]
struct VaultInput {
    id: Option<String>,
    data: Option<String>,
    enabled: Option<bool>,
    format: Option<String>,
    scope: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// The person's vault, or for group admins the group's, by its scope or its id.
pub(crate) async fn add_or_update_vault(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Call { requested, arguments: AddOrUpdateVault { vault } }: Call<AddOrUpdateVault>,
) -> Answer<Reply<Value>> {
    if vault.kind.as_deref().is_some_and(|kind| kind != CONFIG) {
        return Err(Error::field("type", "There are vaults of the type “config” only.").into());
    }
    let owner = match (&vault.id, vault.scope.as_deref()) {
        (Some(id), _) => owner_of(&portal, &ctx, group.id, id).await?,
        (None, None | Some("user")) => Owner::Person(ctx.person()?.id),
        (None, Some("group")) => Owner::Group(group.id),
        (None, Some("organization")) => {
            return Err(Error::forbidden("The platform's vault is edited on the portal's pages.").into());
        }
        (None, Some(_)) => {
            return Err(Error::field("scope", "A scope is “user”, “group” or “organization”.").into());
        }
    };
    let format = match &vault.format {
        Some(format) => Some(
            Format::parse(format)
                .ok_or_else(|| Error::field("format", "A format is “hocon”, “json” or “yaml”."))?,
        ),
        None => None,
    };
    match vault.data {
        Some(data) => {
            let format = format.unwrap_or_else(|| Format::guess(&data));
            let content = Secret::new(data);
            let input = NewContent { format, content, based_on: None, enable: vault.enabled };
            portal.accounts.set_vault(&ctx, owner, input).await?;
        }
        None => {
            portal.accounts.enable_vault(&ctx, owner, vault.enabled.unwrap_or(true)).await?;
        }
    }
    let written = portal.accounts.get_vault(&ctx, owner).await?;
    let id = written.map(|vault| ids::shown(vault.id));
    Ok(Reply::new(requested, json!({ "vault": id })))
}

#[derive(Deserialize)]
pub(crate) struct DeleteVaults {
    vaults: Vec<String>,
}

/// Empties vaults and switches them off; their history stays for whoever may edit them.
pub(crate) async fn delete_vaults(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Call { requested, arguments }: Call<DeleteVaults>,
) -> Answer<Reply<Value>> {
    let mut owners = Vec::new();
    for id in &arguments.vaults {
        owners.push(owner_of(&portal, &ctx, group.id, id).await?);
    }
    for owner in &owners {
        let content = Secret::new("");
        let input = NewContent { format: Format::Hocon, content, based_on: None, enable: Some(false) };
        portal.accounts.set_vault(&ctx, *owner, input).await?;
    }
    Ok(Reply::new(requested, json!({ "deleted": owners.len() })))
}

/// Whose vault it is, if whoever signed in may edit it.
async fn owner_of(portal: &Portal, ctx: &OpContext, group: GroupId, id: &str) -> Result<Owner> {
    let wanted = ids::parse(id)?;
    for (_, owner) in editable(ctx, group)? {
        let vault = portal.accounts.get_vault(ctx, owner).await?;
        if vault.is_some_and(|vault| vault.id.0 == wanted) {
            return Ok(owner);
        }
    }
    Err(Error::not_found("vault"))
}
