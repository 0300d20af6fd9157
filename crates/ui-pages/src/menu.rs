//! Where people go, and what they do from anywhere: one table, from which the menus, the tiles of home, the tabs of the
//! profile and the command palette are made. A new page is a row here.

mod matching;
mod rows;
#[cfg(test)]
mod tests;

pub use matching::{Rank, rank};
pub use rows::ROWS;

use crate::frame::Entry;

/// A line of the table.
#[derive(Debug)]
pub struct Row {
    /// Unique, and part of the id of its button, where it has one.
    pub id: &'static str,
    pub label: &'static str,
    /// An icon of the sprite.
    pub icon: &'static str,
    /// What the palette says beside the label; where it is empty, the group's name.
    pub about: &'static str,
    /// Other words that the palette finds it by.
    pub words: &'static str,
    pub does: Does,
    pub who: Audience,
    /// What pages name that belong to it; [`Entry::Other`] where none does.
    pub entry: Entry,
    /// The menus that it is in. The palette has every row.
    pub places: &'static [Place],
}

/// What happens when it is chosen.
#[derive(Debug)]
pub enum Does {
    /// It leads to a page.
    Open(Address),
    /// A form is sent, with this field if it has one.
    Post(Address, Option<(&'static str, &'static str)>),
    /// The page shows the dialog of this id.
    Dialog(&'static str),
}

/// Where a row leads.
#[derive(Debug)]
pub enum Address {
    /// To the same place for everybody.
    Fixed { pattern: &'static str, link: fn() -> String },
    /// To a place in the group that the person is in.
    InGroup { pattern: &'static str, link: fn(&str) -> String },
}

impl Address {
    /// As the table of routes has it.
    #[must_use]
    pub fn pattern(&self) -> &'static str {
        match self {
            Self::Fixed { pattern, .. } | Self::InGroup { pattern, .. } => pattern,
        }
    }

    /// The link; none without a group where one is needed.
    #[must_use]
    pub fn link(&self, group: Option<&str>) -> Option<String> {
        match self {
            Self::Fixed { link, .. } => Some(link()),
            Self::InGroup { link, .. } => group.map(link),
        }
    }
}

/// Who sees a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Anybody who is signed in; with an address in a group, whoever sees that group.
    Everybody,
    /// Those who run things in the group.
    Members,
    /// Those who manage the group.
    GroupAdmins,
    PlatformAdmins,
}

/// Whom the menus are made for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Viewer<'a> {
    /// The name in URLs of the group that they are in.
    pub group: Option<&'a str>,
    /// Whether they run things in that group.
    pub is_member: bool,
    /// Whether they manage that group.
    pub is_group_admin: bool,
    pub is_platform_admin: bool,
}

impl Viewer<'_> {
    fn is_among(&self, audience: Audience) -> bool {
        match audience {
            Audience::Everybody => true,
            Audience::Members => self.is_member,
            Audience::GroupAdmins => self.is_group_admin,
            Audience::PlatformAdmins => self.is_platform_admin,
        }
    }
}

/// What shows rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// At the left of the portal.
    Portal,
    /// At the left of the admin portal.
    Admin,
    /// Behind the person's initials.
    Person,
    /// The switch of themes, below that.
    Themes,
    /// The way out, below that.
    Out,
    /// The tabs of the profile.
    Profile,
    /// The tiles at the top of a group's home.
    QuickStart,
    /// The tiles at its bottom.
    UserGuide,
    /// The buttons for a platform admin without a group.
    NoGroup,
    /// The tiles for anybody without a group.
    NoGroupTiles,
}

/// A row's place in a menu.
#[derive(Debug)]
pub struct Place {
    pub menu: Menu,
    /// The order within the menu, from low to high.
    pub order: u8,
    /// Other words than the row's label.
    pub label: Option<&'static str>,
    /// Another icon than the row's.
    pub icon: Option<&'static str>,
    /// The sentence of a tile, or the key of a dialog.
    pub text: &'static str,
    /// A heading that stands above it.
    pub heading: Option<&'static str>,
}

impl Place {
    const fn new(menu: Menu, order: u8) -> Self {
        Self { menu, order, label: None, icon: None, text: "", heading: None }
    }

    /// A tile with a sentence.
    const fn tile(menu: Menu, order: u8, label: &'static str, text: &'static str) -> Self {
        Self { text, ..Self::new(menu, order).named(label) }
    }

    const fn named(self, label: &'static str) -> Self {
        Self { label: Some(label), ..self }
    }

    const fn pictured(self, icon: &'static str) -> Self {
        Self { icon: Some(icon), ..self }
    }

    const fn with_key(self, key: &'static str) -> Self {
        Self { text: key, ..self }
    }

    const fn below(self, heading: &'static str) -> Self {
        Self { heading: Some(heading), ..self }
    }
}

/// A row as one menu shows it to one person.
#[derive(Clone, Debug)]
pub struct Item {
    pub row: &'static Row,
    pub label: &'static str,
    pub icon: &'static str,
    /// The sentence of a tile, or the key of a dialog; may be empty.
    pub text: &'static str,
    pub heading: Option<&'static str>,
    /// Where it leads, or what its form is sent to; empty for a dialog.
    pub url: String,
}

impl Item {
    /// The id of its button.
    #[must_use]
    pub fn control(&self) -> String {
        self.row.control()
    }

    /// The dialog that it shows, if it does.
    #[must_use]
    pub fn dialog(&self) -> Option<&'static str> {
        match self.row.does {
            Does::Dialog(id) => Some(id),
            _ => None,
        }
    }

    /// Whether a form is sent.
    #[must_use]
    pub fn is_form(&self) -> bool {
        matches!(self.row.does, Does::Post(..))
    }

    /// The value of its form's field; empty where it has none.
    #[must_use]
    pub fn value(&self) -> &'static str {
        match self.row.does {
            Does::Post(_, Some((_, value))) => value,
            _ => "",
        }
    }
}

impl Row {
    /// The id of the button that does it, on every page of a person who is signed in.
    #[must_use]
    pub fn control(&self) -> String {
        format!("do-{}", self.id)
    }

    /// Where it leads, or what its form is sent to.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match &self.does {
            Does::Open(address) | Does::Post(address, _) => Some(address),
            Does::Dialog(_) => None,
        }
    }

    /// Its link for this person: empty for a dialog, and nothing if the row is not for them.
    #[must_use]
    pub fn link(&self, viewer: Viewer<'_>) -> Option<String> {
        if !viewer.is_among(self.who) {
            return None;
        }
        self.address().map_or(Some(String::new()), |address| address.link(viewer.group))
    }
}

/// What this menu shows to this person, in its order.
#[must_use]
pub fn items(menu: Menu, viewer: Viewer<'_>) -> Vec<Item> {
    let mut found: Vec<(u8, Item)> = ROWS
        .iter()
        .filter_map(|row| {
            let place = row.places.iter().find(|place| place.menu == menu)?;
            let item = Item {
                label: place.label.unwrap_or(row.label),
                icon: place.icon.unwrap_or(row.icon),
                text: place.text,
                heading: place.heading,
                url: row.link(viewer)?,
                row,
            };
            Some((place.order, item))
        })
        .collect();
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, item)| item).collect()
}

/// Whether the pages of this entry have this menu at their left.
#[must_use]
pub fn is_in(menu: Menu, entry: Entry) -> bool {
    row_of(entry).is_some_and(|row| row.places.iter().any(|place| place.menu == menu))
}

/// The row that the pages of this entry belong to.
#[must_use]
pub fn row_of(entry: Entry) -> Option<&'static Row> {
    ROWS.iter().find(|row| entry != Entry::Other && row.entry == entry)
}
