//! Samples of the pages of [`crate::jobs`].

mod detail;
mod form;
mod list;
