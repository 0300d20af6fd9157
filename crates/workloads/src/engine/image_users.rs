//! The workloads that use images and environments.

use base::{OpContext, Result};
use db::{ResultExt as _, Tx};
use futures::future::BoxFuture;
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::Kind;
use super::entity::{Column, Entity};
use super::phase::Phase;
use crate::Workloads;
use crate::images::{self, ImageUsers, Owner};

/// How many of those who use an image are named.
const MOST_NAMED: usize = 20;
/// More are not counted.
const MOST_COUNTED: u64 = 10_000;

/// One workload that waits or runs with an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUse {
    pub kind: Kind,
    pub slug: String,
    pub name: String,
    pub user_name: String,
    pub phase: Phase,
}

/// Who uses an image now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageUses {
    /// Kinds of workloads with how many of each wait and run.
    pub counts: Vec<(Kind, u64, u64)>,
    /// The newest of them.
    pub newest: Vec<ImageUse>,
}

impl Workloads {
    /// The workloads that wait or run with the image.
    pub async fn image_uses(&self, ctx: &OpContext, owner: Owner, name: &str) -> Result<ImageUses> {
        owner.require_manage(ctx)?;
        let row = images::store::require(self.db.reader(), owner, name).await?;
        let mut find = Entity::find()
            .filter(Column::Image.eq(row.name.clone()))
            .filter(Column::Phase.is_in(Phase::UNFINISHED.map(Phase::as_str)));
        if let Some(group) = row.group_id {
            find = find.filter(Column::GroupId.eq(group));
        }
        let rows = find
            .order_by_desc(Column::SubmittedAt)
            .limit(MOST_COUNTED)
            .all(self.db.reader())
            .await
            .doing("look for those who use an image")?;
        let mut uses = ImageUses::default();
        for row in rows {
            let (kind, phase) = (row.kind()?, row.phase()?);
            let at = match uses.counts.iter().position(|(counted, _, _)| *counted == kind) {
                Some(at) => at,
                None => {
                    uses.counts.push((kind, 0, 0));
                    uses.counts.len() - 1
                }
            };
            if let Some((_, waiting, running)) = uses.counts.get_mut(at) {
                *(if phase == Phase::Waiting { waiting } else { running }) += 1;
            }
            if uses.newest.len() < MOST_NAMED {
                let (slug, name, user_name) = (row.slug, row.name, row.user_name);
                uses.newest.push(ImageUse { kind, slug, name, user_name, phase });
            }
        }
        Ok(uses)
    }
}

/// The answers to what images ask.
pub(crate) struct OfWorkloads;

impl ImageUsers for OfWorkloads {
    fn awaited(&self) -> SelectStatement {
        Query::select()
            .column(Column::Digest)
            .from(Entity)
            .and_where(Column::Phase.eq(Phase::Waiting.as_str()))
            .to_owned()
    }

    fn need<'a>(&self, tx: &'a Tx, digest: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let row = Entity::find()
                .filter(Column::Digest.eq(digest))
                .filter(Column::Phase.is_in(Phase::UNFINISHED.map(Phase::as_str)))
                .one(tx.connection())
                .await
                .doing("look for workloads that need an environment")?;
            Ok(row.is_some())
        })
    }

    fn follow<'a>(
        &self,
        tx: &'a Tx,
        image: &'a images::entity::Model,
        broken: &'a str,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut waiting = Entity::update_many()
                .col_expr(Column::Digest, Expr::value(image.digest.clone()))
                .filter(Column::Image.eq(image.name.clone()))
                .filter(Column::Digest.eq(broken))
                .filter(Column::Phase.eq(Phase::Waiting.as_str()));
            if let Some(group) = image.group_id {
                waiting = waiting.filter(Column::GroupId.eq(group));
            }
            waiting.exec(tx.connection()).await.doing("let waiting workloads follow their image")?;
            Ok(())
        })
    }
}
