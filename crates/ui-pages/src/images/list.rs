//! The list of images.

use askama::Template;

use crate::components::{Status, When};
use crate::frame::Frame;

/// One image of the list.
#[derive(Clone, Debug, Default)]
pub struct ImageRow {
    pub name: String,
    pub title: String,
    pub description: String,
    pub url: String,
    pub status: Status,
    /// Why it isn't ready; may be empty.
    pub reason: String,
    /// `environment` or `container`.
    pub kind: String,
    /// What it is meant for: `CPU`, `GPU` or `Universal`.
    pub image_type: String,
    /// It shall not be chosen for new work.
    pub deprecated: bool,
    /// Such as `3.12`; empty for a container image.
    pub python: String,
    /// `System` or `Group`.
    pub scope: String,
    /// Such as `1.2 GB`; may be empty.
    pub size: String,
    pub built: Option<When>,
}

/// `GET /g/{group}/images` and `GET /admin/images`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "images/list.html")]
pub struct ImagesPage {
    pub frame: Frame,
    /// This page's own path and query.
    pub live_url: String,
    /// One sentence under the title.
    pub lead: String,
    /// The form for a new image; absent for those who may not make one.
    pub new_url: Option<String>,
    pub images: Vec<ImageRow>,
    pub error: Option<String>,
}
