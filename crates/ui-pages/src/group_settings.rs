//! A group's settings as its members see them.

use askama::Template;

use crate::Page;
use crate::components::{Choice, Fact, Field};
use crate::frame::{Entry, Frame, Role};
use crate::samples;

/// One limit of a group.
#[derive(Clone, Debug, Default)]
pub struct LimitRow {
    /// `CPU`, `Memory` or `GPU`.
    pub label: String,
    /// For each member, such as `8 cores` or `no limit`.
    pub user: String,
    /// For the whole group.
    pub group: String,
}

/// One member of a group.
#[derive(Clone, Debug, Default)]
pub struct MemberRow {
    pub username: String,
    pub display_name: String,
    pub role: Role,
}

/// `GET` and `POST /g/{group}/settings`; fields `timeout`, `timeout_unit`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "group_settings.html")]
pub struct GroupSettingsPage {
    pub frame: Frame,
    /// Where the form is posted.
    pub action: String,
    pub facts: Vec<Fact>,
    pub limits: Vec<LimitRow>,
    pub members: Vec<MemberRow>,
    pub timeout: Field,
    pub timeout_units: Vec<Choice>,
    /// The timeout in words, for those who may not change it.
    pub timeout_words: String,
    /// Where the form of notebooks is posted; fields `idle`, `idle_unit`, `lifetime`, `lifetime_unit`.
    pub notebooks_action: String,
    pub idle: Field,
    pub idle_units: Vec<Choice>,
    pub idle_help: String,
    pub lifetime: Field,
    pub lifetime_units: Vec<Choice>,
    pub lifetime_help: String,
    /// Both in words, for those who may not change them.
    pub idle_words: String,
    pub lifetime_words: String,
    /// The person is group admin.
    pub can_edit: bool,
    /// The group's page in the admin portal, for platform admins.
    pub admin_url: Option<String>,
}

impl Page for GroupSettingsPage {
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
