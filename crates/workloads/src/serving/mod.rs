//! What workloads that serve HTTP have in common: when they answer, whether anybody uses them, when they are stopped.

mod activity;
pub mod entity;
mod ready;
mod rules;

pub use activity::{IdleStep, Watched};
pub use ready::ServedWorkload;
pub(crate) use ready::{begin, begin_anew};
pub use rules::IdleRule;
pub(crate) use rules::rule;

/// Below which path of the content origin a workload is served. The same in every run, and the same whether each
/// workload has an origin of its own or not.
pub fn base_path(slug: &str) -> String {
    format!("/w/{slug}/")
}
