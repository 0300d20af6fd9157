//! Samples of [`ImageFormPage`].

use crate::components::{Card, Choice, Field};
use crate::frame::Entry;
use crate::images::{ImageFormPage, OfferFields};
use crate::samples::{self, Samples};

impl Samples for ImageFormPage {
    const NAME: &'static str = "image-form";

    fn samples() -> Vec<(&'static str, Self)> {
        let source = |value: &str, title: &str, detail: &str, selected| Card {
            value: value.into(),
            title: title.into(),
            detail: detail.into(),
            selected,
            ..Card::default()
        };
        let sources = |selected: &str| {
            vec![
                source("build", "Build", "A base and Python packages", selected == "build"),
                source(
                    "existing",
                    "Use existing",
                    "Another image under a name of its own",
                    selected == "existing",
                ),
                source("container", "Container image", "A reference in a registry", selected == "container"),
            ]
        };
        let new = Self {
            frame: samples::frame("New image", Entry::Images),
            list_url: "/g/vision/images".into(),
            action: "/g/vision/images/new".into(),
            cancel_url: "/g/vision/images".into(),
            types: ["Universal", "CPU", "GPU"]
                .map(|label| Choice::new(label.to_lowercase(), label, label == "Universal"))
                .to_vec(),
            sources: sources("build"),
            bases: vec![
                Choice::new("", "Python alone", false),
                Choice::new("base", "Base (Python 3.12)", true),
                Choice::new("data-science", "Data science (Python 3.12)", false),
            ],
            existing: vec![Choice::new("base", "Base", false)],
            no_containers: "It can be kept, but this server finds no container engine now.".into(),
            ..Self::default()
        };
        let errors = Self {
            display_name: Field::bad("", "Give it a name."),
            name: Field::bad("Our Image", "Use 1 to 63 lower-case letters a–z, digits, - and ."),
            packages: Field::bad(
                "pandas>=2\n--index-url https://example.org",
                "Line 2, “--index-url https://example.org”: options are not taken here. Name packages only.",
            ),
            base_error: Some(
                "“base” can't be built upon: it is still being built. Wait until it is ready.".into(),
            ),
            file_error: Some(
                "This runner installs packages with pip, not with conda. It can't install: cuda.".into(),
            ),
            ..new.clone()
        };
        let container = Self {
            sources: sources("container"),
            reference: Field::bad("Python", "Write it as registry/name:tag."),
            ..new.clone()
        };
        let edit = Self {
            frame: samples::admin_frame("Tables", Entry::AdminImages),
            existing_title: Some("Tables".into()),
            display_name: Field::new("Tables"),
            name: Field::new("tables-k3x9a"),
            packages: Field::new("pandas>=2\npolars"),
            offer: Some(OfferFields {
                global: false,
                groups: vec![Choice::new("speech", "speech", false), Choice::new("vision", "vision", true)],
                error: None,
            }),
            ..new.clone()
        };
        vec![("new", new), ("errors", errors), ("container", container), ("edit", edit)]
    }
}
