//! Images: of a group with the system's, and in the admin portal the system's alone.

pub(crate) mod actions;
pub(crate) mod form;
pub(crate) mod log;
mod page;
mod place;

pub(crate) use page::badge;

use axum::extract::{Path, State};
use web_kit::{Answer, Ctx, Portal, QueryString};

use crate::flash::Done;
use crate::view;
use place::{Named, Place};

pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    place: Place,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let mut framed = place.frame(&portal, &ctx, "Images").await?;
    framed.frame.flash = done.flash();
    let images = place.images(&portal, &ctx).await?;
    Ok(view::page(&page::list(&ctx, &place, framed, &images))?)
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    place: Place,
    Path(Named { image }): Path<Named>,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let image = place.image(&portal, &ctx, &image).await?;
    let mut framed = place.frame(&portal, &ctx, &image.display_name).await?;
    framed.frame.flash = done.flash();
    Ok(view::page(&page::detail(&portal, &ctx, &place, framed, &image).await?)?)
}
