//! Changing an image, and which environment it names.

use accounts::audit::{self, Entry};
use base::error::FieldErrors;
use base::{Error, OpContext, Result, Timestamp};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::entity::Model;
use super::input::{ImageInput, check};
use super::resolve::{Resolved, resolve};
use super::{BuildState, Image, ImageUsers, Owner, Recipe, RecipeRequest, store};
use crate::Workloads;

impl Workloads {
    /// Changes everything but the name. Another recipe makes another environment; what runs keeps the one it has.
    pub async fn update_image(
        &self,
        ctx: &OpContext,
        owner: Owner,
        name: &str,
        input: ImageInput,
    ) -> Result<Image> {
        owner.require_manage(ctx)?;
        let row = store::require(self.db.reader(), owner, name).await?;
        if row.is_built_in && input.source.is_some() {
            return Err(Error::conflict("built_in", "What a built-in image is made of comes with Portico.")
                .with_hint("Make an image of your own upon it."));
        }
        let mut errors = FieldErrors::default();
        let described = check(ctx, &ImageInput { name: name.to_owned(), ..input.clone() }, &mut errors);
        let Some(described) = described.filter(|_| errors.is_empty()) else {
            return Err(errors.into_error());
        };
        let resolved = match input.source.clone() {
            Some(source) => Some(resolve(self.db.reader(), owner, source, 0).await?),
            None => None,
        };
        let (acting, users) = (ctx.clone(), self.image_users);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(db::Section::Images).await?;
                    let ctx = &acting;
                    let row = store::require(tx.connection(), owner, &described.name).await?;
                    let mut row = match resolved {
                        Some(resolved) => remake(tx, ctx, users, row, resolved).await?,
                        None => row,
                    };
                    // A built-in image is defined by each new version.
                    if !row.is_built_in {
                        row.display_name = described.display_name;
                        row.description = described.description;
                    }
                    row.image_type = input.image_type.as_str().to_owned();
                    if owner == Owner::System {
                        row.is_global = input.is_global;
                        let groups = if input.is_global { &[][..] } else { input.groups.as_slice() };
                        store::offer(tx, row.id, groups).await?;
                    }
                    let row = save(tx, ctx, row).await?;
                    let entry = Entry {
                        action: "image.update",
                        group: owner.group(),
                        subject: &row.name,
                        detail: row.digest.clone(),
                    };
                    audit::record(tx, ctx, entry).await?;
                    store::emit(tx, ctx.now(), &row).await
                })
            })
            .await?;
        self.owned_image(ctx, owner, name).await
    }
}

/// Gives the image other contents, unless they are what it has.
async fn remake(
    tx: &Tx,
    ctx: &OpContext,
    users: &dyn ImageUsers,
    mut row: Model,
    resolved: Resolved,
) -> Result<Model> {
    let before: RecipeRequest = serde_json::from_str(&row.recipe).unwrap_or_default();
    if row.kind != resolved.kind().as_str() {
        return Err(Error::field(
            "source",
            "A container image stays one, and an environment too. Make a new image.",
        ));
    }
    if let Resolved::Container { reference, .. } = &resolved {
        row.reference.clone_from(reference);
    }
    let request = resolved.request().clone();
    row.recipe = serde_json::to_string(&request)
        .map_err(|error| Error::internal_from("write the request for an image", error))?;
    match resolved {
        Resolved::Environment { recipe, digest, .. } if request != before => {
            switch(tx, ctx, users, row, recipe, digest).await
        }
        _ => Ok(row),
    }
}

/// Lets the image name another environment: at once where it has none that works, otherwise when it is built.
pub(super) async fn switch(
    tx: &Tx,
    ctx: &OpContext,
    users: &dyn ImageUsers,
    mut row: Model,
    recipe: Recipe,
    digest: String,
) -> Result<Model> {
    row.cancelled_at = None;
    if row.digest == digest {
        let left = std::mem::take(&mut row.next_digest);
        let row = save(tx, ctx, row).await?;
        release(tx, ctx.now(), &left).await?;
        return Ok(row);
    }
    let wanted = store::want_environment(tx, &digest, &recipe, ctx.now()).await?;
    let present = store::environment(tx.connection(), &row.digest).await?;
    let works = present.filter(|present| BuildState::parse(&present.state) == BuildState::Ready);
    let left = match works {
        Some(present) if wanted == BuildState::Ready => {
            row.previous_lock = present.lock;
            row.digest = digest;
            std::mem::take(&mut row.next_digest)
        }
        Some(_) => std::mem::replace(&mut row.next_digest, digest),
        None => {
            let broken = std::mem::replace(&mut row.digest, digest);
            row.next_digest.clear();
            users.follow(tx, &row, &broken).await?;
            broken
        }
    };
    let row = save(tx, ctx, row).await?;
    release(tx, ctx.now(), &left).await?;
    Ok(row)
}

/// Writes a row that was changed.
pub(super) async fn save(tx: &Tx, ctx: &OpContext, row: Model) -> Result<Model> {
    let mut active = row.into_active_model().reset_all();
    active.updated_at = Set(ctx.now().micros());
    active.update(tx.connection()).await.doing("write an image")
}

/// An environment that an image no longer waits for is not built, unless something else wants it.
pub(super) async fn release(tx: &Tx, now: Timestamp, digest: &str) -> Result<()> {
    let Some(environment) = store::environment(tx.connection(), digest).await? else { return Ok(()) };
    let state = BuildState::parse(&environment.state);
    let tries_again = environment.next_try_at.is_some();
    if !state.is_under_way() && !tries_again {
        return Ok(());
    }
    let wanted =
        store::naming(tx.connection(), digest).await?.iter().any(|image| image.cancelled_at.is_none());
    if wanted {
        return Ok(());
    }
    if state == BuildState::Building {
        super::build::close_newest(tx, digest, BuildState::Cancelled, "Cancelled.", now).await?;
    }
    let mut active = environment.into_active_model();
    active.state = Set(BuildState::Cancelled.as_str().to_owned());
    active.message = Set(String::new());
    active.next_try_at = Set(None);
    active.finished_at = Set(Some(now.micros()));
    active.update(tx.connection()).await.doing("cancel a build")?;
    Ok(())
}

/// The image's environment of the newest build.
pub(super) fn newest_digest(row: &Model) -> &str {
    if row.next_digest.is_empty() { &row.digest } else { &row.next_digest }
}
