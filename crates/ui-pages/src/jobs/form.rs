//! The form that makes a job.

use askama::Template;

use crate::components::{Card, Choice, Field, Link};
use crate::frame::Frame;
use crate::quota::QuotaPanel;

/// One environment variable of the form; fields `env_name` and `env_value`, repeated.
#[derive(Clone, Debug, Default)]
pub struct EnvRow {
    pub name: Field,
    pub value: Field,
}

/// `GET /g/{group}/jobs/new` and `POST /g/{group}/jobs`; fields `name`, `instance_type`, `image`, `command`,
/// `env_name`, `env_value`, `timeout`, `timeout_unit` (`minutes`, `hours`, `days`).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "jobs/form.html")]
pub struct JobFormPage {
    pub frame: Frame,
    /// Where the form is posted.
    pub action: String,
    pub cancel_url: String,
    /// What answers with the side panel for the form's fields in the query: this page itself or [`JobSide`].
    pub side_url: String,
    /// Set when the form is a copy of another job.
    pub cloned_from: Option<Link>,
    /// What is wrong with the form as a whole.
    pub error: Option<String>,
    pub name: Field,
    pub instance_types: Vec<Card>,
    pub instance_type_error: Option<String>,
    pub images: Vec<Card>,
    pub image_error: Option<String>,
    pub command: Field,
    pub env: Vec<EnvRow>,
    pub env_error: Option<String>,
    pub timeout: Field,
    pub timeout_units: Vec<Choice>,
    /// Such as `The group's default is 24 hours.`.
    pub timeout_help: String,
    pub side: QuotaPanel,
}

impl JobFormPage {
    /// The rows of environment variables, with one empty row at the end for those without scripts.
    #[must_use]
    pub fn env_rows(&self) -> Vec<EnvRow> {
        let mut rows = self.env.clone();
        rows.push(EnvRow::default());
        rows
    }
}

/// The side panel alone, the answer to a change of the instance type.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "jobs/side.html")]
pub struct JobSide {
    pub side: QuotaPanel,
}

impl JobSide {
    /// The part as HTML.
    pub fn html(&self) -> Result<String, askama::Error> {
        self.render()
    }
}
