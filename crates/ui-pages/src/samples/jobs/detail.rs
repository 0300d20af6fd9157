//! Samples of [`JobPage`].

use crate::components::{Fact, LogView, Note, Status, Tone};
use crate::frame::Entry;
use crate::jobs::{
    AttemptRow, EventRow, JobActions, JobNotebook, JobOverview, JobPage, JobTab, Stage, StageState,
};
use crate::quota::Meter;
use crate::samples::{self, Samples};

fn stage(label: &str, state: StageState, time: &str, detail: &str) -> Stage {
    Stage { label: label.into(), state, time: time.into(), detail: detail.into(), elapsed_s: None }
}

fn facts() -> Vec<Fact> {
    vec![
        Fact::new("Instance type", "cpu-2 · 2 cores · 8 GiB"),
        Fact::new("Image", "data-science").link("/g/vision/images/data-science"),
        Fact::new("Time limit", "24 h"),
        Fact::time("Started", samples::when("10:18:22", "2 min ago")),
        Fact::who("Submitted by", &samples::who("Ada Lovelace")),
        Fact::id("Job id", "0193a5c2f1e07c0c8f4e2b6d9a31c774"),
    ]
}

fn sample(status: Status, tab: JobTab) -> JobPage {
    let url = "/g/vision/jobs/0193a5c2f1e07c0c8f4e2b6d9a31c774";
    let live = matches!(status, Status::Running | Status::Waiting | Status::Preparing);
    JobPage {
        frame: samples::frame("digits-baseline", Entry::Jobs),
        id: "0193a5c2f1e07c0c8f4e2b6d9a31c774".into(),
        name: "digits-baseline".into(),
        url: url.into(),
        list_url: "/g/vision/jobs".into(),
        status,
        submitter: samples::who("Ada Lovelace"),
        submitted: samples::when("10:18:20", "2 min ago"),
        duration: if status == Status::Waiting { String::new() } else { "1 min 38 s".into() },
        actions: JobActions {
            cancel: live.then(|| format!("{url}/cancel")),
            rerun: (!live && status != Status::Stopping).then(|| format!("{url}/rerun")),
            clone: Some("/g/vision/jobs/new?clone=0193a5c2f1e07c0c8f4e2b6d9a31c774".into()),
        },
        has_notebook: matches!(tab, JobTab::Notebook(_)),
        tab,
    }
}

fn log(total: u64, complete: bool, note: Option<&str>) -> LogView {
    LogView {
        run: "1".into(),
        base: "/g/vision/jobs/0193a5c2f1e07c0c8f4e2b6d9a31c774/log".into(),
        total,
        complete,
        note: note.map(Into::into),
    }
}

fn overview() -> JobOverview {
    let meter = |label: &str, text: &str, percent| Meter { label: label.into(), text: text.into(), percent };
    JobOverview {
        stages: vec![
            stage("Queued", StageState::Done, "0.1 s", ""),
            stage("Image ready", StageState::Done, "0.4 s", ""),
            stage("Started", StageState::Done, "0.2 s", ""),
            stage("Running", StageState::Now, "1 min 38 s", ""),
        ],
        outcome: None,
        facts: facts(),
        command: "cd /project/vision/digits\npython train.py --epochs 20 --seed 7".into(),
        env: vec![("OMP_NUM_THREADS".into(), "2".into()), ("DATA_DIR".into(), "/project/vision/data".into())],
        meters: vec![meter("CPU", "1.8 of 2 cores", 90.0), meter("Memory", "0.7 of 8 GiB", 9.0)],
        meters_about: "now".into(),
        meters_hint: "Uses a tenth of its memory. An instance type with less would do.".into(),
        attempts: Vec::new(),
        log: log(1_240, false, None),
    }
}

fn notebook() -> JobNotebook {
    JobNotebook {
        facts: vec![
            Fact::new("Notebook", "/project/vision/digits/train.ipynb"),
            Fact::new("Executed", "/project/vision/digits/train-job-202611221018-k3x9ab.ipynb"),
        ],
        parameters: vec![("rate".into(), "0.1".into()), ("name".into(), "baseline".into())],
        frame_url: None,
        download_url: Some("/g/vision/jobs/0193a5c2f1e07c0c8f4e2b6d9a31c774/notebook/download".into()),
        note: Some(Note::new(
            Tone::Info,
            "It is shown when the job is over.",
            "Download it to see how far it is.",
        )),
    }
}

impl Samples for JobPage {
    const NAME: &'static str = "job";

    fn samples() -> Vec<(&'static str, Self)> {
        let open = |status, overview| sample(status, JobTab::Overview(Box::new(overview)));
        let waiting = JobOverview {
            stages: vec![
                stage("Queued", StageState::Now, "3 min", ""),
                stage("Image ready", StageState::Todo, "", ""),
                stage("Started", StageState::Todo, "", ""),
                stage("Running", StageState::Todo, "", ""),
            ],
            outcome: Some(Note::new(
                Tone::Wait,
                "Waiting for 1 GPU.",
                "3 of 4 GPUs of the group are in use by Ada Lovelace and Grace Hopper. It starts when one more is free.",
            )),
            meters: Vec::new(),
            log: log(0, false, Some("The log begins when the job starts.")),
            ..overview()
        };
        let preparing = JobOverview {
            stages: vec![
                stage("Queued", StageState::Done, "0.1 s", ""),
                stage("Preparing image", StageState::Now, "20 s", "package 31 of 58"),
                stage("Started", StageState::Todo, "", ""),
                stage("Running", StageState::Todo, "", ""),
            ],
            meters: Vec::new(),
            log: log(0, false, Some("The log begins when the job starts.")),
            ..overview()
        };
        let mut failed = overview();
        failed.stages[3] = stage("Failed", StageState::Failed, "2 h 11 min", "");
        failed.outcome = Some(Note::new(
            Tone::Bad,
            "Out of memory.",
            "The job used 15.9 of 16 GiB and was ended by signal 9 (exit code 137). Choose an instance type with more memory, or make batches smaller.",
        ));
        failed.meters_about = "peak".into();
        failed.meters[1] = Meter { label: "Memory".into(), text: "15.9 of 16 GiB".into(), percent: 99.4 };
        failed.meters_hint = String::new();
        failed.log = log(1_000_000, true, None);
        failed.attempts = vec![
            AttemptRow {
                number: 2,
                status: Status::Failed,
                started: samples::when("08:02:11", "2 h ago"),
                duration: "2 h 11 min".into(),
                outcome: "Out of memory, signal 9".into(),
            },
            AttemptRow {
                number: 1,
                status: Status::Failed,
                started: samples::when("07:58:01", "2 h ago"),
                duration: "4 min".into(),
                outcome: "The server was restarted; started again by itself".into(),
            },
        ];
        let mut succeeded = overview();
        succeeded.stages[3] = stage("Succeeded", StageState::Done, "1 min 42 s", "");
        succeeded.outcome = Some(Note::new(Tone::Good, "Succeeded.", "The command ended with exit code 0."));
        succeeded.meters_about = "peak".into();
        succeeded.log = log(1_240, true, None);
        let mut cancelled = overview();
        cancelled.stages[3] = stage("Cancelled", StageState::Stopped, "4 min", "");
        cancelled.outcome = Some(Note::new(
            Tone::Info,
            "Cancelled by Ada Lovelace.",
            "Run it again, or clone it to change something first.",
        ));
        cancelled.meters = Vec::new();
        cancelled.env = Vec::new();
        let event = |tone, title: &str, detail: &str, person: Option<&str>| EventRow {
            when: samples::when("10:18:22", "2 min ago"),
            tone,
            title: title.into(),
            detail: detail.into(),
            person: person.map(Into::into),
        };
        let events = vec![
            event(Tone::Bad, "Ended: out of memory", "Used 15.9 of 16 GiB; signal 9.", None),
            event(Tone::Good, "Started", "Attempt 1 on the local runner.", None),
            event(Tone::Wait, "Waiting", "3 of 4 GPUs of the group are in use.", None),
            event(Tone::Info, "Submitted", "", Some("Ada Lovelace")),
        ];
        vec![
            ("waiting", open(Status::Waiting, waiting)),
            ("preparing", open(Status::Preparing, preparing)),
            ("running", open(Status::Running, overview())),
            ("succeeded", open(Status::Succeeded, succeeded)),
            ("failed", open(Status::Failed, failed)),
            ("cancelled", open(Status::Cancelled, cancelled)),
            ("logs", sample(Status::Running, JobTab::Logs(log(1_240, false, None)))),
            (
                "logs-empty",
                sample(
                    Status::Waiting,
                    JobTab::Logs(log(0, false, Some("The log begins when the job starts."))),
                ),
            ),
            ("events", sample(Status::Failed, JobTab::Events(events))),
            ("notebook", sample(Status::Succeeded, JobTab::Notebook(Box::new(notebook())))),
            ("events-empty", sample(Status::Waiting, JobTab::Events(Vec::new()))),
        ]
    }
}
