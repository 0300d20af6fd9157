//! The pages of jobs.

mod detail;
mod form;
mod list;

pub use detail::{AttemptRow, EventRow, JobNotebook, JobOverview, JobPage, JobTab, Stage, StageState};
pub use form::{EnvRow, JobFormPage, JobSide};
pub use list::{JobRow, JobsPage};

/// What may be done with a job; each is the URL, absent when it may not.
#[derive(Clone, Debug, Default)]
pub struct JobActions {
    /// `POST`
    pub cancel: Option<String>,
    /// `POST`
    pub rerun: Option<String>,
    /// `GET`
    pub clone: Option<String>,
}
