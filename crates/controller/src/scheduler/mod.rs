//! Which workload starts next, and why the others wait.
//!
//! [`plan`] is a pure function of the queue, the quotas and the capacity; [`pass`] reads those, asks it, and writes
//! the decisions in one transaction that checks them again.

pub(crate) mod pass;
pub mod plan;
mod reasons;
