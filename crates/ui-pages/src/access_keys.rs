//! The person's access keys, for clients of other products.

use askama::Template;

use crate::components::{Choice, Field, When};
use crate::frame::Frame;

/// One key; never its secret.
#[derive(Clone, Debug, Default)]
pub struct AccessKeyRow {
    pub access_key: String,
    /// May be empty.
    pub label: String,
    pub group: String,
    pub created: When,
    /// Absent: lives until it is revoked.
    pub expires: Option<When>,
    pub is_expired: bool,
    /// Absent: never.
    pub last_used: Option<When>,
    /// The address; empty before.
    pub last_used_from: String,
}

/// A key that was just made, shown this once.
#[derive(Clone, Debug, Default)]
pub struct NewAccessKey {
    pub label: String,
    pub group: String,
    /// For `~/clearml.conf`, or to be pasted into `clearml-init`.
    pub clearml_conf: String,
    /// Lines for a shell.
    pub environment: String,
    /// Lines for a cell of a notebook.
    pub notebook: String,
}

/// `GET` and `POST /profile/access-keys`; fields `group`, `label`, `days` (empty: until it is revoked).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "profile/access_keys.html")]
pub struct AccessKeysPage {
    pub frame: Frame,
    pub keys: Vec<AccessKeyRow>,
    pub created: Option<NewAccessKey>,
    /// The groups that a key can be for; empty for whoever is in none.
    pub groups: Vec<Choice>,
    pub label_field: Field,
    pub lifetimes: Vec<Choice>,
    pub error: Option<String>,
}
