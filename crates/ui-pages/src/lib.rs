//! The portal's pages: typed page structs with askama templates, the assets they use, and a gallery of every state.
//!
//! A page is a struct with plain owned fields; [`Page::html`] renders it. No database, no HTTP server in here.

pub mod access_keys;
pub mod admin;
pub mod api_docs;
pub mod assets;
pub mod components;
pub mod content;
pub mod errors;
pub mod frame;
pub mod gallery;
pub mod group_settings;
pub mod home;
pub mod images;
pub mod jobs;
pub mod menu;
pub mod notebooks;
pub mod palette;
pub mod profile;
pub mod quota;
mod samples;
pub mod setup;
pub mod sign_in;
pub mod ssh_keys;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod vault;

pub use askama::{Error as RenderError, Template};
pub use assets::{Asset, asset, url};
pub use components::icon;

/// A page, or a part of one that is answered alone. The gallery has every page in every state, from `samples`.
pub trait Page: Template + Sized {
    /// The page as HTML.
    fn html(&self) -> Result<String, RenderError> {
        self.render()
    }
}

impl<T: Template> Page for T {}
