//! The form that makes a job.

use askama::Template;

use crate::Page;
use crate::components::{Card, Choice, Field, Link, Note, Tone};
use crate::frame::{Entry, Frame};
use crate::quota::QuotaPanel;
use crate::samples;

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

impl Page for JobFormPage {
    const NAME: &'static str = "job-new";

    fn samples() -> Vec<(&'static str, Self)> {
        let mut side = samples::quota([4.0, 16.0, 1.0]);
        side.start = Some(samples::starts_now());
        let empty = Self {
            frame: samples::frame("New job", Entry::Jobs),
            action: "/g/vision/jobs".into(),
            cancel_url: "/g/vision/jobs".into(),
            side_url: "/g/vision/jobs/new".into(),
            instance_types: samples::type_cards("gpu-1"),
            images: samples::image_cards("pytorch-cpu"),
            timeout: Field::new("24"),
            timeout_units: samples::units("hours"),
            timeout_help: "0 means no limit. The group's default is 24 hours.".into(),
            side,
            ..Self::default()
        };
        let mut errors = Self {
            name: Field::bad(
                "finetune bert/large",
                "Use letters, digits, spaces, - and _. Try “finetune bert-large”.",
            ),
            command: Field::bad("", "Write at least one line to run."),
            env: vec![
                EnvRow { name: Field::new("DATA_DIR"), value: Field::new("/project/vision/data") },
                EnvRow {
                    name: Field::bad("2FAST", "Begin with a letter or _. Try “_2FAST”."),
                    value: Field::new("1"),
                },
            ],
            image_error: Some("Choose an image that is ready.".into()),
            timeout: Field::bad("-3", "Use a number from 0 to 999."),
            error: Some("The job is not submitted yet. Correct the marked fields.".into()),
            ..empty.clone()
        };
        errors.images.iter_mut().for_each(|card| card.selected = false);
        let mut wait = empty.clone();
        wait.cloned_from = Some(Link::new("resnet50-lr-sweep", "/g/vision/jobs/0193a5c2-0"));
        wait.name = Field::new("resnet50-lr-sweep copy");
        wait.command = Field::new("cd /project/vision/resnet\npython sweep.py --lr 0.1");
        wait.side = samples::quota([12.0, 32.0, 2.0]);
        wait.side.start = Some(Note::new(
            Tone::Wait,
            "Waits for 1 GPU.",
            "3 of 4 GPUs of the group are in use. With gpu-1 it would start now.",
        ));
        let mut nothing = empty.clone();
        nothing.instance_types.clear();
        nothing.images.clear();
        nothing.side = samples::unlimited_quota();
        vec![("empty", empty), ("errors", errors), ("clone-waits", wait), ("nothing-to-choose", nothing)]
    }
}
