//! Images: of a group with the system's, and in the admin portal the system's alone.

pub(crate) mod actions;
pub(crate) mod form;
pub(crate) mod log;
mod page;

use accounts::groups::Group;
pub(crate) use page::status;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Action, OpContext, Result};
use ui_pages::frame::Entry;
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString};
use workloads::images::{Image, Owner};

use crate::flash::Done;
use crate::frame::{self, Framed};
use crate::view;

/// The part of a path below a group.
pub(crate) type Where = Path<(String, String)>;

/// Where the pages are seen: in a group, or in the admin portal.
pub(crate) struct Place {
    group: Option<Group>,
}

impl Place {
    pub(crate) const fn of_group(group: Group) -> Self {
        Self { group: Some(group) }
    }
    pub(crate) const fn admin() -> Self {
        Self { group: None }
    }
    fn owner(&self) -> Owner {
        self.group.as_ref().map_or(Owner::System, |group| Owner::Group(group.id))
    }
    /// The list's address, under which everything else lies.
    fn base(&self) -> String {
        self.group
            .as_ref()
            .map_or_else(|| "/admin/images".to_owned(), |group| format!("/g/{}/images", group.name))
    }
    fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base())
    }
    const fn entry(&self) -> Entry {
        if self.group.is_some() { Entry::Images } else { Entry::AdminImages }
    }
    async fn frame(&self, portal: &Portal, ctx: &OpContext, title: &str) -> Result<Framed> {
        frame::build(portal, ctx, title, self.entry(), self.group.as_ref()).await
    }
    async fn images(&self, portal: &Portal, ctx: &OpContext) -> Result<Vec<Image>> {
        match &self.group {
            Some(group) => portal.workloads.images_for(ctx, group.id).await,
            None => portal.workloads.system_images(ctx).await,
        }
    }
    async fn image(&self, portal: &Portal, ctx: &OpContext, name: &str) -> Result<Image> {
        match &self.group {
            Some(group) => portal.workloads.image_for(ctx, group.id, name).await,
            None => portal.workloads.system_image(ctx, name).await,
        }
    }
    /// Whether the person may make images here.
    fn may_make(&self, ctx: &OpContext) -> bool {
        match &self.group {
            Some(group) => ctx.require_in_group(Action::ManageGroup, group.id).is_ok(),
            None => ctx.is_platform_admin(),
        }
    }
    /// Whether the person may change this image here: a group's pages change only its own.
    fn may_manage(&self, ctx: &OpContext, image: &Image) -> bool {
        image.owner() == self.owner() && self.may_make(ctx)
    }
}

pub(crate) async fn list_answer(
    portal: &Portal,
    ctx: &OpContext,
    place: &Place,
    done: &Done,
) -> Result<Response> {
    let mut framed = place.frame(portal, ctx, "Images").await?;
    framed.frame.flash = done.flash();
    let images = place.images(portal, ctx).await?;
    view::page(&page::list(place, ctx, framed, &images))
}

pub(crate) async fn show_answer(
    portal: &Portal,
    ctx: &OpContext,
    place: &Place,
    name: &str,
    done: &Done,
) -> Result<Response> {
    let image = place.image(portal, ctx, name).await?;
    let mut framed = place.frame(portal, ctx, &image.display_name).await?;
    framed.frame.flash = done.flash();
    view::page(&page::detail(portal, ctx, place, framed, &image).await?)
}

pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(list_answer(&portal, &ctx, &Place::of_group(group), &done).await?)
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(show_answer(&portal, &ctx, &Place::of_group(group), &name, &done).await?)
}
