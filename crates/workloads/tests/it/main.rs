//! Workloads on both databases.

mod engine;
mod jobs;
