//! Making an image.

use accounts::audit::{self, Entry};
use base::error::FieldErrors;
use base::{Error, ImageId, OpContext, Result};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveModelTrait as _;
use sea_orm::ActiveValue::Set;

use super::input::{Described, ImageInput, check};
use super::resolve::{Resolved, resolve};
use super::{Image, Owner, entity, store};
use crate::Workloads;

impl Workloads {
    /// Makes an image; its build waits until the builder is free.
    pub async fn create_image(&self, ctx: &OpContext, owner: Owner, input: ImageInput) -> Result<Image> {
        owner.require_manage(ctx)?;
        let mut errors = FieldErrors::default();
        let described = check(ctx, &input, &mut errors);
        let resolved = match input.source.clone() {
            Some(source) => resolve(self.db.reader(), owner, source, 0).await,
            None => Err(Error::field("source", "Say what the image is made of.")),
        };
        let (described, resolved) = match (described, resolved) {
            (Some(described), Ok(resolved)) if errors.is_empty() => (described, resolved),
            (_, Err(error)) if error.fields().is_empty() => return Err(error),
            (_, resolved) => {
                // The errors of both halves of the form are reported at once.
                for field in resolved.err().iter().flat_map(Error::fields) {
                    errors.add(field.field.clone(), field.message.clone());
                }
                return Err(errors.into_error());
            }
        };
        let (acting, name) = (ctx.clone(), described.name.clone());
        self.db
            .write(move |tx| {
                Box::pin(async move { insert(tx, &acting, owner, described, resolved, input).await })
            })
            .await?;
        self.owned_image(ctx, owner, &name).await
    }
}

async fn insert(
    tx: &Tx,
    ctx: &OpContext,
    owner: Owner,
    described: Described,
    resolved: Resolved,
    input: ImageInput,
) -> Result<()> {
    tx.lock(db::Section::Images).await?;
    let Described { name, display_name, description } = described;
    if store::known_to_owner(tx.connection(), owner, &name).await?.is_some() {
        return Err(Error::field(
            "name",
            format!("An image named “{name}” is there already. Choose another name."),
        ));
    }
    let now = ctx.now();
    let kind = resolved.kind();
    let request = serde_json::to_string(resolved.request())
        .map_err(|error| Error::internal_from("write the request for an image", error))?;
    let (reference, digest) = match resolved {
        Resolved::Container { reference, .. } => (reference, String::new()),
        Resolved::Environment { recipe, digest, .. } => {
            store::want_environment(tx, &digest, &recipe, now).await?;
            (String::new(), digest)
        }
    };
    let is_system = owner == Owner::System;
    let detail = format!("{} {}", kind.as_str(), if reference.is_empty() { &digest } else { &reference });
    let row = entity::ActiveModel {
        id: Set(ImageId::new(&*ctx.clock).0),
        scope: Set(owner.scope()),
        name: Set(name.clone()),
        group_id: Set(owner.group().map(|group| group.0)),
        display_name: Set(display_name),
        description: Set(description),
        kind: Set(kind.as_str().to_owned()),
        image_type: Set(input.image_type.as_str().to_owned()),
        recipe: Set(request),
        reference: Set(reference),
        digest: Set(digest),
        next_digest: Set(String::new()),
        previous_lock: Set(String::new()),
        is_built_in: Set(false),
        is_global: Set(is_system && input.is_global),
        cancelled_at: Set(None),
        deprecated_at: Set(None),
        successor: Set(String::new()),
        created_by: Set(ctx.actor_name().to_owned()),
        created_at: Set(now.micros()),
        updated_at: Set(now.micros()),
    };
    let row = row.insert(tx.connection()).await.doing("write an image")?;
    if is_system && !input.is_global {
        store::offer(tx, row.id, &input.groups).await?;
    }
    let entry = Entry { action: "image.create", group: owner.group(), subject: &name, detail };
    audit::record(tx, ctx, entry).await?;
    store::emit(tx, now, &row).await
}
