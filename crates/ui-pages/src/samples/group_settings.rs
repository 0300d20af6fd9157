//! Samples of [`GroupSettingsPage`].

use crate::components::{Fact, Field};
use crate::frame::{Entry, Role};
use crate::group_settings::{GroupSettingsPage, LimitRow, MemberRow};
use crate::samples::{self, Samples};

impl Samples for GroupSettingsPage {
    const NAME: &'static str = "settings";

    fn samples() -> Vec<(&'static str, Self)> {
        let limit = |label: &str, user: &str, group: &str| LimitRow {
            label: label.into(),
            user: user.into(),
            group: group.into(),
        };
        let member = |username: &str, name: &str, role| MemberRow {
            username: username.into(),
            display_name: name.into(),
            role,
        };
        let admin = Self {
            frame: samples::frame("Settings", Entry::Settings),
            action: "/g/vision/settings".into(),
            facts: vec![
                Fact::id("Name", "vision"),
                Fact::new("Display name", "Vision research"),
                Fact::new("Members", "3"),
            ],
            limits: vec![
                limit("CPU", "8 cores", "16 cores"),
                limit("Memory", "no limit", "64 GiB"),
                limit("GPU", "2", "4"),
            ],
            members: vec![
                member("ada", "Ada Lovelace", Role::GroupAdmin),
                member("alan", "Alan Turing", Role::Member),
                member("grace", "Grace Hopper", Role::Member),
            ],
            timeout: Field::new("24"),
            timeout_units: samples::units("hours"),
            timeout_words: "24 hours".into(),
            notebooks_action: "/g/vision/settings/notebooks".into(),
            idle: Field::new("60"),
            idle_units: samples::units("minutes"),
            idle_help: "Empty means the installation's default: 2 h. 0 means never.".into(),
            lifetime: Field::new(""),
            lifetime_units: samples::units("hours"),
            lifetime_help: "Empty means the installation's default: no limit. 0 means no limit.".into(),
            idle_words: "1 h".into(),
            lifetime_words: "no limit".into(),
            can_edit: true,
            admin_url: Some("/admin/groups/vision".into()),
        };
        let member_view = Self {
            frame: samples::member_frame("Settings", Entry::Settings),
            can_edit: false,
            admin_url: None,
            ..admin.clone()
        };
        let errors = Self {
            timeout: Field::bad("many", "Use a number from 0 to 999."),
            admin_url: None,
            ..admin.clone()
        };
        vec![("group-admin", admin), ("member", member_view), ("errors", errors)]
    }
}
