//! The person's own pages: profile, password, sessions.

use askama::Template;
use paths::Path;

use crate::components::{Choice, Field, Tab, When};
use crate::frame::{Frame, GroupRef};
use crate::menu::Menu;

/// The tabs of the profile, with that of `current` marked.
#[must_use]
pub fn tabs<P: Path>(frame: &Frame, _current: P) -> Vec<Tab> {
    frame
        .items(Menu::Profile)
        .into_iter()
        .map(|item| {
            let is_current = item.row.address().is_some_and(|address| address.pattern() == P::PATTERN);
            Tab::new(item.label, item.url, is_current)
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

/// The choices of how long a token lives.
#[must_use]
pub fn token_lifetimes(selected: &str) -> Vec<Choice> {
    [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("0", "Never expires")]
        .into_iter()
        .map(|(value, label)| Choice::new(value, label, value == selected))
        .collect()
}
