//! The page that asks before something is deleted for good.

use askama::Template;

use crate::components::{Field, Link};
use crate::frame::Frame;

/// What disappears together with the thing, counted.
#[derive(Clone, Debug, Default)]
pub struct GoesWith {
    /// Such as `1,284`.
    pub count: String,
    /// Such as `jobs and their logs`.
    pub what: String,
}

impl GoesWith {
    /// People's memberships of groups.
    #[must_use]
    pub fn memberships(count: usize) -> Self {
        let what = if count == 1 { "membership" } else { "memberships" };
        Self { count: count.to_string(), what: what.into() }
    }

    /// Whether there is any of it.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.count != "0"
    }
}

/// `GET` and `POST …/delete`; field `confirm` must equal [`DeletePage::name`].
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/delete.html")]
pub struct DeletePage {
    pub frame: Frame,
    /// `group`, `user` or `instance type`.
    pub noun: String,
    pub name: String,
    /// Where the form is posted.
    pub action: String,
    pub cancel_url: String,
    /// The list above, for the breadcrumb.
    pub list: Link,
    pub goes_with: Vec<GoesWith>,
    /// What stays; may be empty.
    pub stays: String,
    /// Why it cannot be deleted now; the form is then not shown.
    pub blocked: Option<String>,
    pub confirm: Field,
}
