//! A group's settings as its members see them.

use askama::Template;

use crate::components::{Choice, Fact, Field};
use crate::frame::{Frame, Role};

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
