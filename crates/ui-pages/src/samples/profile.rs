//! Samples of [`ProfilePage`], [`PasswordPage`] and [`SessionsPage`].

use crate::components::{Choice, Field, Tone};
use crate::frame::{Density, Entry, Flash};
use crate::profile::{PasswordPage, ProfilePage, SessionRow, SessionsPage};
use crate::samples::{self, Samples};

impl Samples for ProfilePage {
    const NAME: &'static str = "profile";

    fn samples() -> Vec<(&'static str, Self)> {
        let frame = samples::frame("Profile", Entry::Other);
        let typical = Self {
            groups: frame.groups.clone(),
            frame,
            username: "ada".into(),
            email: "ada@example.com".into(),
            display_name: Field::new("Ada Lovelace"),
            scales: [90, 100, 110, 125, 150]
                .map(|n| Choice::new(n.to_string(), format!("{n} %"), n == 100))
                .to_vec(),
            scale_error: None,
            time_zone: Field::new("Europe/London"),
            time_zones: ["Europe/Berlin", "Europe/London", "UTC"].map(Into::into).to_vec(),
            error: None,
        };
        let mut compact = typical.clone();
        compact.frame.density = Density::Compact;
        let mut large = typical.clone();
        large.frame.scale = 125;
        let mut saved = typical.clone();
        saved.frame.flash = Some(Flash { tone: Tone::Good, text: "Your profile is saved.".into() });
        let errors = Self {
            frame: samples::member_frame("Profile", Entry::Other),
            email: String::new(),
            groups: Vec::new(),
            display_name: Field::bad("", "Write a name of 1 to 100 characters."),
            time_zone: Field::bad("Mars/Base", "There is no such time zone. Try “Europe/London”."),
            error: Some("Nothing is saved yet. Correct the marked fields.".into()),
            ..typical.clone()
        };
        vec![
            ("typical", typical),
            ("compact", compact),
            ("large", large),
            ("saved", saved),
            ("errors", errors),
        ]
    }
}

impl Samples for PasswordPage {
    const NAME: &'static str = "password";

    fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self {
            frame: samples::frame("Password", Entry::Other),
            changed: Some(samples::when("08:00:00", "3 months ago")),
            ..Self::default()
        };
        let errors = Self {
            current: Field::bad("", "This is not your current password."),
            new: Field::bad("", "Use at least 12 characters. A sentence is fine."),
            confirm: Field::bad("", "The two new passwords differ. Type the same one twice."),
            ..empty.clone()
        };
        vec![("empty", empty), ("errors", errors)]
    }
}

impl Samples for SessionsPage {
    const NAME: &'static str = "sessions";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |id: &str, browser: &str, address: &str, seen: &str, current| SessionRow {
            id: id.into(),
            browser: browser.into(),
            address: address.into(),
            signed_in: samples::when("08:00:00", "3 days ago"),
            last_seen: samples::when("10:00:00", seen),
            current,
        };
        let one = Self {
            frame: samples::frame("Sessions", Entry::Other),
            sessions: vec![row("1", "Firefox on Linux", "192.0.2.14", "now", true)],
        };
        let many = Self {
            sessions: vec![
                row("1", "Firefox on Linux", "192.0.2.14", "now", true),
                row("2", "Safari on iPhone", "198.51.100.7", "2 h ago", false),
                row("3", "Unknown program", "2001:db8::17", "6 days ago", false),
            ],
            ..one.clone()
        };
        vec![("only-this", one), ("typical", many)]
    }
}
