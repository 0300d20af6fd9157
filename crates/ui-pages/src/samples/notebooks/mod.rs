//! Samples of the pages of [`crate::notebooks`], and the notebooks in them.

mod detail;
mod form;
mod launch;
mod list;
mod run;

use crate::components::{Card, Fact, Note, Status, Tone};
use crate::frame::Entry;
use crate::jobs::{EventRow, Stage, StageState};
use crate::notebooks::{
    Failure, IdleWarning, NotebookActions, NotebookOverview, NotebookPage, NotebookRow, NotebookSide,
    NotebookTab, Opens, Packages, QuickLaunch, Volume,
};
use crate::quota::Meter;
use crate::samples;
use crate::ssh_keys::SshBlock;

const SLUG: &str = "nb-4k2p9x7q";
const URL: &str = "/g/vision/notebooks/nb-4k2p9x7q";

/// What a notebook in this state allows its owner.
fn actions(url: &str, status: Status) -> NotebookActions {
    let to = |what: &str| Some(format!("{url}/{what}"));
    match status {
        Status::Waiting | Status::Preparing | Status::Starting => {
            NotebookActions { cancel: to("stop"), ..NotebookActions::default() }
        }
        Status::Ready => {
            NotebookActions { stop: to("stop"), restart: to("restart"), ..NotebookActions::default() }
        }
        Status::Stopping => NotebookActions::default(),
        _ => NotebookActions {
            start: to("start"),
            start_safe: to("start?safe=on"),
            delete: to("delete"),
            ..NotebookActions::default()
        },
    }
}

pub(super) fn rows() -> Vec<NotebookRow> {
    [
        (Status::Ready, "digits", "", "data-science", "cpu-2", "now", "Stops after 60 min without use"),
        (Status::Ready, "tokeniser", "", "base", "cpu-2", "56 min ago", "Stops at 10:24 unless it is used"),
        (Status::Starting, "segmentation", "JupyterLab is starting.", "pytorch-cpu", "cpu-4", "", ""),
        (
            Status::Waiting,
            "bert-probe",
            "4 of 4 GPUs of the group are in use by Ada Lovelace and Grace Hopper. It starts when one is free.",
            "pytorch-cpu",
            "gpu-1",
            "",
            "",
        ),
        (
            Status::Failed,
            "old-course",
            "JupyterLab ended before it answered: exit code 1.",
            "vision-team",
            "cpu-2",
            "2 h ago",
            "",
        ),
        (Status::Stopped, "sandbox", "", "data-science", "cpu-2", "3 days ago", ""),
    ]
    .into_iter()
    .enumerate()
    .map(|(i, (status, name, reason, image, kind, used, idle))| {
        let slug = format!("nb-4k2p9x7{i}");
        let url = format!("/g/vision/notebooks/{slug}");
        NotebookRow {
            name: name.into(),
            status,
            reason: reason.into(),
            owner: samples::who("Ada Lovelace"),
            image: image.into(),
            instance_type: kind.into(),
            size: "2 cores · 8 GiB".into(),
            used: (!used.is_empty()).then(|| samples::when("10:20:00", used)),
            idle_stop: idle.into(),
            idle_soon: idle.contains("10:24"),
            opens: (status == Status::Ready).then(|| Opens::of(&slug)),
            actions: actions(&url, status),
            url,
            slug,
        }
    })
    .collect()
}

pub(super) fn others() -> Vec<NotebookRow> {
    [("Grace Hopper", "corpus"), ("Alan Turing", "enigma")]
        .into_iter()
        .enumerate()
        .map(|(i, (owner, name))| {
            let slug = format!("nb-7m1c8d4{i}");
            let url = format!("/g/vision/notebooks/{slug}");
            NotebookRow {
                name: name.into(),
                owner: samples::who(owner),
                opens: None,
                actions: NotebookActions { stop: Some(format!("{url}/stop")), ..NotebookActions::default() },
                url,
                slug,
                ..rows().remove(i)
            }
        })
        .collect()
}

pub(super) fn type_cards(selected: &str) -> Vec<Card> {
    let mut cards = samples::type_cards(selected);
    if let Some(card) = cards.iter_mut().find(|card| card.value == "gpu-1") {
        card.disabled = Some("Over your quota: you use 2 of 2 GPUs.".into());
    }
    cards
}

/// System and group images.
pub(super) fn image_cards(selected: &str) -> (Vec<Card>, Vec<Card>) {
    let labels = ["CPU", "Universal", "CPU", "GPU"];
    let mut cards = samples::image_cards(selected);
    for (card, label) in cards.iter_mut().zip(labels) {
        card.label = label.into();
    }
    let group = cards.split_off(3);
    cards.push(Card {
        value: "data-science-2024".into(),
        title: "data-science-2024".into(),
        detail: "Python 3.11 · pandas 1.5".into(),
        label: "CPU".into(),
        advice: "Deprecated. Use data-science instead.".into(),
        ..Card::default()
    });
    (cards, group)
}

fn volumes() -> Vec<Volume> {
    let volume = |name: &str, path: &str, about: &str, read_only| Volume {
        name: name.into(),
        path: path.into(),
        about: about.into(),
        read_only,
    };
    vec![
        volume("Your home", "/home/jovyan", "Only yours. It is kept between notebooks.", false),
        volume("Group folder", "/project/vision", "Shared with all members of vision.", false),
        volume("imagenet-mini", "/datasets/imagenet-mini", "", true),
    ]
}

pub(super) fn side(ask: [f64; 3]) -> NotebookSide {
    let mut quota = samples::quota(ask);
    quota.start = Some(Note::new(Tone::Good, "Starts now.", "JupyterLab is ready in about 4 seconds."));
    NotebookSide { quota, volumes: volumes() }
}

pub(crate) fn quick() -> Vec<QuickLaunch> {
    let card = |image: &str, title: &str, text: &str| QuickLaunch {
        icon: QuickLaunch::icon_of(image),
        title: title.into(),
        text: text.into(),
        action: "/g/vision/notebooks".into(),
        name: image.into(),
        image: image.into(),
        instance_type: "cpu-2".into(),
        size: "cpu-2 · 2 cores · 8 GiB".into(),
        ..QuickLaunch::default()
    };
    vec![
        card("base", "Python", "JupyterLab on plain Python 3.12. Install what you need."),
        QuickLaunch {
            existing: Some(URL.into()),
            ..card("data-science", "Data science", "NumPy, pandas, scikit-learn and matplotlib.")
        },
        card("pytorch-cpu", "PyTorch", "PyTorch with NumPy and pandas, on CPU."),
        QuickLaunch {
            disabled: Some("The image is being built. Ready in about 2 min.".into()),
            ..card("tensorflow-cpu", "TensorFlow", "TensorFlow with Keras, on CPU.")
        },
    ]
}

fn stages(done: usize, times: &[&str], now: StageState, detail: &str) -> Vec<Stage> {
    ["Queued", "Preparing", "Starting", "Ready"]
        .into_iter()
        .enumerate()
        .map(|(i, label)| {
            let state = match i.cmp(&done) {
                std::cmp::Ordering::Less => StageState::Done,
                std::cmp::Ordering::Equal => now,
                std::cmp::Ordering::Greater => StageState::Todo,
            };
            Stage {
                label: label.into(),
                state,
                time: times.get(i).copied().unwrap_or_default().into(),
                detail: if i == done { detail.into() } else { String::new() },
                elapsed_s: (state == StageState::Now).then_some(2.4),
            }
        })
        .collect()
}

fn event(at: &str, tone: Tone, title: &str, detail: &str, person: Option<&str>) -> EventRow {
    EventRow {
        when: samples::when(at, "1 min ago"),
        tone,
        title: title.into(),
        detail: detail.into(),
        person: person.map(Into::into),
    }
}

fn events() -> Vec<EventRow> {
    vec![
        event("10:18:26", Tone::Good, "Ready", "JupyterLab answers after 3.1 s.", None),
        event("10:18:23", Tone::Info, "Starting", "The sandbox is made; JupyterLab is starting.", None),
        event("10:18:23", Tone::Info, "Preparing", "The image data-science is there.", None),
        event("10:18:22", Tone::Info, "Queued", "Asked for 2 cores and 8 GiB.", Some("Ada Lovelace")),
    ]
}

pub(super) fn ready() -> NotebookOverview {
    let meter = |label: &str, text: &str, percent| Meter { label: label.into(), text: text.into(), percent };
    NotebookOverview {
        stages: stages(4, &["0.1 s", "0.4 s", "3.1 s", ""], StageState::Done, ""),
        facts: vec![
            Fact::new("Instance type", "cpu-2 · 2 cores · 8 GiB"),
            Fact::new("Image", "data-science").link("/g/vision/images/data-science"),
            Fact::time("Last used", samples::when("10:20:00", "2 min ago")),
            Fact::new("Idle stop", "after 60 min"),
            Fact::new("Lifetime", "no limit"),
            Fact::new("Opens", "digits/train.ipynb"),
            Fact::id("Notebook id", SLUG),
        ],
        volumes: volumes(),
        env: vec![("OMP_NUM_THREADS".into(), "2".into())],
        meters: vec![meter("CPU", "0.2 of 2 cores", 10.0), meter("Memory", "0.6 of 8 GiB", 7.5)],
        meters_about: "now".into(),
        events: events(),
        ssh: Some(SshBlock {
            config: "Host research.vision\n  HostName portico.example\n  Port 2222\n  User nb-3fa9b1c7\n"
                .into(),
            command: "ssh research.vision".into(),
            server: samples::ssh_keys::server(),
            has_key: false,
        }),
        packages: Some(Packages {
            summary: "3 packages, 24 MiB".into(),
            names: vec!["einops 0.8.1".into(), "polars 1.35.2".into(), "rich 14.2.0".into()],
            folder: "~/.local".into(),
            reset_url: Some(format!("{URL}/packages/reset")),
            reset_why: String::new(),
        }),
        ..NotebookOverview::default()
    }
}

pub(super) fn queued() -> NotebookOverview {
    NotebookOverview {
        stages: stages(0, &["3 min 12 s"], StageState::Now, ""),
        outcome: Some(Note::new(
            Tone::Wait,
            "Waiting for 1 GPU.",
            "4 of 4 GPUs of the group are in use by Ada Lovelace and Grace Hopper. It starts when one is free.",
        )),
        meters: Vec::new(),
        events: events().split_off(3),
        ..ready()
    }
}

pub(super) fn preparing() -> NotebookOverview {
    NotebookOverview {
        stages: stages(1, &["0.1 s", "20 s"], StageState::Now, "package 31 of 58"),
        meters: Vec::new(),
        events: events().split_off(2),
        ..ready()
    }
}

pub(super) fn starting() -> NotebookOverview {
    NotebookOverview {
        stages: stages(2, &["0.1 s", "0.4 s", "2.4 s"], StageState::Now, ""),
        meters: Vec::new(),
        events: events().split_off(1),
        ..ready()
    }
}

pub(super) fn failed() -> NotebookOverview {
    let mut log = events();
    log.remove(0);
    log.insert(0, event("10:18:25", Tone::Bad, "Failed", "JupyterLab ended with exit code 1.", None));
    NotebookOverview {
        stages: stages(2, &["0.1 s", "0.4 s", "2.0 s"], StageState::Failed, "exit code 1"),
        failure: Some(Failure {
            reason: "JupyterLab ended before it answered.".into(),
            hint: "Packages in your home can break it. Safe mode starts without them.".into(),
            exit: "Exit code 1".into(),
            lines: [
                "Traceback (most recent call last):",
                "  File \"/opt/env/bin/jupyter-lab\", line 4, in <module>",
                "    from jupyterlab.labapp import main",
                "  File \"/home/jovyan/.local/lib/python3.12/site-packages/traitlets/__init__.py\", line 5",
                "ImportError: cannot import name 'warn' from 'traitlets.utils'",
            ]
            .map(Into::into)
            .to_vec(),
        }),
        meters: Vec::new(),
        events: log,
        ..ready()
    }
}

pub(super) fn idle_warning() -> IdleWarning {
    IdleWarning {
        at: samples::when("10:24:00", "in 4 min"),
        text: "No kernel is busy, no terminal is open and nobody has used it for 56 minutes. Save your work: what only a kernel knows is lost, files are kept.".into(),
        snooze_url: format!("{URL}/snooze"),
        snooze_label: "Keep it for 1 h more".into(),
    }
}

pub(super) fn page(status: Status, tab: NotebookTab) -> NotebookPage {
    NotebookPage {
        run_url: Some("/g/speech/notebooks/run".into()),
        frame: samples::frame("digits", Entry::Notebooks),
        slug: SLUG.into(),
        name: "digits".into(),
        url: URL.into(),
        list_url: "/g/vision/notebooks".into(),
        status,
        owner: samples::who("Ada Lovelace"),
        is_own: true,
        what: "data-science on cpu-2".into(),
        started: (status != Status::Stopped).then(|| samples::when("10:18:22", "2 min ago")),
        opens: (status == Status::Ready).then(|| Opens::of(SLUG)),
        actions: actions(URL, status),
        tab,
    }
}
