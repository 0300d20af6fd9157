//! The proxy in front of a workload that only pretends.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod access;
mod content;
mod entering;
mod measures;
mod passing;
mod sockets;
mod sweep;
mod workload;
