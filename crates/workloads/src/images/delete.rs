//! Deleting an image.

use accounts::audit::{self, Entry};
use base::{Error, OpContext, Result};
use db::ResultExt as _;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, ModelTrait as _, QueryFilter as _};

use super::entity::{Column, Entity};
use super::update::release;
use super::{Owner, store};
use crate::Workloads;

impl Workloads {
    /// Deletes an image. Its environment stays while another image, or anything that waits or runs, needs it.
    pub async fn delete_image(&self, ctx: &OpContext, owner: Owner, name: &str) -> Result<()> {
        owner.require_manage(ctx)?;
        let (ctx, name, users) = (ctx.clone(), name.to_owned(), self.image_users);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(db::Section::Images).await?;
                    let row = store::require(tx.connection(), owner, &name).await?;
                    if row.is_built_in {
                        return Err(Error::conflict(
                            "built_in",
                            "A built-in image comes back with every start.",
                        )
                        .with_hint("Deprecate it, or offer it to no group."));
                    }
                    let gone = row.clone();
                    store::offer(tx, row.id, &[]).await?;
                    row.delete(tx.connection()).await.doing("delete an image")?;
                    for digest in [&gone.digest, &gone.next_digest] {
                        if !users.need(tx, digest).await? {
                            release(tx, ctx.now(), digest).await?;
                        }
                    }
                    let mut successors = Entity::update_many()
                        .col_expr(Column::Successor, Expr::value(""))
                        .filter(Column::Successor.eq(name.clone()));
                    if let Some(group) = gone.group_id {
                        successors = successors.filter(Column::GroupId.eq(group));
                    }
                    successors.exec(tx.connection()).await.doing("forget a successor")?;
                    let entry = Entry {
                        action: "image.delete",
                        group: owner.group(),
                        subject: &name,
                        detail: gone.digest.clone(),
                    };
                    audit::record(tx, &ctx, entry).await?;
                    store::emit(tx, ctx.now(), &gone).await
                })
            })
            .await
    }
}
