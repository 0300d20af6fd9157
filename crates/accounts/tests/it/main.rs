//! Accounts on both databases.

mod access;
mod setup;
