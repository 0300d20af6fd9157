//! Instance types in the admin portal.

use askama::Template;
use paths::admin as at;

use crate::Page;
use crate::components::{Choice, Field};
use crate::frame::{Entry, Frame};
use crate::samples;

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

impl Page for InstanceTypesPage {
    const NAME: &'static str = "admin-instance-types";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |name: &str, cpu: &str, memory: &str, gpu: &str, offered: &str| InstanceTypeRow {
            name: name.into(),
            display_name: name.into(),
            description: String::new(),
            url: format!("/admin/instance-types/{name}"),
            cpu: cpu.into(),
            memory: memory.into(),
            gpu: gpu.into(),
            offered_to: offered.into(),
            warning: (gpu != "0").then(|| "This machine has no GPU. Jobs with this type never start.".into()),
        };
        let frame = samples::admin_frame("Instance types", Entry::AdminInstanceTypes);
        let typical = Self {
            frame: frame.clone(),
            rows: vec![
                row("cpu-1", "1", "2 GiB", "0", "All groups"),
                row("cpu-2", "2", "8 GiB", "0", "All groups"),
                row("gpu-1", "4", "16 GiB", "1", "vision"),
            ],
        };
        vec![("empty", Self { frame, rows: Vec::new() }), ("typical", typical)]
    }
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

impl Page for InstanceTypeFormPage {
    const NAME: &'static str = "admin-instance-type";

    fn samples() -> Vec<(&'static str, Self)> {
        let groups: Vec<Choice> = ["forecasting", "speech", "vision"]
            .into_iter()
            .map(|name| Choice::new(name, name, name == "vision"))
            .collect();
        let new = Self {
            frame: samples::admin_frame("New instance type", Entry::AdminInstanceTypes),
            cpu: Field::new("1"),
            memory: Field::new("1"),
            gpu: Field::new("0"),
            global: true,
            groups,
            ..Self::default()
        };
        let errors = Self {
            name: Field::bad("GPU 1", "Use small letters, digits and -. Try “gpu-1”."),
            cpu: Field::bad("0.3", "Use a multiple of 0.5, at least 0.5."),
            memory: Field::bad("lots", "Use a whole number of GiB, at least 1."),
            global: false,
            groups_error: Some("Choose at least one group, or offer it to all groups.".into()),
            error: Some("The instance type is not made yet. Correct the marked fields.".into()),
            ..new.clone()
        };
        let edit = Self {
            frame: samples::admin_frame("gpu-1", Entry::AdminInstanceTypes),
            existing: Some("gpu-1".into()),
            idle: Field::new("8"),
            idle_units: samples::units("hours"),
            lifetime: Field::new("7"),
            lifetime_units: samples::units("days"),
            name: Field::new("gpu-1"),
            display_name: Field::new("gpu-1"),
            description: Field::new("For training on one GPU"),
            cpu: Field::new("4"),
            memory: Field::new("16"),
            gpu: Field::new("1"),
            global: false,
            ..new.clone()
        };
        vec![("new", new), ("errors", errors), ("edit", edit)]
    }
}
