//! What surrounds a signed-in page: menu, top bar, group switcher, the person's menu.

use askama::Template;

use crate::components::{Tone, When};
use crate::menu::{self, Address, Item, Menu, Viewer};

/// A group the person is in, with the role there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupRef {
    /// The name in URLs.
    pub slug: String,
    /// The name on pages.
    pub name: String,
    pub role: Role,
}

impl GroupRef {
    /// The first letter, for the coloured square.
    #[must_use]
    pub fn letter(&self) -> String {
        self.name.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default()
    }

    /// One of six colours, always the same for the same group.
    #[must_use]
    pub fn colour(&self) -> usize {
        self.slug.bytes().map(usize::from).sum::<usize>() % 6
    }
}

/// A person's role in a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    #[default]
    Member,
    GroupAdmin,
}

impl Role {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::GroupAdmin => "group admin",
        }
    }

    /// The value forms send: `member` or `admin`.
    #[must_use]
    pub fn value(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::GroupAdmin => "admin",
        }
    }

    #[must_use]
    pub fn is_admin(self) -> bool {
        self == Self::GroupAdmin
    }
}

/// Who is signed in.
#[derive(Clone, Debug, Default)]
pub struct PersonRef {
    pub username: String,
    pub display_name: String,
    /// One or two letters for the avatar.
    pub initials: String,
    /// Platform admin.
    pub is_admin: bool,
}

/// The person's choice of theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
    #[default]
    System,
}

impl Theme {
    /// The value of `data-theme` and of the form field.
    #[must_use]
    pub fn value(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }
}

/// How close together things are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    #[default]
    Comfortable,
    Compact,
}

impl Density {
    /// The value of `data-density` and of the form field.
    #[must_use]
    pub fn value(self) -> &'static str {
        match self {
            Self::Comfortable => "comfortable",
            Self::Compact => "compact",
        }
    }

    /// All densities with their words, for forms.
    #[must_use]
    pub fn all() -> [(Self, &'static str, &'static str); 2] {
        [
            (Self::Comfortable, "Comfortable", "Room around everything."),
            (Self::Compact, "Compact", "More on one screen."),
        ]
    }
}

/// The menu entry the page belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// None of them: profile, errors.
    #[default]
    Other,
    Home,
    Notebooks,
    Jobs,
    Images,
    Settings,
    AdminGroups,
    AdminUsers,
    AdminInstanceTypes,
    AdminImages,
    AdminSystem,
}

/// One line of the menu at the left.
#[derive(Clone, Debug)]
pub struct MenuItem {
    pub item: Item,
    pub current: bool,
    pub count: Option<String>,
}

/// A message about what just happened on another page.
#[derive(Clone, Debug)]
pub struct Flash {
    pub tone: Tone,
    pub text: String,
}

/// Something that happened while the person was elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Notification {
    pub tone: Tone,
    pub text: String,
    pub when: When,
    /// Where it leads; may be empty.
    pub url: String,
    pub unread: bool,
}

/// The bell of the top bar; `POST /notifications/read` marks all as read and returns to the page it came from.
///
/// Alone it is the answer to `live_url`, which is asked when something of the topic `notifications` changed.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "bell.html")]
pub struct Notifications {
    /// The newest ones, newest first.
    pub items: Vec<Notification>,
    /// How many are unread in all.
    pub unread: u32,
    /// What answers with the bell alone; may be empty.
    pub live_url: String,
}

impl Notifications {
    /// The bell as HTML.
    pub fn html(&self) -> Result<String, askama::Error> {
        self.render()
    }

    /// The number on the bell.
    #[must_use]
    pub fn count(&self) -> String {
        if self.unread > 99 { "99+".into() } else { self.unread.to_string() }
    }
}

/// Everything around the page's own content.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The page's title without group and product.
    pub title: String,
    pub current: Entry,
    /// The group of the page; absent in the admin portal and when the person has none.
    pub group: Option<GroupRef>,
    /// All groups of the person, sorted by name.
    pub groups: Vec<GroupRef>,
    pub person: PersonRef,
    pub theme: Theme,
    pub density: Density,
    /// The size of text in percent; 0 where it is not known.
    pub scale: i64,
    /// The person's time zone, as an IANA name; empty where it is not known.
    pub time_zone: String,
    pub version: String,
    pub flash: Option<Flash>,
    /// Jobs of the group that are running or waiting, shown in the menu when not zero.
    pub active_jobs: u32,
    /// The person's own notebooks that are not stopped, shown in the menu when not zero.
    pub active_notebooks: u32,
    /// What the bell shows; absent where it is not known.
    pub notifications: Option<Notifications>,
}

impl Frame {
    /// The text of the `title` element.
    #[must_use]
    pub fn full_title(&self) -> String {
        match &self.group {
            _ if self.is_admin_menu() => format!("{} · Admin portal · Portico", self.title),
            Some(group) => format!("{} · {} · Portico", self.title, group.name),
            None => format!("{} · Portico", self.title),
        }
    }

    /// The name in URLs of the page's group; empty where it has none.
    #[must_use]
    pub fn group_name(&self) -> &str {
        self.group.as_ref().map_or("", |group| group.slug.as_str())
    }

    /// Whether the admin portal's menu is shown.
    #[must_use]
    pub fn is_admin_menu(&self) -> bool {
        menu::is_in(Menu::Admin, self.current)
    }

    /// Where the product mark leads.
    #[must_use]
    pub fn home_url(&self) -> String {
        match self.group.as_ref().or(self.groups.first()) {
            Some(group) => paths::Home.link(&group.slug),
            None => paths::NoGroup.link(),
        }
    }

    /// The same page in another group, where that makes sense.
    #[must_use]
    pub fn switch_url(&self, to: &GroupRef) -> String {
        let there = menu::row_of(self.current).and_then(|row| match row.address()? {
            address @ Address::InGroup { .. } => address.link(Some(&to.slug)),
            Address::Fixed { .. } => None,
        });
        there.unwrap_or_else(|| paths::Home.link(&to.slug))
    }

    /// Whether this is the group of the page.
    #[must_use]
    pub fn is_current(&self, group: &GroupRef) -> bool {
        self.group.as_ref().is_some_and(|own| own.slug == group.slug)
    }

    /// Whom the menus are made for.
    #[must_use]
    pub fn viewer(&self) -> Viewer<'_> {
        let is_in = |group: &GroupRef| self.groups.iter().any(|own| own.slug == group.slug);
        Viewer {
            group: self.group.as_ref().map(|group| group.slug.as_str()),
            is_member: self.group.as_ref().is_some_and(is_in),
            is_group_admin: self.person.is_admin || self.group.as_ref().is_some_and(|g| g.role.is_admin()),
            is_platform_admin: self.person.is_admin,
        }
    }

    /// What one of the menus shows on this page.
    #[must_use]
    pub fn items(&self, menu: Menu) -> Vec<Item> {
        menu::items(menu, self.viewer())
    }

    /// The entries of the menu at the left.
    #[must_use]
    pub fn side(&self) -> Vec<MenuItem> {
        let menu = if self.is_admin_menu() { Menu::Admin } else { Menu::Portal };
        let counted = |count: u32| (count > 0).then(|| count.to_string());
        self.items(menu)
            .into_iter()
            .map(|item| MenuItem {
                current: item.row.entry == self.current,
                count: match item.row.entry {
                    Entry::Notebooks => counted(self.active_notebooks),
                    Entry::Jobs => counted(self.active_jobs),
                    _ => None,
                },
                item,
            })
            .collect()
    }
}

/// What surrounds a page without a menu: setup, sign-in, errors for those who are not signed in.
#[derive(Clone, Debug, Default)]
pub struct Bare {
    pub title: String,
    pub theme: Theme,
    pub version: String,
}
