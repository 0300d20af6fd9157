//! Jobs: scripts and notebook files that run to their end.
//!
//! Invariants: an acknowledged submit is never lost; a job ends exactly once, with one cause; a re-run is a new job
//! that names the one it copies.

mod cancel;
mod list;
mod model;
mod store;
mod submit;

pub use list::{JobFilter, JobSort};
pub use model::{Job, JobSummary};
pub use submit::{MAX_SCRIPT_BYTES, NewJob, TimeLimit};
