//! Samples of [`VaultPage`].

use crate::components::Choice;
use crate::frame::Entry;
use crate::samples::{self, Samples};
use crate::vault::{EffectiveRow, EffectiveTable, VaultPage, VaultProblem, VaultRevision};

impl Samples for VaultPage {
    const NAME: &'static str = "vault";

    fn samples() -> Vec<(&'static str, Self)> {
        let formats = |chosen: &str| {
            [("hocon", "HOCON"), ("json", "JSON"), ("yaml", "YAML")]
                .into_iter()
                .map(|(value, label)| Choice::new(value, label, value == chosen))
                .collect()
        };
        let revision = |number: i64, action: &str, words: &str| VaultRevision {
            number,
            action: action.into(),
            made: samples::when("09:00:00", words),
            made_by: "ada".into(),
            is_present: number == 3,
        };
        let row = |path: &str, value: &str, source: &str, hides: &str| EffectiveRow {
            path: path.into(),
            value: value.into(),
            is_masked: value.is_empty(),
            source: source.into(),
            hides: hides.into(),
        };
        let empty = Self {
            frame: samples::frame("Configuration vault", Entry::Other),
            formats: formats("hocon"),
            ..Self::default()
        };
        let typical = Self {
            content: "# my settings\nsdk {\n  development.default_output_uri: \"s3://lab-bucket/out\"\n  aws.s3.region: \"eu-central-1\"\n}\n".into(),
            revision: 3,
            is_enabled: true,
            revisions: vec![
                revision(3, "edited", "4 min ago"),
                revision(2, "disabled", "2 h ago"),
                revision(1, "edited", "5 days ago"),
            ],
            effective: Some(EffectiveTable {
                groups: vec![Choice::new("vision", "Vision", true)],
                rows: vec![
                    row("sdk.aws.s3.region", "eu-central-1", "yours, line 4", "group vision, line 2"),
                    row("sdk.aws.s3.secret", "", "group vision, line 3", ""),
                ],
                is_revealed: false,
                toggle_url: "/profile/vault?group=vision&reveal=1".into(),
            }),
            ..empty.clone()
        };
        let problem = VaultProblem {
            place: "Line 2, column 5".into(),
            message: "This block is not closed: add a } where it ends.".into(),
        };
        let errors = Self { problems: vec![problem.clone()], ..typical.clone() };
        let warned = Self { warnings: vec![problem], is_enabled: false, ..typical.clone() };
        let conflict = Self {
            theirs: Some("sdk.aws.s3.region: \"us-east-1\"\n".into()),
            error: Some("ada changed this vault meanwhile. Compare the two and save again.".into()),
            ..typical.clone()
        };
        vec![
            ("empty", empty),
            ("typical", typical),
            ("errors", errors),
            ("warnings-disabled", warned),
            ("conflict", conflict),
        ]
    }
}
