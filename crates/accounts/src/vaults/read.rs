//! A vault as whoever may edit it sees it.

use base::{KeyRing, OpContext, Result, Secret, Timestamp, VaultId};
use vault_format::Format;

use super::entity::{Model, revision};
use super::{Owner, store};
use crate::Accounts;

/// How many revisions are kept.
pub(super) const KEPT: u64 = 100;

/// A vault with its content.
#[derive(Clone, Debug)]
pub struct Vault {
    pub id: VaultId,
    pub is_enabled: bool,
    pub format: Format,
    /// As it was typed.
    pub content: Secret,
    /// How often it was changed.
    pub revision: i64,
    pub updated_at: Timestamp,
    /// The user name.
    pub updated_by: String,
}

/// What a vault was after one of its changes.
#[derive(Clone, Debug)]
pub struct Revision {
    pub number: i64,
    /// `edit`, `restore`, `enable` or `disable`.
    pub action: String,
    pub format: Format,
    pub content: Secret,
    pub made_at: Timestamp,
    pub made_by: String,
}

/// What a vault's content is sealed for, its revisions' too: they are copies of each other.
pub(super) fn place(vault: VaultId) -> String {
    format!("vaults/{vault}")
}

pub(super) fn format_of(text: &str) -> Format {
    Format::parse(text).unwrap_or(Format::Hocon)
}

impl Vault {
    fn open(keys: &KeyRing, row: Model) -> Result<Self> {
        let id = VaultId(row.id);
        Ok(Self {
            content: keys.open(&place(id), &row.content)?,
            id,
            is_enabled: row.is_enabled,
            format: format_of(&row.format),
            revision: row.revision,
            updated_at: Timestamp(row.updated_at),
            updated_by: row.updated_by,
        })
    }
}

impl Revision {
    fn open(keys: &KeyRing, row: revision::Model) -> Result<Self> {
        Ok(Self {
            content: keys.open(&place(VaultId(row.vault_id)), &row.content)?,
            number: row.revision,
            action: row.action,
            format: format_of(&row.format),
            made_at: Timestamp(row.made_at),
            made_by: row.made_by,
        })
    }
}

impl Accounts {
    /// The vault; `None` while nothing was ever written into it.
    pub async fn get_vault(&self, ctx: &OpContext, owner: Owner) -> Result<Option<Vault>> {
        owner.require(ctx)?;
        let row = store::of(self.db.reader(), owner).await?;
        row.map(|row| Vault::open(&self.keys, row)).transpose()
    }

    /// Its newest revisions, newest first.
    pub async fn list_vault_revisions(&self, ctx: &OpContext, owner: Owner) -> Result<Vec<Revision>> {
        owner.require(ctx)?;
        let Some(row) = store::of(self.db.reader(), owner).await? else { return Ok(Vec::new()) };
        let rows = store::revisions(self.db.reader(), VaultId(row.id), KEPT).await?;
        rows.into_iter().map(|row| Revision::open(&self.keys, row)).collect()
    }

    /// One of its revisions.
    pub async fn get_vault_revision(&self, ctx: &OpContext, owner: Owner, number: i64) -> Result<Revision> {
        owner.require(ctx)?;
        let missing = || base::Error::not_found("revision of this vault");
        let row = store::of(self.db.reader(), owner).await?.ok_or_else(missing)?;
        let row = store::revision(self.db.reader(), VaultId(row.id), number).await?.ok_or_else(missing)?;
        Revision::open(&self.keys, row)
    }
}
