//! Samples of [`GroupsPage`] and [`GroupFormPage`].

use crate::admin::{AdminGroupRow, GroupFormPage, GroupsPage};
use crate::components::{Choice, Field};
use crate::frame::{Entry, Role};
use crate::group_settings::MemberRow;
use crate::samples::{self, Samples};

impl Samples for GroupsPage {
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

impl Samples for GroupFormPage {
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
