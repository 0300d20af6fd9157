//! Groups in the admin portal.

use askama::Template;
use paths::admin as at;

use crate::components::{Choice, Field, Pager};
use crate::frame::Frame;
use crate::group_settings::MemberRow;

/// One group of the list; limits in words, `no limit` when there is none.
#[derive(Clone, Debug, Default)]
pub struct AdminGroupRow {
    pub slug: String,
    pub display_name: String,
    pub url: String,
    pub members: u32,
    pub user_cpu: String,
    pub user_memory: String,
    pub user_gpu: String,
    pub group_cpu: String,
    pub group_memory: String,
    pub group_gpu: String,
}

impl AdminGroupRow {
    /// The six limits in the order of the table's columns.
    #[must_use]
    pub fn cells(&self) -> Vec<&str> {
        vec![
            &self.user_cpu,
            &self.user_memory,
            &self.user_gpu,
            &self.group_cpu,
            &self.group_memory,
            &self.group_gpu,
        ]
    }
}

/// `GET /admin/groups`; search field `q`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/groups.html")]
pub struct GroupsPage {
    pub frame: Frame,
    pub q: String,
    /// Such as `12 groups`.
    pub summary: String,
    pub rows: Vec<AdminGroupRow>,
    pub pager: Pager,
}

/// `GET` and `POST /admin/groups/new` and `/admin/groups/{name}`; fields `name` (new only), `display_name`,
/// `user_cpu`, `user_memory`, `user_gpu`, `group_cpu`, `group_memory`, `group_gpu` (empty = no limit),
/// `timeout`, `timeout_unit`. Members: `POST …/members` (`username`, `role` = `member` | `admin`).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/group_form.html")]
pub struct GroupFormPage {
    pub frame: Frame,
    /// The group's name when it exists already.
    pub existing: Option<String>,
    pub error: Option<String>,
    pub name: Field,
    pub display_name: Field,
    pub user_cpu: Field,
    pub user_memory: Field,
    pub user_gpu: Field,
    pub group_cpu: Field,
    pub group_memory: Field,
    pub group_gpu: Field,
    pub timeout: Field,
    pub timeout_units: Vec<Choice>,
    pub members: Vec<MemberRow>,
    /// The field of the form that adds a member.
    pub add_username: Field,
    /// Usernames and names offered while typing.
    pub people: Vec<Choice>,
}

impl GroupFormPage {
    /// The group's URL, or that of the form for a new one.
    #[must_use]
    pub fn url(&self) -> String {
        self.existing.as_deref().map_or_else(|| at::GroupNew.link(), |name| at::Group.link(name))
    }
}
