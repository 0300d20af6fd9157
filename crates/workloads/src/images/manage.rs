//! Building again, cancelling, deprecating.

use accounts::audit::{self, Entry};
use base::{Error, OpContext, Result};
use db::Tx;

use super::entity::Model;
use super::resolve::{Resolved, resolve, source_of};
use super::update::{newest_digest, release, save, switch};
use super::{BuildState, ImageKind, Owner, Recipe, RecipeRequest, on_demand, store};
use crate::Workloads;

impl Workloads {
    /// Builds an image again: one that failed or was cancelled as it is, one that is ready with the newest versions
    /// that fit. What runs keeps what it has.
    pub async fn rebuild_image(&self, ctx: &OpContext, owner: Owner, name: &str) -> Result<()> {
        owner.require_manage(ctx)?;
        let reader = self.db.reader();
        let row = store::require(reader, owner, name).await?;
        if row.kind == ImageKind::Container.as_str() {
            return Err(Error::conflict("nothing_to_build", "A container image is built elsewhere."));
        }
        let request: RecipeRequest = serde_json::from_str(&row.recipe).unwrap_or_default();
        let newest = store::environment(reader, newest_digest(&row)).await?;
        let state = newest.as_ref().map_or(BuildState::Queued, |newest| BuildState::parse(&newest.state));
        let is_begun = newest.as_ref().is_some_and(|newest| !on_demand::is_held(newest));
        if state.is_under_way() && is_begun && row.cancelled_at.is_none() {
            return Err(Error::conflict("build_under_way", "This image is being built already.")
                .with_hint("Wait for the build, or cancel it."));
        }
        let is_ready = state == BuildState::Ready;
        let target = if row.is_built_in {
            if is_ready {
                return Err(Error::conflict(
                    "built_in",
                    "This image comes with Portico, each package at one version: another build would be the same.",
                ));
            }
            let recipe = newest.as_ref().map(|newest| serde_json::from_str::<Recipe>(&newest.recipe));
            let Some(Ok(recipe)) = recipe else { return Err(store::missing(name)) };
            (request, recipe, newest_digest(&row).to_owned())
        } else {
            // While there is one that works, a new one has to be another.
            let revision = if is_ready || !row.next_digest.is_empty() { ctx.now().micros() } else { 0 };
            let source = source_of(request, row.reference.clone(), ImageKind::Environment);
            match resolve(reader, owner, source, revision).await? {
                Resolved::Environment { request, recipe, digest } => (request, recipe, digest),
                Resolved::Container { .. } => return Err(store::missing(name)),
            }
        };
        if is_ready && target.2 == row.digest {
            return Err(Error::conflict("nothing_changed", "The image that this one uses has not changed."));
        }
        let (request, recipe, digest) = target;
        let users = self.image_users;
        self.change(ctx, owner, name, "image.rebuild", String::new(), move |tx, ctx, mut row| {
            Box::pin(async move {
                row.recipe = serde_json::to_string(&request)
                    .map_err(|error| Error::internal_from("write the request for an image", error))?;
                if row.digest == digest {
                    store::want_environment(tx, &digest, &recipe, ctx.now()).await?;
                }
                switch(tx, ctx, users, row, recipe, digest).await
            })
        })
        .await
    }

    /// Stops the build of an image, and its repetition. Where another image waits for the same, that one is built.
    pub async fn cancel_build(&self, ctx: &OpContext, owner: Owner, name: &str) -> Result<()> {
        owner.require_manage(ctx)?;
        self.change(ctx, owner, name, "image.cancel-build", String::new(), |tx, ctx, mut row| {
            Box::pin(async move {
                let digest = newest_digest(&row).to_owned();
                let environment = store::environment(tx.connection(), &digest).await?;
                let goes_on = environment.is_some_and(|environment| {
                    BuildState::parse(&environment.state).is_under_way() || environment.next_try_at.is_some()
                });
                if !goes_on || row.cancelled_at.is_some() {
                    return Err(Error::conflict("no_build", "No build of this image waits or runs."));
                }
                row.cancelled_at = Some(ctx.now().micros());
                let row = save(tx, ctx, row).await?;
                release(tx, ctx.now(), &digest).await?;
                Ok(row)
            })
        })
        .await
    }

    /// Marks an image as not to be chosen any more; `successor` names what to choose instead.
    pub async fn deprecate_image(
        &self,
        ctx: &OpContext,
        owner: Owner,
        name: &str,
        successor: Option<String>,
    ) -> Result<()> {
        owner.require_manage(ctx)?;
        let successor = successor.map(|name| name.trim().to_owned()).unwrap_or_default();
        let detail = successor.clone();
        self.change(ctx, owner, name, "image.deprecate", detail, move |tx, ctx, mut row| {
            Box::pin(async move {
                if successor == row.name {
                    return Err(Error::field(
                        "successor",
                        "An image can't be its own successor. Choose another one.",
                    ));
                }
                if !successor.is_empty() {
                    let found = store::known_to_owner(tx.connection(), owner, &successor).await?;
                    let found = found.ok_or_else(|| {
                        let name = base::names::cut(&successor, 63);
                        Error::field("successor", format!("There is no image “{name}” to choose here."))
                    })?;
                    if found.deprecated_at.is_some() {
                        let text = format!("“{successor}” is deprecated itself. Choose another one.");
                        return Err(Error::field("successor", text));
                    }
                }
                row.deprecated_at = Some(row.deprecated_at.unwrap_or(ctx.now().micros()));
                row.successor = successor;
                save(tx, ctx, row).await
            })
        })
        .await
    }

    /// Takes a deprecation back.
    pub async fn restore_image(&self, ctx: &OpContext, owner: Owner, name: &str) -> Result<()> {
        owner.require_manage(ctx)?;
        self.change(ctx, owner, name, "image.restore", String::new(), |tx, ctx, mut row| {
            Box::pin(async move {
                row.deprecated_at = None;
                row.successor = String::new();
                save(tx, ctx, row).await
            })
        })
        .await
    }

    /// One change of one image: its row, the audit entry and the event in one transaction.
    async fn change<F>(
        &self,
        ctx: &OpContext,
        owner: Owner,
        name: &str,
        action: &'static str,
        detail: String,
        work: F,
    ) -> Result<()>
    where
        F: for<'a> FnOnce(&'a Tx, &'a OpContext, Model) -> futures::future::BoxFuture<'a, Result<Model>>
            + Send
            + 'static,
    {
        let (ctx, name) = (ctx.clone(), name.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(db::Section::Images).await?;
                    let row = store::require(tx.connection(), owner, &name).await?;
                    let row = work(tx, &ctx, row).await?;
                    let entry = Entry { action, group: owner.group(), subject: &name, detail };
                    audit::record(tx, &ctx, entry).await?;
                    store::emit(tx, ctx.now(), &row).await
                })
            })
            .await
    }
}
