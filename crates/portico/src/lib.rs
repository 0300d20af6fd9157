//! Wiring: configuration, command line, and the server made of all crates.

pub mod cli;
mod commands;
pub mod config;
pub mod listen;
mod lock;
mod logging;
mod open;
mod server;

pub use server::{App, app};
