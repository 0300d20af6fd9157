//! Jobs: shell scripts that run to their end.
//!
//! Invariants: an acknowledged submit is never lost; a job ends exactly once, with one cause; a re-run is a new job
//! that names the one it copies.

mod cancel;
pub mod entity;
mod list;
pub mod model;
pub mod phase;
mod secrets;
pub(crate) mod store;
pub(crate) mod submit;

pub use list::{JobFilter, JobSort};
pub use model::{Attempt, Job, JobEvent, JobSummary, Spec};
pub use phase::{Cause, Phase};
pub use submit::{MAX_SCRIPT_BYTES, NewJob, TimeLimit};
