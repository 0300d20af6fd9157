//! Samples of [`AccessKeysPage`].

use crate::access_keys::{AccessKeyRow, AccessKeysPage, NewAccessKey};
use crate::components::{Choice, Field};
use crate::frame::Entry;
use crate::samples::{self, Samples};

impl Samples for AccessKeysPage {
    const NAME: &'static str = "access-keys";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |label: &str, access_key: &str, used: Option<&str>| AccessKeyRow {
            access_key: access_key.into(),
            label: label.into(),
            group: "vision".into(),
            created: samples::when("08:00:00", "12 days ago"),
            last_used: used.map(|words| samples::when("10:00:00", words)),
            last_used_from: used.map(|_| "192.0.2.7".to_owned()).unwrap_or_default(),
            ..AccessKeyRow::default()
        };
        let groupless = Self { frame: samples::frame("Access keys", Entry::Other), ..Self::default() };
        let empty = Self {
            groups: vec![Choice::new("vision", "Vision", true), Choice::new("speech", "Speech", false)],
            lifetimes: vec![
                Choice::new("", "Until it is revoked", true),
                Choice::new("90", "90 days", false),
            ],
            ..groupless.clone()
        };
        let expired = AccessKeyRow { is_expired: true, ..row("", "PKZ7Q2M4N8B1V6C3X9L5K0J4H2G1FD", None) };
        let typical = Self {
            keys: vec![
                row("laptop", "PK3FA9B1C77D0E4F52A86CC1D93BE2", Some("4 min ago")),
                row(&"a long label ".repeat(5), "PKXK2J4H5G6F7D8S9A0QWERTYUIOPL", None),
                expired,
            ],
            ..empty.clone()
        };
        let created = Self {
            created: Some(NewAccessKey {
                label: "laptop".into(),
                group: "vision".into(),
                clearml_conf: "api {\n  web_server: https://portico.example\n  credentials {\n    \"access_key\" = \"PK3F\"\n    \"secret_key\" = \"psk8\"\n  }\n}\n".into(),
                environment: "export CLEARML_API_ACCESS_KEY=PK3F\n".into(),
                notebook: "%env CLEARML_API_ACCESS_KEY=PK3F\n".into(),
            }),
            ..typical.clone()
        };
        let errors = Self {
            label_field: Field::bad("x".repeat(80), "Use at most 60 characters."),
            error: Some("No key is made yet. Correct the marked field.".into()),
            ..typical.clone()
        };
        vec![
            ("no-group", groupless),
            ("empty", empty),
            ("typical", typical),
            ("created", created),
            ("errors", errors),
        ]
    }
}
