//! System images.

use axum::extract::{Path, State};
use web_kit::{Answer, Ctx, FormBody, Portal, QueryString, logs};

use crate::flash::Done;
use crate::images::actions::{self, Deed};
use crate::images::log::{self, Part};
use crate::images::{Place, form, list_answer, show_answer};

pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(list_answer(&portal, &ctx, &Place::admin(), &done).await?)
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(show_answer(&portal, &ctx, &Place::admin(), &name, &done).await?)
}

pub(crate) async fn new(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    Ok(form::new_answer(&portal, &ctx, &Place::admin()).await?)
}

pub(crate) async fn create(State(portal): State<Portal>, Ctx(ctx): Ctx, body: FormBody) -> Answer {
    Ok(form::create_answer(&portal, &ctx, &Place::admin(), &body).await?)
}

pub(crate) async fn edit(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(name): Path<String>) -> Answer {
    Ok(form::edit_answer(&portal, &ctx, &Place::admin(), &name).await?)
}

pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    Ok(form::update_answer(&portal, &ctx, &Place::admin(), &name, &body).await?)
}

pub(crate) async fn rebuild(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(name): Path<String>) -> Answer {
    Ok(actions::act(&portal, &ctx, &Place::admin(), &name, Deed::Rebuild).await?)
}

pub(crate) async fn cancel(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(name): Path<String>) -> Answer {
    Ok(actions::act(&portal, &ctx, &Place::admin(), &name, Deed::Cancel).await?)
}

pub(crate) async fn restore(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(name): Path<String>) -> Answer {
    Ok(actions::act(&portal, &ctx, &Place::admin(), &name, Deed::Restore).await?)
}

pub(crate) async fn deprecate(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    let successor = body.text("successor").to_owned();
    Ok(actions::act(&portal, &ctx, &Place::admin(), &name, Deed::Deprecate { successor }).await?)
}

pub(crate) async fn ask_delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Answer {
    Ok(actions::ask_delete_answer(&portal, &ctx, &Place::admin(), &name).await?)
}

pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    Ok(actions::delete_answer(&portal, &ctx, &Place::admin(), &name, &body).await?)
}

pub(crate) async fn log_lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer {
    Ok(log::answer(&portal, ctx, &Place::admin(), &name, Part::Lines(wanted)).await?)
}

pub(crate) async fn log_search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer {
    Ok(log::answer(&portal, ctx, &Place::admin(), &name, Part::Search(wanted)).await?)
}

pub(crate) async fn log_stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    QueryString(wanted): QueryString<logs::From>,
) -> Answer {
    Ok(log::answer(&portal, ctx, &Place::admin(), &name, Part::Stream(wanted)).await?)
}

pub(crate) async fn log_download(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Answer {
    Ok(log::answer(&portal, ctx, &Place::admin(), &name, Part::Download).await?)
}
