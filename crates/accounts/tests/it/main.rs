//! Accounts on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod access;
mod access_keys;
mod content;
mod known;
mod setup;
mod ssh_keys;
