//! Instance types in the admin portal.

use askama::Template;
use paths::admin as at;

use crate::components::{Choice, Field};
use crate::frame::Frame;

/// One instance type of the list.
#[derive(Clone, Debug, Default)]
pub struct InstanceTypeRow {
    pub name: String,
    pub display_name: String,
    /// May be empty.
    pub description: String,
    pub url: String,
    pub cpu: String,
    pub memory: String,
    pub gpu: String,
    /// `All groups` or the groups' names.
    pub offered_to: String,
    /// Why no job can use it on this machine.
    pub warning: Option<String>,
}

/// `GET /admin/instance-types`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/instance_types.html")]
pub struct InstanceTypesPage {
    pub frame: Frame,
    pub rows: Vec<InstanceTypeRow>,
}

/// `GET` and `POST /admin/instance-types/new` and `/admin/instance-types/{name}`; fields `name` (new only),
/// `display_name`, `description`, `cpu`, `memory` (GiB), `gpu`, `global` (`on`), `groups` (repeated).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/instance_type_form.html")]
pub struct InstanceTypeFormPage {
    pub frame: Frame,
    /// The name when it exists already.
    pub existing: Option<String>,
    pub error: Option<String>,
    pub name: Field,
    pub display_name: Field,
    pub description: Field,
    pub cpu: Field,
    pub memory: Field,
    pub gpu: Field,
    /// Every group may use it.
    pub global: bool,
    pub groups: Vec<Choice>,
    pub groups_error: Option<String>,
    /// The limits of notebooks; fields `idle`, `idle_unit`, `lifetime`, `lifetime_unit`, posted to `{url}/idle-rule`.
    pub idle: Field,
    pub idle_units: Vec<Choice>,
    pub lifetime: Field,
    pub lifetime_units: Vec<Choice>,
}

impl InstanceTypeFormPage {
    /// The type's URL, or that of the form for a new one.
    #[must_use]
    pub fn url(&self) -> String {
        self.existing
            .as_deref()
            .map_or_else(|| at::InstanceTypeNew.link(), |name| at::InstanceType.link(name))
    }
}
