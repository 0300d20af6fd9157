//! The form that makes a notebook and starts it.

use askama::Template;

use crate::components::{Card, Choice, Field};
use crate::frame::Frame;
use crate::jobs::EnvRow;
use crate::quota::QuotaPanel;

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
