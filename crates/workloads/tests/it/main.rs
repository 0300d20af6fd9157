//! Workloads on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod engine;
mod images;
mod jobs;
mod notebooks;
mod on_demand;
mod running;
mod upgrades;
