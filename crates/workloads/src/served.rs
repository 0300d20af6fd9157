//! What the content origin serves by name, of whatever kind it is.

use base::{AttemptId, GroupId, OpContext, Result, UserId};
use db::ResultExt as _;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::engine::Kind;
use crate::engine::entity::attempt;
use crate::serving::{self, ServedWorkload};
use crate::{Workloads, notebooks};

/// A thing that the content origin names, whether a workload of it runs or not.
struct Thing {
    group: GroupId,
    owner: UserId,
    /// Its newest run.
    workload: Option<Uuid>,
}

impl Workloads {
    /// The workload that the content origin names so, running or not. For the proxy, which checks who asks.
    pub async fn served_workload(&self, ctx: &OpContext, slug: &str) -> Result<Option<ServedWorkload>> {
        ctx.require_platform_admin()?;
        let mut found = None;
        for kind in Kind::ALL.iter().copied() {
            if let Some(thing) = self.thing(kind, slug).await? {
                found = Some((kind, thing));
                break;
            }
        }
        let Some((kind, thing)) = found else { return Ok(None) };
        let groups = self.accounts.groups_by_ids(ctx, &[thing.group]).await?;
        let Some(group) = groups.into_iter().next() else { return Ok(None) };
        let (mut attempt, mut is_ready) = (None, false);
        if let Some(id) = thing.workload {
            let reader = self.db.reader();
            let running = attempt::Entity::find()
                .filter(attempt::Column::WorkloadId.eq(id))
                .filter(attempt::Column::IsActive.eq(true))
                .one(reader)
                .await
                .doing("read the attempt of a served workload")?;
            attempt = running.map(|attempt| AttemptId(attempt.id));
            let served =
                serving::entity::Entity::find_by_id(id).one(reader).await.doing("read a served workload")?;
            is_ready = served.is_some_and(|served| served.ready_at.is_some());
        }
        Ok(Some(ServedWorkload {
            kind,
            slug: slug.to_owned(),
            group: group.id,
            group_name: group.name,
            owner: thing.owner,
            attempt,
            is_ready,
        }))
    }

    async fn thing(&self, kind: Kind, slug: &str) -> Result<Option<Thing>> {
        match kind {
            Kind::Job => Ok(None),
            Kind::Notebook => {
                let found = notebooks::store::by_slug(self.db.reader(), slug).await?;
                Ok(found.map(|notebook| Thing {
                    group: GroupId(notebook.group_id),
                    owner: UserId(notebook.user_id),
                    workload: notebook.workload_id,
                }))
            }
        }
    }
}
