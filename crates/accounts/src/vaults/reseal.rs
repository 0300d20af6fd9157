//! After a new sealing key: everything that is sealed with an older one is sealed anew.

use base::{OpContext, Result, VaultId};
use db::ResultExt as _;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};

use super::entity::{Entity, revision};
use super::read::place;
use crate::Accounts;

impl Accounts {
    /// Seals vaults with the present key of the ring; how many texts that were. What is in a vault stays the same.
    pub(crate) async fn reseal_vaults(&self, ctx: &OpContext) -> Result<u64> {
        let vaults = Entity::find().all(self.db.reader()).await.doing("list vaults")?;
        let mut count = 0;
        // A vault at a time: nobody waits for the writer long.
        for vault in vaults {
            let (ctx, keys, id) = (ctx.clone(), self.keys.clone(), VaultId(vault.id));
            count += self
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        let again = |sealed: &str| -> Result<Option<String>> {
                            if !keys.is_old(sealed) {
                                return Ok(None);
                            }
                            let text = keys.open(&place(id), sealed)?;
                            keys.seal(&*ctx.clock, &place(id), text.expose()).map(Some)
                        };
                        let mut count = 0;
                        let row =
                            Entity::find_by_id(id.0).one(tx.connection()).await.doing("read a vault")?;
                        let Some(row) = row else { return Ok(0) };
                        if let Some(content) = again(&row.content)? {
                            let mut active = row.into_active_model();
                            active.content = Set(content);
                            active.update(tx.connection()).await.doing("seal a vault again")?;
                            count += 1;
                        }
                        let rows = revision::Entity::find()
                            .filter(revision::Column::VaultId.eq(id.0))
                            .all(tx.connection())
                            .await
                            .doing("read the revisions of a vault")?;
                        for row in rows {
                            let Some(content) = again(&row.content)? else { continue };
                            let mut active = row.into_active_model();
                            active.content = Set(content);
                            active.update(tx.connection()).await.doing("seal a revision again")?;
                            count += 1;
                        }
                        Ok(count)
                    })
                })
                .await?;
        }
        Ok(count)
    }
}
