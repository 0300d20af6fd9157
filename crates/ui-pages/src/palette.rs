//! What the command palette gets from `GET /palette?q=…&group=…`.

use serde::Serialize;

/// What kind of thing a palette entry leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PaletteKind {
    Job,
    Notebook,
    Image,
    Page,
    Group,
    Action,
}

/// One line of the palette; the answer is a JSON array of these.
#[derive(Clone, Debug, Serialize)]
pub struct PaletteItem {
    pub kind: PaletteKind,
    pub title: String,
    pub subtitle: String,
    pub url: String,
}
