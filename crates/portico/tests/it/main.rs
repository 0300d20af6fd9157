//! The whole portal, without a network.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod authorization;
mod content;
mod foreign;
mod headers;
mod links;
mod menus;
mod openapi;
mod portal;
mod table;
