//! What a runner is told of an attempt.

use base::{AttemptId, GroupId, OpContext, Resources, Result, UserId};
use db::ResultExt as _;
use sea_orm::EntityTrait as _;

use super::entity::attempt;
use super::{Kind, Spec, Wish, store};
use crate::Workloads;
use crate::images::entity::environment;

/// Everything that a runner needs to know of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchSpec {
    pub attempt: AttemptId,
    pub kind: Kind,
    pub group: GroupId,
    pub group_name: String,
    pub slug: String,
    pub name: String,
    pub user: Option<UserId>,
    pub user_name: String,
    pub instance_type: String,
    pub resources: Resources,
    /// Which GPUs of the machine it holds.
    pub gpu_indices: Vec<u32>,
    pub image: String,
    /// Which environment it runs in; empty where it runs in a container image.
    pub digest: String,
    /// The container image it runs in; then there is no environment.
    pub container: Option<String>,
    pub time_limit_s: i64,
    pub spec: Spec,
}

impl LaunchSpec {
    /// What pages, and the content origin, know the workload by.
    pub fn page_slug(&self) -> &str {
        self.kind.page_slug(&self.slug)
    }
}

impl Workloads {
    /// What to start for a claimed attempt; `None` when the claim is over.
    pub async fn launch_spec(&self, ctx: &OpContext, id: AttemptId) -> Result<Option<LaunchSpec>> {
        ctx.require_platform_admin()?;
        let reader = self.db.reader();
        let Some(attempt) = attempt::Entity::find_by_id(id.0).one(reader).await.doing("read an attempt")?
        else {
            return Ok(None);
        };
        let row = store::by_id(reader, attempt.workload_id.into()).await?;
        let Some(row) = row.filter(|row| attempt.is_active && row.wish == Wish::Run.as_str()) else {
            return Ok(None);
        };
        let groups = self.accounts.groups_by_ids(ctx, &[row.group()]).await?;
        let Some(group) = groups.into_iter().next() else { return Ok(None) };
        let Some(mut spec) = store::spec_row(reader, row.workload()).await? else { return Ok(None) };
        let container = spec.container.take();
        if container.is_none() {
            let environment = environment::Entity::find_by_id(row.digest.clone()).one(reader).await;
            if environment.doing("read an environment")?.is_none() {
                return Ok(None);
            }
        }
        let spec = self.revealed(row.group(), Spec::from_row(spec)?).await?;
        Ok(Some(LaunchSpec {
            attempt: id,
            kind: row.kind()?,
            group: group.id,
            group_name: group.name,
            user: row.user(),
            resources: row.resources(),
            slug: row.slug,
            name: row.name,
            user_name: row.user_name,
            instance_type: row.instance_type,
            gpu_indices: attempt.gpus(),
            image: row.image,
            digest: row.digest,
            container,
            time_limit_s: row.time_limit_s,
            spec,
        }))
    }
}
