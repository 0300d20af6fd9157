//! The form that makes a notebook and starts it.

use askama::Template;

use super::samples as own;
use crate::Page;
use crate::components::{Card, Choice, Field, Note, Tone};
use crate::frame::{Entry, Frame};
use crate::jobs::EnvRow;
use crate::quota::QuotaPanel;
use crate::samples;

/// A folder that a notebook sees.
#[derive(Clone, Debug, Default)]
pub struct Volume {
    /// Such as `Your home in vision`.
    pub name: String,
    /// Where it is in the notebook.
    pub path: String,
    /// One sentence on what it is for; may be empty.
    pub about: String,
    pub read_only: bool,
}

/// The side panel: quota with the notebook in it, when it would start, what is mounted.
///
/// Alone it is the answer to a change of the instance type.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "notebooks/side.html")]
pub struct NotebookSide {
    pub quota: QuotaPanel,
    pub volumes: Vec<Volume>,
}

impl NotebookSide {
    /// The part as HTML.
    pub fn html(&self) -> Result<String, askama::Error> {
        self.render()
    }
}

/// `GET /g/{group}/notebooks/new` and `POST /g/{group}/notebooks`; fields `name`, `instance_type`, `image`, `env_name`,
/// `env_value`, `safe_mode` (`on`), `file`, `idle` with `idle_unit` and `lifetime` with `lifetime_unit` (`minutes`,
/// `hours`, `days`).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "notebooks/form.html")]
pub struct NotebookFormPage {
    pub frame: Frame,
    /// Where the form is posted.
    pub action: String,
    pub cancel_url: String,
    /// What answers with [`NotebookSide`] for the form's fields in the query.
    pub side_url: String,
    /// What is wrong with the form as a whole.
    pub error: Option<String>,
    pub name: Field,
    /// Those over quota are disabled and say why.
    pub instance_types: Vec<Card>,
    pub instance_type_error: Option<String>,
    /// The label of a card is `CPU`, `GPU` or `Universal`.
    pub system_images: Vec<Card>,
    pub group_images: Vec<Card>,
    /// Where a group admin makes an image; absent for everybody else.
    pub new_image_url: Option<String>,
    pub image_error: Option<String>,
    /// What the person had in the last notebook, or what was typed.
    pub env: Vec<EnvRow>,
    pub env_error: Option<String>,
    pub safe_mode: bool,
    /// The notebook or folder to open, below the home.
    pub file: Field,
    pub idle: Field,
    pub idle_units: Vec<Choice>,
    /// Such as `The group's default is 60 minutes, at most 8 hours on cpu-2.`.
    pub idle_help: String,
    pub lifetime: Field,
    pub lifetime_units: Vec<Choice>,
    pub lifetime_help: String,
    pub side: NotebookSide,
}

impl NotebookFormPage {
    /// The rows of environment variables, with one empty row at the end for those without scripts.
    #[must_use]
    pub fn env_rows(&self) -> Vec<EnvRow> {
        let mut rows = self.env.clone();
        rows.push(EnvRow::default());
        rows
    }

    /// Whether the advanced part is shown at once: something in it is set or wrong.
    #[must_use]
    pub fn advanced_open(&self) -> bool {
        let wrong = |field: &Field| field.error.is_some();
        self.safe_mode
            || !self.file.value.is_empty()
            || wrong(&self.file)
            || wrong(&self.idle)
            || wrong(&self.lifetime)
    }

    /// Whether nothing can be started.
    #[must_use]
    pub fn nothing_to_choose(&self) -> bool {
        let usable = |cards: &[Card]| cards.iter().any(|card| card.disabled.is_none());
        !usable(&self.instance_types) || !(usable(&self.system_images) || usable(&self.group_images))
    }
}

impl Page for NotebookFormPage {
    const NAME: &'static str = "notebook-new";

    fn samples() -> Vec<(&'static str, Self)> {
        let (system_images, group_images) = own::image_cards("data-science");
        let empty = Self {
            frame: samples::frame("Start a notebook", Entry::Notebooks),
            action: "/g/vision/notebooks".into(),
            cancel_url: "/g/vision/notebooks".into(),
            side_url: "/g/vision/notebooks/side".into(),
            name: Field::new("notebook-2"),
            instance_types: own::type_cards("cpu-2"),
            system_images,
            group_images,
            new_image_url: Some("/g/vision/images/new".into()),
            env: vec![EnvRow { name: Field::new("OMP_NUM_THREADS"), value: Field::new("2") }],
            idle: Field::new("60"),
            idle_units: samples::units("minutes"),
            idle_help: "0 means never. The group's default is 60 minutes.".into(),
            lifetime: Field::new("0"),
            lifetime_units: samples::units("hours"),
            lifetime_help: "0 means no limit. It is stopped then even while it works.".into(),
            side: own::side([2.0, 8.0, 0.0]),
            ..Self::default()
        };
        let mut errors = Self {
            error: Some("The notebook is not started yet. Correct the marked fields.".into()),
            name: Field::bad("digits", "You have a notebook of this name in vision. Choose another name."),
            image_error: Some("Choose an image that is ready.".into()),
            env: vec![EnvRow {
                name: Field::bad("2FAST", "Begin with a letter or _. Try “_2FAST”."),
                value: Field::new("1"),
            }],
            safe_mode: true,
            file: Field::bad(
                "../../etc/passwd",
                "Name a file below your home, such as “digits/train.ipynb”.",
            ),
            idle: Field::bad("soon", "Write a number, such as 60. 0 means never."),
            lifetime: Field::bad("9000", "At most 7 days on cpu-2."),
            ..empty.clone()
        };
        errors.system_images.iter_mut().for_each(|card| card.selected = false);
        let mut waits = empty.clone();
        waits.side = own::side([4.0, 16.0, 1.0]);
        waits.side.quota.start = Some(Note::new(
            Tone::Wait,
            "Waits for 1 GPU.",
            "All 4 GPUs of the group are in use. With cpu-2 it would start now.",
        ));
        waits.frame = samples::member_frame("Start a notebook", Entry::Notebooks);
        waits.new_image_url = None;
        waits.group_images.clear();
        let mut nothing = waits.clone();
        nothing.instance_types.clear();
        nothing.system_images.clear();
        nothing.side.quota = samples::unlimited_quota();
        vec![("empty", empty), ("errors", errors), ("member-waits", waits), ("nothing-to-choose", nothing)]
    }
}
