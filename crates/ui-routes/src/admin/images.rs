//! System images.

use axum::extract::{Path, State};
use ui_pages::frame::Entry;
use web_kit::{Answer, Ctx, Portal, QueryString, logs};

use crate::flash::Done;
use crate::images::{build_log, detail_page, lines_answer, list_page, search_answer, stream_answer};
use crate::{frame, view};

const BASE: &str = "/admin/images";

pub(crate) async fn list(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    let framed = frame::build(&portal, &ctx, "Images", Entry::AdminImages, None).await?;
    let images = portal.workloads.system_images(&ctx).await?;
    Ok(view::page(&list_page(framed, &images, BASE, "System images, which every group can use."))?)
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let image = portal.workloads.system_image(&ctx, &name).await?;
    let mut framed = frame::build(&portal, &ctx, &image.display_name, Entry::AdminImages, None).await?;
    framed.frame.flash = done.flash();
    Ok(view::page(&detail_page(&portal, framed, &image, BASE, true).await)?)
}

pub(crate) async fn rebuild(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(name): Path<String>) -> Answer {
    portal.workloads.rebuild_image(&ctx, &name).await?;
    Ok(view::see_other(&format!("{BASE}/{name}?done=build")))
}

pub(crate) async fn log_lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer {
    let image = portal.workloads.system_image(&ctx, &name).await?;
    Ok(lines_answer(&portal, &image, &wanted).await?)
}

pub(crate) async fn log_search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer {
    let image = portal.workloads.system_image(&ctx, &name).await?;
    Ok(search_answer(&portal, &image, &wanted).await?)
}

pub(crate) async fn log_stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    QueryString(wanted): QueryString<logs::From>,
) -> Answer {
    let image = portal.workloads.system_image(&ctx, &name).await?;
    Ok(stream_answer(&portal, ctx, &image, wanted.from))
}

pub(crate) async fn log_download(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Answer {
    let image = portal.workloads.system_image(&ctx, &name).await?;
    Ok(logs::download(&build_log(&portal, &image), &name).await?)
}
