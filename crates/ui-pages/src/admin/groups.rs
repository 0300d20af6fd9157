//! Groups in the admin portal.

use askama::Template;
use paths::admin as at;

use crate::Page;
use crate::components::{Choice, Field, Pager};
use crate::frame::{Entry, Frame, Role};
use crate::group_settings::MemberRow;
use crate::samples;

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

impl Page for GroupsPage {
    const NAME: &'static str = "admin-groups";

    fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self {
            frame: samples::admin_frame("Groups", Entry::AdminGroups),
            summary: "0 groups".into(),
            ..Self::default()
        };
        let row = |slug: &str, name: &str, members, gpu: &str| AdminGroupRow {
            slug: slug.into(),
            display_name: name.into(),
            url: format!("/admin/groups/{slug}"),
            members,
            user_cpu: "8".into(),
            user_memory: "∞".into(),
            user_gpu: "1".into(),
            group_cpu: "16".into(),
            group_memory: "64 GiB".into(),
            group_gpu: gpu.into(),
        };
        let typical = Self {
            summary: "3 groups".into(),
            rows: vec![
                row("forecasting", "Forecasting", 4, "0"),
                row("speech", "Speech", 1, "no limit"),
                row("vision", "Vision research", 12, "4"),
            ],
            ..empty.clone()
        };
        let none = Self { q: "zebra".into(), summary: "0 of 3 groups".into(), ..empty.clone() };
        vec![("empty", empty), ("typical", typical), ("nothing-found", none)]
    }
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

impl Page for GroupFormPage {
    const NAME: &'static str = "admin-group";

    fn samples() -> Vec<(&'static str, Self)> {
        let new = Self {
            frame: samples::admin_frame("New group", Entry::AdminGroups),
            timeout: Field::new("24"),
            timeout_units: samples::units("hours"),
            ..Self::default()
        };
        let errors = Self {
            name: Field::bad("Vision!", "Use letters, digits, - and _, at least two. Try “vision”."),
            user_cpu: Field::bad("32", "A member's limit may not exceed the group's 16 cores."),
            group_cpu: Field::new("16"),
            error: Some("The group is not made yet. Correct the marked fields.".into()),
            ..new.clone()
        };
        let member = |username: &str, name: &str, role| MemberRow {
            username: username.into(),
            display_name: name.into(),
            role,
        };
        let edit = Self {
            frame: samples::admin_frame("vision", Entry::AdminGroups),
            existing: Some("vision".into()),
            name: Field::new("vision"),
            display_name: Field::new("Vision research"),
            user_cpu: Field::new("8"),
            user_gpu: Field::new("2"),
            group_cpu: Field::new("16"),
            group_memory: Field::new("64"),
            group_gpu: Field::new("4"),
            members: vec![
                member("ada", "Ada Lovelace", Role::GroupAdmin),
                member("alan", "Alan Turing", Role::Member),
                member("grace", "Grace Hopper", Role::Member),
            ],
            people: vec![Choice::new("edsger", "Edsger Dijkstra", false)],
            ..new.clone()
        };
        let add = Self {
            add_username: Field::bad("nobody", "There is no user with this name. Make the account first."),
            members: Vec::new(),
            ..edit.clone()
        };
        vec![("new", new), ("errors", errors), ("edit", edit), ("no-members", add)]
    }
}
