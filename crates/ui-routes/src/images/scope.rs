//! The scope of the pages of images: a group, or the whole system in the admin portal. Both have the same pages.

use accounts::groups::Group;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base::{Action, OpContext, Result};
use paths::{Path as _, admin};
use serde::Deserialize;
use ui_pages::frame::Entry;
use web_kit::{Failure, InGroup, Portal};
use workloads::images::{Image, Owner};

use crate::frame::{self, Framed};

/// The part of a path that names an image.
#[derive(Deserialize)]
pub(crate) struct ImagePath {
    pub(super) image: String,
}

/// A group, or the whole system where there is none.
pub(crate) struct ImageScope {
    pub(super) group: Option<Group>,
}

impl ImageScope {
    pub(super) fn owner(&self) -> Owner {
        self.group.as_ref().map_or(Owner::System, |group| Owner::Group(group.id))
    }
    /// An address here: in the group, or else in the admin portal.
    pub(super) fn link(&self, of_group: fn(&str) -> String, of_admin: fn() -> String) -> String {
        self.group.as_ref().map_or_else(of_admin, |group| of_group(&group.name))
    }
    /// An address of an image here.
    pub(super) fn image_link(
        &self,
        of_group: fn(&str, &str) -> String,
        of_admin: fn(&str) -> String,
        image: &str,
    ) -> String {
        self.group.as_ref().map_or_else(|| of_admin(image), |group| of_group(&group.name, image))
    }
    pub(super) fn list_link(&self) -> String {
        self.link(|group| paths::Images.link(group), || admin::Images.link())
    }
    pub(super) fn new_link(&self) -> String {
        self.link(|group| paths::ImageNew.link(group), || admin::ImageNew.link())
    }
    pub(super) fn url(&self, image: &str) -> String {
        self.image_link(
            |group, image| paths::Image.link(group, image),
            |image| admin::Image.link(image),
            image,
        )
    }
    pub(super) fn edit_link(&self, image: &str) -> String {
        self.image_link(
            |group, image| paths::ImageEdit.link(group, image),
            |image| admin::ImageEdit.link(image),
            image,
        )
    }
    pub(super) fn rebuild_link(&self, image: &str) -> String {
        self.image_link(
            |group, image| paths::ImageRebuild.link(group, image),
            |image| admin::ImageRebuild.link(image),
            image,
        )
    }
    pub(super) fn cancel_link(&self, image: &str) -> String {
        self.image_link(
            |group, image| paths::ImageCancel.link(group, image),
            |image| admin::ImageCancel.link(image),
            image,
        )
    }
    pub(super) fn deprecate_link(&self, image: &str) -> String {
        self.image_link(
            |group, image| paths::ImageDeprecate.link(group, image),
            |image| admin::ImageDeprecate.link(image),
            image,
        )
    }
    pub(super) fn restore_link(&self, image: &str) -> String {
        self.image_link(
            |group, image| paths::ImageRestore.link(group, image),
            |image| admin::ImageRestore.link(image),
            image,
        )
    }
    pub(super) fn delete_link(&self, image: &str) -> String {
        self.image_link(
            |group, image| paths::ImageDelete.link(group, image),
            |image| admin::ImageDelete.link(image),
            image,
        )
    }
    /// What the parts of its log lie beneath.
    pub(super) fn log_link(&self, image: &str) -> String {
        self.image_link(
            |group, image| paths::ImageLog.link(group, image),
            |image| admin::ImageLog.link(image),
            image,
        )
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

impl<S: Send + Sync> FromRequestParts<S> for ImageScope {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Failure> {
        if parts.uri.path().starts_with(admin::Images::PATTERN) {
            return Ok(Self { group: None });
        }
        let InGroup(group) = InGroup::from_request_parts(parts, state).await?;
        Ok(Self { group: Some(group) })
    }
}
