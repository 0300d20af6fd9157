//! Wiring: configuration, command line, and the server made of all crates.

pub mod cli;
mod commands;
pub mod config;
mod content;
pub mod listen;
mod lock;
mod logging;
mod open;
mod open_files;
mod sealing;
mod server;

pub use content::ServedNotebooks;
pub use server::{App, app};
