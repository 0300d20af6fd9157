//! Samples of [`JobsPage`].

use crate::components::{Chip, Direction, Pager, Sort, Status, Tone};
use crate::frame::{Entry, Flash};
use crate::jobs::{JobActions, JobRow, JobsPage};
use crate::samples::{self, Samples};

impl Samples for JobsPage {
    const NAME: &'static str = "jobs";

    fn samples() -> Vec<(&'static str, Self)> {
        let chip = |label: &str, on| Chip { label: label.into(), url: "/g/vision/jobs?mine=1".into(), on };
        let base = Self {
            frame: samples::frame("Jobs", Entry::Jobs),
            live_url: "/g/vision/jobs".into(),
            base_url: "/g/vision/jobs".into(),
            chips: vec![
                chip("Mine", false),
                chip("Waiting", false),
                chip("Running", false),
                chip("Failed", false),
                chip("Succeeded", false),
            ],
            sort_name: Sort { url: "/g/vision/jobs?sort=name".into(), direction: None },
            sort_submitted: Sort {
                url: "/g/vision/jobs?sort=submitted".into(),
                direction: Some(Direction::Descending),
            },
            new_url: Some("/g/vision/jobs/new".into()),
            notebook_url: Some("/g/vision/notebooks/run".into()),
            snippet: "curl https://portico.example/api/v1/groups/vision/jobs \\\n  -H \"Authorization: Bearer $PORTICO_TOKEN\" \\\n  --json '{\"name\": \"hello\", \"instance_type\": \"cpu-2\", \"image\": \"base\", \"command\": \"echo hello\"}'".into(),
            ..Self::default()
        };
        let empty = Self { summary: "0 jobs".into(), ..base.clone() };
        let mut none = Self {
            q: "bert".into(),
            kept: vec![("mine".into(), "1".into())],
            clear_url: Some("/g/vision/jobs".into()),
            summary: "0 of 1,284 jobs".into(),
            ..base.clone()
        };
        none.chips[0].on = true;
        let typical =
            Self { rows: sample_rows(), summary: "7 jobs".into(), pager: Pager::default(), ..base.clone() };
        let mut full = Self {
            rows: (0..7)
                .flat_map(|_| sample_rows())
                .enumerate()
                .map(|(i, mut row)| {
                    row.id = format!("{}-{i}", row.id);
                    row
                })
                .collect(),
            summary: "1,284 jobs".into(),
            pager: Pager {
                prev: Some("/g/vision/jobs?before=a".into()),
                next: Some("/g/vision/jobs?after=b".into()),
                shown: "Jobs 51 to 99".into(),
            },
            ..base.clone()
        };
        full.chips[2].on = true;
        full.clear_url = Some("/g/vision/jobs".into());
        full.frame.flash = Some(Flash {
            tone: Tone::Good,
            text: "“resnet50-lr-sweep” is submitted. It starts now.".into(),
        });
        let read_only = Self {
            frame: samples::member_frame("Jobs", Entry::Jobs),
            new_url: None,
            notebook_url: None,
            ..typical.clone()
        };
        let broken = Self {
            error: Some("The list could not be read. Reload the page; running jobs are not affected.".into()),
            ..base
        };
        vec![
            ("empty", empty),
            ("nothing-found", none),
            ("typical", typical),
            ("full", full),
            ("read-only", read_only),
            ("error", broken),
        ]
    }
}

fn sample_rows() -> Vec<JobRow> {
    [
        (Status::Running, "resnet50-lr-sweep", "", "gpu-1", "Ada Lovelace", "12 min"),
        (Status::Running, "tokenise-corpus", "", "cpu-4", "Grace Hopper", "41 min"),
        (
            Status::Waiting,
            "finetune-bert-large",
            "3 of 4 GPUs of the group are in use by Ada Lovelace and Grace Hopper. It starts when one more is free.",
            "gpu-2",
            "Ada Lovelace",
            "",
        ),
        (
            Status::Preparing,
            "eval-nightly",
            "Building image pytorch-cpu: package 31 of 58.",
            "gpu-1",
            "Alan Turing",
            "20 s",
        ),
        (Status::Succeeded, "digits-baseline", "", "cpu-2", "Ada Lovelace", "1 min 42 s"),
        (
            Status::Failed,
            "segment-v3",
            "Out of memory: used 15.9 of 16 GiB. Choose a larger instance type.",
            "gpu-1",
            "Alan Turing",
            "2 h 11 min",
        ),
        (Status::Cancelled, "resnet50-lr-sweep", "By Ada Lovelace.", "gpu-1", "Ada Lovelace", "4 min"),
    ]
    .into_iter()
    .enumerate()
    .map(|(i, (status, name, reason, size, person, duration))| {
        let url = format!("/g/vision/jobs/0193a5c2-{i}");
        let live = matches!(status, Status::Running | Status::Waiting | Status::Preparing);
        JobRow {
            id: format!("0193a5c2-{i}"),
            name: name.into(),
            status,
            reason: reason.into(),
            instance_type: size.into(),
            image: "pytorch-cpu".into(),
            submitter: samples::who(person),
            submitted: samples::when("10:04:11", "16 min ago"),
            duration: duration.into(),
            actions: JobActions {
                cancel: live.then(|| format!("{url}/cancel")),
                rerun: (!live).then(|| format!("{url}/rerun")),
                clone: Some(format!("/g/vision/jobs/new?clone=0193a5c2-{i}")),
            },
            url,
        }
    })
    .collect()
}
