//! Rebuilding, cancelling, deprecating and deleting images.

use axum::extract::{Path, State};
use base::{OpContext, Result};
use ui_pages::admin::DeletePage;
use ui_pages::components::{Field, Link};
use web_kit::{Answer, Ctx, FormBody, Portal};
use workloads::engine::ImageUses;

use super::{ImagePath, ImageScope};
use crate::admin::delete_confirmed;
use crate::view;

/// Back to the image's page, which says what was done.
fn done(scope: &ImageScope, image: &str, what: &str) -> Answer {
    Ok(view::see_done(scope.url(image), what))
}

pub(crate) async fn rebuild(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
) -> Answer {
    portal.workloads.rebuild_image(&ctx, scope.owner(), &image).await?;
    done(&scope, &image, "build")
}

pub(crate) async fn cancel(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
) -> Answer {
    portal.workloads.cancel_build(&ctx, scope.owner(), &image).await?;
    done(&scope, &image, "build-cancelled")
}

pub(crate) async fn deprecate(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    body: FormBody,
) -> Answer {
    let successor = body.text("successor").to_owned();
    portal.workloads.deprecate_image(&ctx, scope.owner(), &image, Some(successor)).await?;
    done(&scope, &image, "deprecated")
}

pub(crate) async fn restore(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
) -> Answer {
    portal.workloads.restore_image(&ctx, scope.owner(), &image).await?;
    done(&scope, &image, "restored")
}

/// In words: who would miss the image.
fn in_use(uses: &ImageUses) -> String {
    let mut parts = Vec::new();
    for (kind, waiting, running) in &uses.counts {
        for (count, how) in [(waiting, "waiting"), (running, "running")] {
            if *count > 0 {
                parts.push(view::plural(
                    i64::try_from(*count).unwrap_or(i64::MAX),
                    &format!("{how} {}", kind.as_str()),
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
    scope: &ImageScope,
    name: &str,
    confirm: Field,
) -> Result<DeletePage> {
    let uses = portal.workloads.image_uses(ctx, scope.owner(), name).await?;
    let image = scope.image(portal, ctx, name).await?;
    let framed = scope.frame(portal, ctx, &format!("Delete {}", image.display_name)).await?;
    Ok(DeletePage {
        frame: framed.frame,
        noun: "image".to_owned(),
        name: name.to_owned(),
        action: scope.delete_link(name),
        cancel_url: scope.url(name),
        list: Link::new("Images", scope.list_link()),
        goes_with: Vec::new(),
        stays: in_use(&uses),
        blocked: image
            .is_built_in
            .then(|| "A built-in image comes back with every start. Deprecate it instead.".to_owned()),
        confirm,
    })
}

pub(crate) async fn ask_delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
) -> Answer {
    Ok(view::page(&delete_page(&portal, &ctx, &scope, &image, Field::default()).await?)?)
}

pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    body: FormBody,
) -> Answer {
    let ask_again = async |confirm| delete_page(&portal, &ctx, &scope, &image, confirm).await;
    let delete = portal.workloads.delete_image(&ctx, scope.owner(), &image);
    delete_confirmed(&body, &image, scope.list_link(), delete, ask_again).await
}
