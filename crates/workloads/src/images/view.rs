//! What people see of images, and asking for another build.

use accounts::audit::{self, Entry};
use base::{Action, Error, GroupId, ImageId, OpContext, Result, Timestamp};
use db::{ResultExt as _, Topic};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::build::Recipe;
use super::entity::{self, environment};
use super::{BuildState, Image, store};
use crate::Workloads;

fn join(row: entity::Model, environment: Option<&environment::Model>) -> Image {
    let recipe: Recipe = serde_json::from_str(&row.recipe).unwrap_or_default();
    Image {
        id: ImageId(row.id),
        name: row.name,
        group: row.group_id.map(GroupId),
        display_name: row.display_name,
        description: row.description,
        is_built_in: row.is_built_in,
        python: recipe.python,
        requirements: recipe.requirements,
        digest: row.digest,
        state: environment.map_or(BuildState::Queued, |e| BuildState::parse(&e.state)),
        message: environment.map(|e| e.message.clone()).unwrap_or_default(),
        python_version: environment.map(|e| e.python_version.clone()).unwrap_or_default(),
        lock: environment.map(|e| e.lock.clone()).unwrap_or_default(),
        size_bytes: environment.and_then(|e| e.size_bytes).and_then(|size| u64::try_from(size).ok()),
        tries: environment.map_or(0, |e| e.tries),
        next_try_at: environment.and_then(|e| e.next_try_at).map(Timestamp),
        started_at: environment.and_then(|e| e.started_at).map(Timestamp),
        finished_at: environment.and_then(|e| e.finished_at).map(Timestamp),
    }
}

impl Workloads {
    /// The images that a group may use.
    pub async fn images_for(&self, ctx: &OpContext, group: GroupId) -> Result<Vec<Image>> {
        ctx.require_in_group(Action::ReadGroup, group)?;
        self.images(Some(group)).await
    }

    /// The system images; for platform admins.
    pub async fn system_images(&self, ctx: &OpContext) -> Result<Vec<Image>> {
        ctx.require_platform_admin()?;
        self.images(None).await
    }

    async fn images(&self, group: Option<GroupId>) -> Result<Vec<Image>> {
        let rows = store::for_group(self.db.reader(), group).await?;
        let digests = rows.iter().map(|row| row.digest.clone()).collect();
        let environments = store::environments(self.db.reader(), digests).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let environment = environments.iter().find(|e| e.digest == row.digest);
                join(row, environment)
            })
            .collect())
    }

    /// One image that the group may use.
    pub async fn image_for(&self, ctx: &OpContext, group: GroupId, name: &str) -> Result<Image> {
        let images = self.images_for(ctx, group).await?;
        images.into_iter().find(|image| image.name == name).ok_or_else(|| no_image(name))
    }

    /// One system image; for platform admins.
    pub async fn system_image(&self, ctx: &OpContext, name: &str) -> Result<Image> {
        let images = self.system_images(ctx).await?;
        images.into_iter().find(|image| image.name == name).ok_or_else(|| no_image(name))
    }

    /// Asks for another build of a failed environment now; one that is ready or under way is left alone.
    pub async fn rebuild_image(&self, ctx: &OpContext, name: &str) -> Result<()> {
        let row = store::by_name(self.db.reader(), name).await?.ok_or_else(|| no_image(name))?;
        match row.group_id {
            Some(group) => ctx.require_in_group(Action::ManageGroup, GroupId(group))?,
            None => ctx.require_platform_admin()?,
        }
        let (ctx, name) = (ctx.clone(), name.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let environment = store::environment(tx.connection(), &row.digest)
                        .await?
                        .ok_or_else(|| no_image(&name))?;
                    if BuildState::parse(&environment.state) != BuildState::Failed {
                        return Err(Error::conflict(
                            "not_failed",
                            "This image is ready or being built already.",
                        ));
                    }
                    let mut active = environment.into_active_model();
                    active.state = Set(BuildState::Queued.as_str().to_owned());
                    active.next_try_at = Set(None);
                    active.tries = Set(0);
                    active.update(tx.connection()).await.doing("queue a build")?;
                    audit::record(
                        tx,
                        &ctx,
                        Entry { action: "image.rebuild", group: None, subject: &name, detail: String::new() },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::Images, name).await
                })
            })
            .await
    }
}

fn no_image(name: &str) -> Error {
    Error::not_found(format!("image named “{}”", base::names::cut(name, 63)))
}
