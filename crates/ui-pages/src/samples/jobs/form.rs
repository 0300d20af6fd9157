//! Samples of [`JobFormPage`].

use crate::components::{Field, Link, Note, Tone};
use crate::frame::Entry;
use crate::jobs::{EnvRow, JobFormPage};
use crate::samples::{self, Samples};

impl Samples for JobFormPage {
    const NAME: &'static str = "job-new";

    fn samples() -> Vec<(&'static str, Self)> {
        let mut side = samples::quota([4.0, 16.0, 1.0]);
        side.start = Some(samples::starts_now());
        let empty = Self {
            frame: samples::frame("New job", Entry::Jobs),
            action: "/g/vision/jobs".into(),
            cancel_url: "/g/vision/jobs".into(),
            side_url: "/g/vision/jobs/new".into(),
            instance_types: samples::type_cards("gpu-1"),
            images: samples::image_cards("pytorch-cpu"),
            timeout: Field::new("24"),
            timeout_units: samples::units("hours"),
            timeout_help: "0 means no limit. The group's default is 24 hours.".into(),
            side,
            ..Self::default()
        };
        let mut errors = Self {
            name: Field::bad(
                "finetune bert/large",
                "Use letters, digits, spaces, - and _. Try “finetune bert-large”.",
            ),
            command: Field::bad("", "Write at least one line to run."),
            env: vec![
                EnvRow { name: Field::new("DATA_DIR"), value: Field::new("/project/vision/data") },
                EnvRow {
                    name: Field::bad("2FAST", "Begin with a letter or _. Try “_2FAST”."),
                    value: Field::new("1"),
                },
            ],
            image_error: Some("Choose an image that is ready.".into()),
            timeout: Field::bad("-3", "Use a number from 0 to 999."),
            error: Some("The job is not submitted yet. Correct the marked fields.".into()),
            ..empty.clone()
        };
        errors.images.iter_mut().for_each(|card| card.selected = false);
        let mut wait = empty.clone();
        wait.cloned_from = Some(Link::new("resnet50-lr-sweep", "/g/vision/jobs/0193a5c2-0"));
        wait.name = Field::new("resnet50-lr-sweep copy");
        wait.command = Field::new("cd /project/vision/resnet\npython sweep.py --lr 0.1");
        wait.side = samples::quota([12.0, 32.0, 2.0]);
        wait.side.start = Some(Note::new(
            Tone::Wait,
            "Waits for 1 GPU.",
            "3 of 4 GPUs of the group are in use. With gpu-1 it would start now.",
        ));
        let mut nothing = empty.clone();
        nothing.instance_types.clear();
        nothing.images.clear();
        nothing.side = samples::unlimited_quota();
        vec![("empty", empty), ("errors", errors), ("clone-waits", wait), ("nothing-to-choose", nothing)]
    }
}
