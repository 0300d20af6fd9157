//! Users in the admin portal.

use askama::Template;
use paths::admin as at;

use crate::components::{Choice, Field, Pager, Status, When};
use crate::frame::Frame;

/// One person of the list.
#[derive(Clone, Debug, Default)]
pub struct UserRow {
    pub username: String,
    pub display_name: String,
    /// May be empty.
    pub email: String,
    pub url: String,
    /// Platform admin.
    pub admin: bool,
    /// [`Status::Enabled`] or [`Status::Disabled`].
    pub status: Status,
    pub groups: Vec<String>,
    /// Absent: never.
    pub last_seen: Option<When>,
}

/// `GET /admin/users`; search field `q`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/users.html")]
pub struct UsersPage {
    pub frame: Frame,
    pub q: String,
    /// Such as `48 users`.
    pub summary: String,
    pub rows: Vec<UserRow>,
    pub pager: Pager,
}

/// `GET` and `POST /admin/users/new` and `/admin/users/{name}`; fields `username` and `password` (new only),
/// `display_name`, `email`, `admin` (`on`), `enabled` (`on`), `groups` (repeated).
/// Password of an existing user: `POST /admin/users/{name}/password` (`password`).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/user_form.html")]
pub struct UserFormPage {
    pub frame: Frame,
    /// The username when the account exists already.
    pub existing: Option<String>,
    pub error: Option<String>,
    pub username: Field,
    pub display_name: Field,
    pub email: Field,
    pub password: Field,
    pub admin: bool,
    pub enabled: bool,
    /// Why admin or enabled cannot be switched off, for instance for one's own account.
    pub switch_error: Option<String>,
    /// All groups; those of the person are selected.
    pub groups: Vec<Choice>,
}

impl UserFormPage {
    /// The user's URL, or that of the form for a new one.
    #[must_use]
    pub fn url(&self) -> String {
        self.existing.as_deref().map_or_else(|| at::UserNew.link(), |name| at::User.link(name))
    }
}
