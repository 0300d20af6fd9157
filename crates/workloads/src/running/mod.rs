//! What runs, as people and programs see it from outside: logs, what it uses, connections, packages.
//!
//! All of it comes from the runner, whatever that is: nothing here knows where a log lies or a workload listens.

mod connect;
mod log;
mod machine;
mod packages;
mod usage;

pub use connect::Connections;
pub use log::WorkloadLog;
pub use machine::Machine;
pub use packages::PACKAGE_LAYERS;
