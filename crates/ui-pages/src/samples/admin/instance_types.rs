//! Samples of [`InstanceTypesPage`] and [`InstanceTypeFormPage`].

use crate::admin::{InstanceTypeFormPage, InstanceTypeRow, InstanceTypesPage};
use crate::components::{Choice, Field};
use crate::frame::Entry;
use crate::samples::{self, Samples};

impl Samples for InstanceTypesPage {
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

impl Samples for InstanceTypeFormPage {
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
