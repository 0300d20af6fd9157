//! The form of an image.

use askama::Template;

use crate::components::{Card, Choice, Field};
use crate::frame::Frame;

/// For system images: to whom the image is offered; fields `global` (`on`) and `groups` (repeated).
#[derive(Clone, Debug, Default)]
pub struct OfferFields {
    pub global: bool,
    pub groups: Vec<Choice>,
    pub error: Option<String>,
}

/// `GET` and `POST …/images/new` and `…/images/{name}/edit`; fields `display_name`, `name` (new only), `description`,
/// `type`, `source` (`build`, `existing`, `container`), `base` (an image; empty for Python alone), `python`,
/// `packages`, `file` (multipart), `existing`, `reference`, and those of [`OfferFields`].
#[derive(Clone, Debug, Default, Template)]
#[template(path = "images/form.html")]
pub struct ImageFormPage {
    pub frame: Frame,
    /// The title of the image when it exists already.
    pub existing_title: Option<String>,
    pub list_url: String,
    /// Where the form is posted.
    pub action: String,
    pub cancel_url: String,
    pub error: Option<String>,
    pub display_name: Field,
    pub name: Field,
    pub description: Field,
    pub types: Vec<Choice>,
    /// Radio cards of `source`; empty where the image stays what it is, as built-in ones do.
    pub sources: Vec<Card>,
    pub source_error: Option<String>,
    pub bases: Vec<Choice>,
    pub base_error: Option<String>,
    pub python: Field,
    pub packages: Field,
    pub file_error: Option<String>,
    pub existing: Vec<Choice>,
    pub existing_error: Option<String>,
    pub reference: Field,
    /// Why a container image could not run here; may be empty.
    pub no_containers: String,
    pub offer: Option<OfferFields>,
}
