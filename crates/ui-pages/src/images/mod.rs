//! The images of a group, or the system images in the admin portal.

mod detail;
mod form;
mod list;

pub use detail::{BuildRow, ChangeRow, DeprecateForm, ImagePage};
pub use form::{ImageFormPage, OfferFields};
pub use list::{ImageRow, ImagesPage};
