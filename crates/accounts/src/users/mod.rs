//! People: who they are and whether they may come in.
//!
//! Invariants: a name never changes and is never used twice; the last enabled platform admin can't be removed,
//! disabled or demoted; disabling somebody ends their sessions, tokens and keys at once.

mod client_preferences;
pub mod entity;
mod manage;
mod profile;
pub(crate) mod store;

pub use manage::{NewUser, UserChange};
pub(crate) use manage::{check_new as check_new_user, insert};
pub use profile::ProfileChange;

use base::{Timestamp, UserId};

/// A person as pages and the API show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub is_platform_admin: bool,
    pub enabled: bool,
    pub has_password: bool,
    pub theme: Theme,
    pub density: Density,
    pub scale: Scale,
    pub time_zone: String,
    pub created_at: Timestamp,
    pub last_sign_in_at: Option<Timestamp>,
}

/// How close together a person wants things on pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Density {
    #[default]
    Comfortable,
    Compact,
}

impl Density {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comfortable => "comfortable",
            Self::Compact => "compact",
        }
    }
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "comfortable" => Ok(Self::Comfortable),
            "compact" => Ok(Self::Compact),
            _ => Err("A density is “comfortable” or “compact”.".to_owned()),
        }
    }
}

/// How large a person wants text to be, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale(i64);

impl Scale {
    /// The sizes that there are.
    pub const ALL: [Self; 5] = [Self(90), Self(100), Self(110), Self(125), Self(150)];

    pub const fn percent(self) -> i64 {
        self.0
    }
    pub fn new(percent: i64) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scale| scale.0 == percent);
        found.ok_or_else(|| "A scale is 90, 100, 110, 125 or 150 percent.".to_owned())
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self(100)
    }
}

/// Which colours a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "system" => Ok(Self::System),
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err("A theme is “system”, “light” or “dark”.".to_owned()),
        }
    }
}

impl From<entity::Model> for User {
    fn from(row: entity::Model) -> Self {
        Self {
            id: UserId(row.id),
            name: row.name,
            display_name: row.display_name,
            email: row.email,
            is_platform_admin: row.is_platform_admin,
            enabled: row.enabled,
            has_password: row.password_hash.is_some(),
            theme: Theme::parse(&row.theme).unwrap_or_default(),
            density: Density::parse(&row.density).unwrap_or_default(),
            scale: Scale::new(row.scale).unwrap_or_default(),
            time_zone: row.time_zone,
            created_at: Timestamp(row.created_at),
            last_sign_in_at: row.last_sign_in_at.map(Timestamp),
        }
    }
}

/// The row of a user inside a transaction.
pub(crate) async fn by_name(tx: &db::Tx, name: &str) -> base::Result<Option<entity::Model>> {
    store::by_name(tx.connection(), name).await
}

pub(crate) use store::{by_id, by_name as by_name_in, count};
