//! Running a notebook as a job: choosing the file, then the form.

use askama::Template;

use crate::components::{Card, Choice, Field, Link, Tab};
use crate::frame::Frame;
use crate::jobs::EnvRow;
use crate::quota::QuotaPanel;

/// A folder of the two trees that notebooks lie in.
#[derive(Clone, Debug, Default)]
pub struct NotebookFolder {
    /// The two trees.
    pub places: Vec<Tab>,
    /// The folder's path, such as `/project/vision/digits`.
    pub path: String,
    /// The folder above, where there is one.
    pub above: Option<Link>,
    pub folders: Vec<Link>,
    pub notebooks: Vec<Link>,
    /// There is more than is shown.
    pub is_cut: bool,
}

/// What a job needs beside the file; fields `path`, `name`, `instance_type`, `image`, `parameter_name`,
/// `parameter_value`, `env_name`, `env_value`, `timeout`, `timeout_unit`.
#[derive(Clone, Debug, Default)]
pub struct NotebookRunForm {
    pub path: Field,
    /// Where another file is chosen.
    pub choose_url: String,
    pub name: Field,
    pub instance_types: Vec<Card>,
    pub instance_type_error: Option<String>,
    pub images: Vec<Card>,
    pub image_error: Option<String>,
    pub parameters: Vec<EnvRow>,
    pub parameters_error: Option<String>,
    pub env: Vec<EnvRow>,
    pub env_error: Option<String>,
    pub timeout: Field,
    pub timeout_units: Vec<Choice>,
    pub timeout_help: String,
    pub side: QuotaPanel,
}

fn with_empty_row(rows: &[EnvRow]) -> Vec<EnvRow> {
    rows.iter().cloned().chain([EnvRow::default()]).collect()
}

impl NotebookRunForm {
    /// The rows of parameters, with one empty row at the end for those without scripts.
    #[must_use]
    pub fn parameter_rows(&self) -> Vec<EnvRow> {
        with_empty_row(&self.parameters)
    }
    /// The same of variables.
    #[must_use]
    pub fn env_rows(&self) -> Vec<EnvRow> {
        with_empty_row(&self.env)
    }
}

/// Which step is shown.
#[derive(Clone, Debug)]
pub enum NotebookRunStep {
    Choose(NotebookFolder),
    Form(Box<NotebookRunForm>),
}

/// `GET` and `POST /g/{group}/notebooks/run`.
#[derive(Clone, Debug, Template)]
#[template(path = "notebooks/run.html")]
pub struct NotebookRunPage {
    pub frame: Frame,
    /// This page's own path, where the form is posted.
    pub action: String,
    /// The list of notebooks.
    pub cancel_url: String,
    /// What answers with the side panel for the form's fields in the query.
    pub side_url: String,
    /// What is wrong with the form as a whole.
    pub error: Option<String>,
    pub step: NotebookRunStep,
}
