//! Samples of [`DeletePage`].

use crate::admin::{DeletePage, GoesWith};
use crate::components::{Field, Link};
use crate::frame::Entry;
use crate::samples::{self, Samples};

impl Samples for DeletePage {
    const NAME: &'static str = "admin-delete";

    fn samples() -> Vec<(&'static str, Self)> {
        let goes = |count: &str, what: &str| GoesWith { count: count.into(), what: what.into() };
        let group = Self {
            frame: samples::admin_frame("Delete group vision", Entry::AdminGroups),
            noun: "group".into(),
            name: "vision".into(),
            action: "/admin/groups/vision/delete".into(),
            cancel_url: "/admin/groups/vision".into(),
            list: Link::new("Groups", "/admin/groups"),
            goes_with: vec![
                goes("3", "running jobs, which are cancelled"),
                goes("1,284", "jobs with their logs"),
                goes("1", "group image"),
                goes("3", "memberships"),
            ],
            stays: "The members' accounts stay.".into(),
            blocked: None,
            confirm: Field::default(),
        };
        let wrong = Self {
            confirm: Field::bad("visoin", "Type “vision” exactly to delete the group."),
            ..group.clone()
        };
        let blocked = Self {
            frame: samples::admin_frame("Delete user ada", Entry::AdminUsers),
            noun: "user".into(),
            name: "ada".into(),
            action: "/admin/users/ada/delete".into(),
            cancel_url: "/admin/users/ada".into(),
            list: Link::new("Users", "/admin/users"),
            blocked: Some("ada is the only platform admin. Make somebody else platform admin first.".into()),
            goes_with: Vec::new(),
            stays: String::new(),
            ..group.clone()
        };
        let alone = Self {
            frame: samples::admin_frame("Delete instance type cpu-2", Entry::AdminInstanceTypes),
            noun: "instance type".into(),
            name: "cpu-2".into(),
            action: "/admin/instance-types/cpu-2/delete".into(),
            cancel_url: "/admin/instance-types/cpu-2".into(),
            list: Link::new("Instance types", "/admin/instance-types"),
            goes_with: Vec::new(),
            stays: "Jobs that used it keep its numbers.".into(),
            ..group.clone()
        };
        vec![("group", group), ("wrong-name", wrong), ("blocked", blocked), ("nothing-with-it", alone)]
    }
}
