//! What the command palette gets from `GET /palette?q=…&group=…`.

use serde::Serialize;

use crate::menu::{Does, Row, Viewer};

/// What choosing a line of the palette does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PaletteDoes {
    /// It leads there.
    Url(String),
    /// It presses the button of this id, which every page has.
    Press(String),
}

/// One line of the palette; the answer is a JSON array of these.
#[derive(Clone, Debug, Serialize)]
pub struct PaletteItem {
    pub icon: &'static str,
    pub title: String,
    pub subtitle: String,
    #[serde(flatten)]
    pub does: PaletteDoes,
}

impl PaletteItem {
    /// A line that leads to a page.
    #[must_use]
    pub fn link(icon: &'static str, title: &str, subtitle: impl Into<String>, url: String) -> Self {
        Self { icon, title: title.to_owned(), subtitle: subtitle.into(), does: PaletteDoes::Url(url) }
    }

    /// A row of the menus' table, for this person, in the group that is called so; nothing if it is not for them.
    #[must_use]
    pub fn of_row(row: &Row, viewer: Viewer<'_>, group: &str) -> Option<Self> {
        let url = row.link(viewer)?;
        let subtitle = if row.about.is_empty() { group } else { row.about };
        let does = match row.does {
            Does::Open(_) => PaletteDoes::Url(url),
            Does::Post(..) | Does::Dialog(_) => PaletteDoes::Press(row.control()),
        };
        Some(Self { icon: row.icon, title: row.label.to_owned(), subtitle: subtitle.to_owned(), does })
    }
}
