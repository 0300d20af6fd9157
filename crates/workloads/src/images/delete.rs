//! Deleting an image, and who would miss it.

use accounts::audit::{self, Entry};
use base::{Error, OpContext, Result};
use db::ResultExt as _;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ModelTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::entity::{Column, Entity};
use super::update::release;
use super::{IMAGES_LOCK, Owner, store};
use crate::Workloads;
use crate::jobs::entity as workload;
use crate::jobs::phase::Phase;

/// How many of those who use an image are named.
const MOST_NAMED: usize = 20;
/// More are not counted.
const MOST_COUNTED: u64 = 10_000;

/// One workload that waits or runs with an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUse {
    pub kind: String,
    pub slug: String,
    pub name: String,
    pub user_name: String,
    pub phase: Phase,
}

/// Who uses an image now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageUses {
    /// Kinds of workloads with how many of each wait and run.
    pub counts: Vec<(String, u64, u64)>,
    /// The newest of them.
    pub newest: Vec<ImageUse>,
}

impl Workloads {
    /// The workloads that wait or run with the image.
    pub async fn image_uses(&self, ctx: &OpContext, owner: Owner, name: &str) -> Result<ImageUses> {
        owner.require_manage(ctx)?;
        let row = store::require(self.db.reader(), owner, name).await?;
        let active = [Phase::Waiting, Phase::Preparing, Phase::Running].map(Phase::as_str);
        let mut find = workload::Entity::find()
            .filter(workload::Column::Image.eq(row.name.clone()))
            .filter(workload::Column::Phase.is_in(active));
        if let Some(group) = row.group_id {
            find = find.filter(workload::Column::GroupId.eq(group));
        }
        let rows = find
            .order_by_desc(workload::Column::SubmittedAt)
            .limit(MOST_COUNTED)
            .all(self.db.reader())
            .await
            .doing("look for those who use an image")?;
        let mut uses = ImageUses::default();
        for row in rows {
            let phase = Phase::parse(&row.phase).map_err(Error::internal)?;
            let at = match uses.counts.iter().position(|(kind, _, _)| *kind == row.kind) {
                Some(at) => at,
                None => {
                    uses.counts.push((row.kind.clone(), 0, 0));
                    uses.counts.len() - 1
                }
            };
            if let Some((_, waiting, running)) = uses.counts.get_mut(at) {
                *(if phase == Phase::Waiting { waiting } else { running }) += 1;
            }
            if uses.newest.len() < MOST_NAMED {
                let (kind, slug, name, user_name) = (row.kind, row.slug, row.name, row.user_name);
                uses.newest.push(ImageUse { kind, slug, name, user_name, phase });
            }
        }
        Ok(uses)
    }

    /// Deletes an image. Its environment stays while another image, or anything that waits or runs, needs it.
    pub async fn delete_image(&self, ctx: &OpContext, owner: Owner, name: &str) -> Result<()> {
        owner.require_manage(ctx)?;
        let (ctx, name) = (ctx.clone(), name.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(IMAGES_LOCK).await?;
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
                        if !crate::engine::needs_environment(tx.connection(), digest).await? {
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
                    store::tell(tx, ctx.now(), &gone).await
                })
            })
            .await
    }
}
