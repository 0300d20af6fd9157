//! The whole portal, without a network.

mod authorization;
mod headers;
mod openapi;
mod portal;
