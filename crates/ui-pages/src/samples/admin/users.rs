//! Samples of [`UsersPage`] and [`UserFormPage`].

use crate::admin::{UserFormPage, UserRow, UsersPage};
use crate::components::{Choice, Field, Pager, Status};
use crate::frame::Entry;
use crate::samples::{self, Samples};

impl Samples for UsersPage {
    const NAME: &'static str = "admin-users";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |username: &str, name: &str, admin, status, groups: &[&str]| UserRow {
            username: username.into(),
            display_name: name.into(),
            email: format!("{username}@example.com"),
            url: format!("/admin/users/{username}"),
            admin,
            status,
            groups: groups.iter().map(|name| (*name).into()).collect(),
            last_seen: (status == Status::Enabled).then(|| samples::when("10:01:00", "20 min ago")),
        };
        let typical = Self {
            frame: samples::admin_frame("Users", Entry::AdminUsers),
            summary: "3 users".into(),
            rows: vec![
                row("ada", "Ada Lovelace", true, Status::Enabled, &["forecasting", "speech", "vision"]),
                row("alan", "Alan Turing", false, Status::Disabled, &[]),
                row("grace", "Grace Hopper", false, Status::Enabled, &["speech"]),
            ],
            pager: Pager {
                prev: None,
                next: Some("/admin/users?after=grace".into()),
                shown: "Users 1 to 3".into(),
            },
            ..Self::default()
        };
        let none = Self {
            q: "zebra".into(),
            summary: "0 of 48 users".into(),
            rows: Vec::new(),
            pager: Pager::default(),
            ..typical.clone()
        };
        vec![("typical", typical), ("nothing-found", none)]
    }
}

impl Samples for UserFormPage {
    const NAME: &'static str = "admin-user";

    fn samples() -> Vec<(&'static str, Self)> {
        let groups = |selected: &str| {
            ["forecasting", "speech", "vision"]
                .into_iter()
                .map(|name| Choice::new(name, name, name == selected))
                .collect::<Vec<_>>()
        };
        let new = Self {
            frame: samples::admin_frame("New user", Entry::AdminUsers),
            enabled: true,
            groups: groups(""),
            ..Self::default()
        };
        let errors = Self {
            username: Field::bad("ada", "There is a user with this name already. Choose another."),
            email: Field::bad("ada@", "This is not an e-mail address."),
            password: Field::bad("", "Use at least 12 characters. A sentence is fine."),
            error: Some("The user is not made yet. Correct the marked fields.".into()),
            ..new.clone()
        };
        let edit = Self {
            frame: samples::admin_frame("grace", Entry::AdminUsers),
            existing: Some("grace".into()),
            username: Field::new("grace"),
            display_name: Field::new("Grace Hopper"),
            email: Field::new("grace@example.com"),
            groups: groups("speech"),
            ..new.clone()
        };
        let own = Self {
            admin: true,
            groups: Vec::new(),
            switch_error: Some(
                "You are the only platform admin. Make somebody else platform admin first.".into(),
            ),
            ..edit.clone()
        };
        vec![("new", new), ("errors", errors), ("edit", edit), ("last-admin", own)]
    }
}
