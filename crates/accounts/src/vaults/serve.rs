//! What clients get of the vaults.

use std::sync::Arc;

use base::{GroupId, OpContext, Result, Secret, Timestamp, UserId, VaultId};
use vault_format::{Effective, Format, Vault as Content};

use super::entity::Model;
use super::read::{format_of, place};
use super::{Owner, store};
use crate::Accounts;

/// Whose vault something comes from; later ones win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    Platform,
    Group,
    Person,
}

impl Layer {
    /// As ClearML calls it.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Platform => "organization",
            Self::Group => "group",
            Self::Person => "user",
        }
    }
}

/// An enabled vault as clients read it.
#[derive(Clone, Debug)]
pub struct Served {
    pub id: VaultId,
    pub layer: Layer,
    /// As it was typed in; what is served is JSON, which is HOCON too.
    pub format: Format,
    pub json: Secret,
    pub updated_at: Timestamp,
}

impl Accounts {
    /// The enabled vaults of the platform, the group and the person who asks, in this order.
    pub async fn served_vaults(&self, ctx: &OpContext, group: GroupId) -> Result<Arc<Vec<Served>>> {
        let user = ctx.person()?.id;
        if ctx.role_in(group).is_none() {
            return Err(crate::groups::store::missing());
        }
        let load = async {
            let read = self.enabled(user, group).await?;
            let served = read.into_iter().map(|(layer, row, content)| Served {
                id: VaultId(row.id),
                layer,
                format: format_of(&row.format),
                json: Secret::new(vault_format::to_json(&content.root)),
                updated_at: Timestamp(row.updated_at),
            });
            Ok(Some(Arc::new(served.collect())))
        };
        let served = self.caches.vaults.get_or_load(ctx.catalogue, (user, group), load).await?;
        Ok(served.unwrap_or_default())
    }

    /// Every setting that a client of this person and group ends up with, and where it comes from.
    pub async fn effective_vault(&self, ctx: &OpContext, group: GroupId) -> Result<Vec<Effective<Layer>>> {
        let user = ctx.person()?.id;
        if ctx.role_in(group).is_none() {
            return Err(crate::groups::store::missing());
        }
        let read = self.enabled(user, group).await?;
        let layers: Vec<_> = read.iter().map(|(layer, _, content)| (*layer, &content.root)).collect();
        Ok(vault_format::merge(&layers))
    }

    async fn enabled(&self, user: UserId, group: GroupId) -> Result<Vec<(Layer, Model, Content)>> {
        let layers = [
            (Layer::Platform, Owner::Platform),
            (Layer::Group, Owner::Group(group)),
            (Layer::Person, Owner::Person(user)),
        ];
        let rows = store::of_all(self.db.reader(), &layers.map(|(_, owner)| owner)).await?;
        let mut read = Vec::new();
        for (layer, owner) in layers {
            let row = rows.iter().find(|row| row.owner == owner.key() && row.is_enabled);
            let Some(row) = row else { continue };
            let content = self.keys.open(&place(VaultId(row.id)), &row.content)?;
            let content = vault_format::read(content.expose().as_bytes(), format_of(&row.format));
            // It was read when it was written; if a later version reads it otherwise, its owner must still reach it.
            match content {
                Ok(content) => read.push((layer, row.clone(), content)),
                Err(_) => tracing::error!(vault = %row.id, "a vault can't be read any more and is left out"),
            }
        }
        Ok(read)
    }
}
