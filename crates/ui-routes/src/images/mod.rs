//! Images: of a group with the system's, and in the admin portal the system's alone.

pub(crate) mod actions;
pub(crate) mod form;
pub(crate) mod log;
mod page;
mod scope;

pub(crate) use page::badge;

use axum::extract::{Path, State};
use web_kit::{Answer, Ctx, Portal, QueryString};

use crate::flash::Done;
use crate::view;
use scope::{ImagePath, ImageScope};

pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let mut framed = scope.frame(&portal, &ctx, "Images").await?;
    framed.frame.flash = done.flash();
    let images = scope.images(&portal, &ctx).await?;
    Ok(view::page(&page::list(&ctx, &scope, framed, &images))?)
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let image = scope.image(&portal, &ctx, &image).await?;
    let mut framed = scope.frame(&portal, &ctx, &image.display_name).await?;
    framed.frame.flash = done.flash();
    Ok(view::page(&page::detail(&portal, &ctx, &scope, framed, &image).await?)?)
}
