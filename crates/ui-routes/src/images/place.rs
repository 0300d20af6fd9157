//! Where images are seen: in a group, or in the admin portal. Both have the same pages.

use accounts::groups::Group;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base::{Action, OpContext, Result};
use serde::Deserialize;
use ui_pages::frame::Entry;
use web_kit::{Failure, InGroup, Portal};
use workloads::images::{Image, Owner};

use crate::frame::{self, Framed};

/// The list of system images, under which all of their pages lie.
const ADMIN: &str = "/admin/images";

/// The part of a path that names an image.
#[derive(Deserialize)]
pub(crate) struct Named {
    pub(super) image: String,
}

/// Where the pages are seen: in a group, or in the admin portal.
pub(crate) struct Place {
    pub(super) group: Option<Group>,
}

impl Place {
    pub(super) fn owner(&self) -> Owner {
        self.group.as_ref().map_or(Owner::System, |group| Owner::Group(group.id))
    }
    /// The list's address, under which everything else lies.
    pub(super) fn base(&self) -> String {
        self.group.as_ref().map_or_else(|| ADMIN.to_owned(), |group| format!("/g/{}/images", group.name))
    }
    pub(super) fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base())
    }
    pub(super) const fn entry(&self) -> Entry {
        if self.group.is_some() { Entry::Images } else { Entry::AdminImages }
    }
    pub(super) async fn frame(&self, portal: &Portal, ctx: &OpContext, title: &str) -> Result<Framed> {
        frame::build(portal, ctx, title, self.entry(), self.group.as_ref()).await
    }
    pub(super) async fn images(&self, portal: &Portal, ctx: &OpContext) -> Result<Vec<Image>> {
        match &self.group {
            Some(group) => portal.workloads.images_for(ctx, group.id).await,
            None => portal.workloads.system_images(ctx).await,
        }
    }
    pub(super) async fn image(&self, portal: &Portal, ctx: &OpContext, name: &str) -> Result<Image> {
        match &self.group {
            Some(group) => portal.workloads.image_for(ctx, group.id, name).await,
            None => portal.workloads.system_image(ctx, name).await,
        }
    }
    /// Whether the person may make images here.
    pub(super) fn may_make(&self, ctx: &OpContext) -> bool {
        match &self.group {
            Some(group) => ctx.require_in_group(Action::ManageGroup, group.id).is_ok(),
            None => ctx.is_platform_admin(),
        }
    }
    /// Whether the person may change this image here: a group's pages change only its own.
    pub(super) fn may_manage(&self, ctx: &OpContext, image: &Image) -> bool {
        image.owner() == self.owner() && self.may_make(ctx)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Failure> {
        if parts.uri.path().starts_with(ADMIN) {
            return Ok(Self { group: None });
        }
        let InGroup(group) = InGroup::from_request_parts(parts, state).await?;
        Ok(Self { group: Some(group) })
    }
}
