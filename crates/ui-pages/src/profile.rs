//! The person's own pages: profile, password, sessions.

use askama::Template;

use crate::Page;
use crate::components::{Choice, Field, Tab, Tone, When};
use crate::frame::{Density, Entry, Flash, Frame, GroupRef};
use crate::samples;

/// The tabs of the profile with `current` (its URL) marked.
#[must_use]
pub fn tabs(current: &str) -> Vec<Tab> {
    [
        ("Profile", paths::Profile.link()),
        ("Password", paths::ProfilePassword.link()),
        ("Sessions", paths::ProfileSessions.link()),
        ("API tokens", paths::ProfileTokens.link()),
        ("SSH keys", paths::ProfileSshKeys.link()),
    ]
    .into_iter()
    .map(|(label, url)| {
        let is_current = url == current;
        Tab::new(label, url, is_current)
    })
    .collect()
}

/// `GET` and `POST /profile`; fields `display_name`, `theme`, `density`, `scale`, `time_zone`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "profile/profile.html")]
pub struct ProfilePage {
    pub frame: Frame,
    pub username: String,
    /// May be empty.
    pub email: String,
    pub display_name: Field,
    /// Sizes of text in percent.
    pub scales: Vec<Choice>,
    pub scale_error: Option<String>,
    pub time_zone: Field,
    /// Names of all time zones, offered while typing.
    pub time_zones: Vec<String>,
    pub groups: Vec<GroupRef>,
    pub error: Option<String>,
}

impl Page for ProfilePage {
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

/// `GET` and `POST /profile/password`; fields `current`, `new`, `confirm`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "profile/password.html")]
pub struct PasswordPage {
    pub frame: Frame,
    pub current: Field,
    pub new: Field,
    pub confirm: Field,
    pub error: Option<String>,
    /// When the password was last changed.
    pub changed: Option<When>,
}

impl Page for PasswordPage {
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

/// One browser that is signed in.
#[derive(Clone, Debug, Default)]
pub struct SessionRow {
    pub id: String,
    /// Such as `Firefox on Linux`.
    pub browser: String,
    pub address: String,
    pub signed_in: When,
    pub last_seen: When,
    /// The session of this request.
    pub current: bool,
}

/// `GET /profile/sessions`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "profile/sessions.html")]
pub struct SessionsPage {
    pub frame: Frame,
    pub sessions: Vec<SessionRow>,
}

impl SessionsPage {
    /// Whether there is anything to revoke at once.
    #[must_use]
    pub fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.current)
    }
}

impl Page for SessionsPage {
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

/// The choices of how long a token lives.
#[must_use]
pub fn token_lifetimes(selected: &str) -> Vec<Choice> {
    [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("0", "Never expires")]
        .into_iter()
        .map(|(value, label)| Choice::new(value, label, value == selected))
        .collect()
}
