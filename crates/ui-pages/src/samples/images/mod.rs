//! Samples of the pages of [`crate::images`].

mod detail;
mod form;
mod list;
