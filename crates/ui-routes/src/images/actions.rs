//! Rebuilding, cancelling, deprecating and deleting images.

use axum::extract::{Path, State};
use axum::response::Response;
use base::{OpContext, Result};
use ui_pages::admin::DeletePage;
use ui_pages::components::{Field, Link};
use web_kit::{Answer, Ctx, FormBody, InGroup, Portal};
use workloads::images::ImageUses;

use super::{Place, Where};
use crate::admin::check_confirmation;
use crate::view;

/// What can be done to an image with one button.
pub(crate) enum Deed {
    Rebuild,
    Cancel,
    Deprecate { successor: String },
    Restore,
}

pub(crate) async fn act(
    portal: &Portal,
    ctx: &OpContext,
    place: &Place,
    name: &str,
    deed: Deed,
) -> Result<Response> {
    let (workloads, owner) = (&portal.workloads, place.owner());
    let done = match deed {
        Deed::Rebuild => {
            workloads.rebuild_image(ctx, owner, name).await?;
            "build"
        }
        Deed::Cancel => {
            workloads.cancel_build(ctx, owner, name).await?;
            "build-cancelled"
        }
        Deed::Deprecate { successor } => {
            workloads.deprecate_image(ctx, owner, name, Some(successor)).await?;
            "deprecated"
        }
        Deed::Restore => {
            workloads.restore_image(ctx, owner, name).await?;
            "restored"
        }
    };
    Ok(view::see_other(&format!("{}?done={done}", place.url(name))))
}

/// In words: who would miss the image.
fn in_use(uses: &ImageUses) -> String {
    let mut parts = Vec::new();
    for (kind, waiting, running) in &uses.counts {
        for (count, how) in [(waiting, "waiting"), (running, "running")] {
            if *count > 0 {
                parts.push(view::plural(
                    i64::try_from(*count).unwrap_or(i64::MAX),
                    &format!("{how} {kind}"),
                    "",
                ));
            }
        }
    }
    if parts.is_empty() {
        return "Nothing waits or runs with it now.".to_owned();
    }
    let named: Vec<String> =
        uses.newest.iter().take(5).map(|one| format!("{} of {}", one.name, one.user_name)).collect();
    format!(
        "In use now: {} ({}). They keep its software; to run them again, people choose another image.",
        parts.join(", "),
        named.join(", ")
    )
}

async fn delete_page(
    portal: &Portal,
    ctx: &OpContext,
    place: &Place,
    name: &str,
    confirm: Field,
) -> Result<DeletePage> {
    let uses = portal.workloads.image_uses(ctx, place.owner(), name).await?;
    let image = place.image(portal, ctx, name).await?;
    let framed = place.frame(portal, ctx, &format!("Delete {}", image.display_name)).await?;
    Ok(DeletePage {
        frame: framed.frame,
        noun: "image".to_owned(),
        name: name.to_owned(),
        action: format!("{}/delete", place.url(name)),
        cancel_url: place.url(name),
        list: Link::new("Images", place.base()),
        goes_with: Vec::new(),
        stays: in_use(&uses),
        blocked: image
            .is_built_in
            .then(|| "A built-in image comes back with every start. Deprecate it instead.".to_owned()),
        confirm,
    })
}

pub(crate) async fn ask_delete_answer(
    portal: &Portal,
    ctx: &OpContext,
    place: &Place,
    name: &str,
) -> Result<Response> {
    view::page(&delete_page(portal, ctx, place, name, Field::default()).await?)
}

pub(crate) async fn delete_answer(
    portal: &Portal,
    ctx: &OpContext,
    place: &Place,
    name: &str,
    body: &FormBody,
) -> Result<Response> {
    let typed = body.text("confirm");
    match check_confirmation(typed, name) {
        Ok(()) => {
            portal.workloads.delete_image(ctx, place.owner(), name).await?;
            Ok(view::see_other(&format!("{}?done=deleted", place.base())))
        }
        Err(error) => {
            let field = view::field(typed, "confirm", Some(&error));
            let page = delete_page(portal, ctx, place, name, field).await?;
            view::page_with(view::form_status(Some(&error)), &page)
        }
    }
}

pub(crate) async fn rebuild(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
) -> Answer {
    Ok(act(&portal, &ctx, &Place::of_group(group), &name, Deed::Rebuild).await?)
}

pub(crate) async fn cancel(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
) -> Answer {
    Ok(act(&portal, &ctx, &Place::of_group(group), &name, Deed::Cancel).await?)
}

pub(crate) async fn deprecate(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    body: FormBody,
) -> Answer {
    let successor = body.text("successor").to_owned();
    Ok(act(&portal, &ctx, &Place::of_group(group), &name, Deed::Deprecate { successor }).await?)
}

pub(crate) async fn restore(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
) -> Answer {
    Ok(act(&portal, &ctx, &Place::of_group(group), &name, Deed::Restore).await?)
}

pub(crate) async fn ask_delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
) -> Answer {
    Ok(ask_delete_answer(&portal, &ctx, &Place::of_group(group), &name).await?)
}

pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    body: FormBody,
) -> Answer {
    Ok(delete_answer(&portal, &ctx, &Place::of_group(group), &name, &body).await?)
}
