//! Samples of the pages of [`crate::admin`].

mod delete;
mod groups;
mod instance_types;
mod system;
mod users;
