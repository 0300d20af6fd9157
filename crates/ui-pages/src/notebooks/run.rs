//! Running a notebook as a job: choosing the file, then the form.

use askama::Template;

use crate::Page;
use crate::components::{Card, Choice, Field, Link, Tab};
use crate::frame::{Entry, Frame};
use crate::jobs::EnvRow;
use crate::quota::QuotaPanel;
use crate::samples;

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

impl Page for NotebookRunPage {
    const NAME: &'static str = "notebook-run";

    fn samples() -> Vec<(&'static str, Self)> {
        let url = "/g/vision/notebooks/run";
        let page = |step| Self {
            frame: samples::frame("Run a notebook as a job", Entry::Notebooks),
            action: url.into(),
            cancel_url: "/g/vision/notebooks".into(),
            side_url: "/g/vision/jobs/side".into(),
            error: None,
            step,
        };
        let link = |name: &str| Link::new(name, format!("{url}?path={name}"));
        let folder = NotebookFolder {
            places: vec![Tab::new("My home", url, false), Tab::new("Shared files", url, true)],
            path: "/project/vision/digits".into(),
            above: Some(Link::new("/project/vision", url)),
            folders: vec![link("data"), link("reports")],
            notebooks: vec![link("train.ipynb"), link("a very long name of a notebook ".repeat(6).as_str())],
            is_cut: true,
        };
        let empty = NotebookFolder {
            places: vec![Tab::new("My home", url, true), Tab::new("Shared files", url, false)],
            path: "~".into(),
            ..NotebookFolder::default()
        };
        let row = |name: &str, value: &str| EnvRow { name: Field::new(name), value: Field::new(value) };
        let form = NotebookRunForm {
            path: Field::new("/project/vision/digits/train.ipynb"),
            choose_url: url.into(),
            name: Field::new("train"),
            instance_types: samples::type_cards("gpu-1"),
            images: samples::image_cards("pytorch-cpu"),
            parameters: vec![row("rate", "0.1"), row("name", "baseline")],
            timeout: Field::new("24"),
            timeout_units: samples::units("hours"),
            timeout_help: "0 means no limit. The group's default is 24 hours.".into(),
            side: samples::quota([4.0, 16.0, 1.0]),
            ..NotebookRunForm::default()
        };
        let wrong = NotebookRunForm {
            path: Field::bad("~/../x.ipynb", "The path climbs out with “..”. Name the file by its own path."),
            parameters_error: Some("“a b” can't be a parameter's name. Use letters, digits and _.".into()),
            image_error: Some("Choose an image.".into()),
            ..form.clone()
        };
        vec![
            ("choose", page(NotebookRunStep::Choose(folder))),
            ("choose-empty", page(NotebookRunStep::Choose(empty))),
            ("form", page(NotebookRunStep::Form(Box::new(form)))),
            ("errors", page(NotebookRunStep::Form(Box::new(wrong)))),
        ]
    }
}
