//! Workloads that serve HTTP: when they answer, whether they are used, and their end when they are not.

mod http;
mod idle;
mod jupyter;
mod ready;

pub(crate) use idle::run;
pub(crate) use ready::announce;
