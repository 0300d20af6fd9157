//! Every address of Portico, as a type: the route table takes its pattern, and links are built from the same pattern.
//!
//! A link is `paths::Job.link(group, job)`; forgetting a part of it, or renaming it in one place only, does not compile.
//! Values are percent-encoded, so that what people named never becomes another address.

pub mod admin;
pub mod api;
pub mod clearml;
pub mod content;
mod pattern;
mod portal;
mod query;

pub use pattern::Path;
pub use portal::*;
pub use query::query;
