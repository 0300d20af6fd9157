//! Samples of [`NotebookFormPage`].

use crate::components::{Field, Note, Tone};
use crate::frame::Entry;
use crate::jobs::EnvRow;
use crate::notebooks::NotebookFormPage;
use crate::samples::{self, Samples};

impl Samples for NotebookFormPage {
    const NAME: &'static str = "notebook-new";

    fn samples() -> Vec<(&'static str, Self)> {
        let (system_images, group_images) = super::image_cards("data-science");
        let empty = Self {
            frame: samples::frame("Start a notebook", Entry::Notebooks),
            action: "/g/vision/notebooks".into(),
            cancel_url: "/g/vision/notebooks".into(),
            side_url: "/g/vision/notebooks/side".into(),
            name: Field::new("notebook-2"),
            instance_types: super::type_cards("cpu-2"),
            system_images,
            group_images,
            new_image_url: Some("/g/vision/images/new".into()),
            env: vec![EnvRow { name: Field::new("OMP_NUM_THREADS"), value: Field::new("2") }],
            idle: Field::new("60"),
            idle_units: samples::units("minutes"),
            idle_help: "0 means never. The group's default is 60 minutes.".into(),
            lifetime: Field::new("0"),
            lifetime_units: samples::units("hours"),
            lifetime_help: "0 means no limit. It is stopped then even while it works.".into(),
            side: super::side([2.0, 8.0, 0.0]),
            ..Self::default()
        };
        let mut errors = Self {
            error: Some("The notebook is not started yet. Correct the marked fields.".into()),
            name: Field::bad("digits", "You have a notebook of this name in vision. Choose another name."),
            image_error: Some("Choose an image that is ready.".into()),
            env: vec![EnvRow {
                name: Field::bad("2FAST", "Begin with a letter or _. Try “_2FAST”."),
                value: Field::new("1"),
            }],
            safe_mode: true,
            file: Field::bad(
                "../../etc/passwd",
                "Name a file below your home, such as “digits/train.ipynb”.",
            ),
            idle: Field::bad("soon", "Write a number, such as 60. 0 means never."),
            lifetime: Field::bad("9000", "At most 7 days on cpu-2."),
            ..empty.clone()
        };
        errors.system_images.iter_mut().for_each(|card| card.selected = false);
        let mut waits = empty.clone();
        waits.side = super::side([4.0, 16.0, 1.0]);
        waits.side.quota.start = Some(Note::new(
            Tone::Wait,
            "Waits for 1 GPU.",
            "All 4 GPUs of the group are in use. With cpu-2 it would start now.",
        ));
        waits.frame = samples::member_frame("Start a notebook", Entry::Notebooks);
        waits.new_image_url = None;
        waits.group_images.clear();
        let mut nothing = waits.clone();
        nothing.instance_types.clear();
        nothing.system_images.clear();
        nothing.side.quota = samples::unlimited_quota();
        vec![("empty", empty), ("errors", errors), ("member-waits", waits), ("nothing-to-choose", nothing)]
    }
}
