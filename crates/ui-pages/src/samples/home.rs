//! Samples of [`HomePage`] and [`NoGroupPage`].

use crate::components::Status;
use crate::frame::Entry;
use crate::home::{HomePage, NoGroupPage, RecentRow, UsageRow, UsageTotal};
use crate::samples::{self, Samples};

impl Samples for HomePage {
    const NAME: &'static str = "home";

    fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self {
            frame: samples::member_frame("Home", Entry::Home),
            greeting: "Welcome, Grace".into(),
            summary: "Nothing has run in speech yet. Start with a notebook or a job.".into(),
            live_url: "/g/speech".into(),
            launch: samples::notebooks::quick(),
            quota: samples::unlimited_quota(),
            ..Self::default()
        };
        let usage = |name: &str, person: &str, size: &str, cpu: &str, memory: &str, gpu: &str| UsageRow {
            name: name.into(),
            url: "/g/vision/jobs/019".into(),
            kind: "job".into(),
            person: samples::who(person),
            instance_type: size.into(),
            cpu: cpu.into(),
            memory: memory.into(),
            gpu: gpu.into(),
        };
        let recent = |status, name: &str, person: &str, ago: &str| RecentRow {
            status,
            name: name.into(),
            url: "/g/vision/jobs/019".into(),
            person: samples::who(person),
            when: samples::when("10:04:11", ago),
        };
        let typical = Self {
            frame: samples::frame("Home", Entry::Home),
            greeting: "Good morning, Ada".into(),
            summary: "2 jobs are running, 1 is waiting, 1 failed since yesterday.".into(),
            live_url: "/g/vision".into(),
            launch: samples::notebooks::quick(),
            usage: vec![
                usage("resnet50-lr-sweep", "Ada Lovelace", "gpu-1", "4", "12.5 GiB", "1"),
                usage("tokenise-corpus", "Grace Hopper", "gpu-2", "2", "8.5 GiB", "2"),
            ],
            usage_total: UsageTotal { cpu: "6".into(), memory: "21 GiB".into(), gpu: "3".into() },
            recent: vec![
                recent(Status::Running, "resnet50-lr-sweep", "Ada Lovelace", "12 min ago"),
                recent(Status::Running, "tokenise-corpus", "Grace Hopper", "41 min ago"),
                recent(Status::Waiting, "finetune-bert-large", "Ada Lovelace", "3 min ago"),
                recent(Status::Preparing, "eval-nightly", "Alan Turing", "20 s ago"),
                recent(Status::Succeeded, "digits-baseline", "Ada Lovelace", "2 h ago"),
                recent(Status::Failed, "segment-v3", "Alan Turing", "5 h ago"),
            ],
            quota: samples::quota([0.0; 3]),
        };
        vec![("empty", empty), ("typical", typical)]
    }
}

impl Samples for NoGroupPage {
    const NAME: &'static str = "no-group";

    fn samples() -> Vec<(&'static str, Self)> {
        let mut frame = samples::member_frame("No group available", Entry::Other);
        frame.group = None;
        frame.groups.clear();
        let mut admin = frame.clone();
        admin.person.is_admin = true;
        vec![
            ("member", Self { frame, ask: vec!["Ada Lovelace (ada)".into(), "Alan Turing (alan)".into()] }),
            ("platform-admin", Self { frame: admin, ask: Vec::new() }),
        ]
    }
}
