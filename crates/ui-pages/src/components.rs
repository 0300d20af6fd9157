//! View models shared by pages; each has one macro in `templates/m.html` that shows it.

use std::fmt;

/// An icon of the sprite, written as inline SVG.
#[derive(Clone, Copy, Debug)]
pub struct Icon<'a>(&'a str);

/// The icon with this name in `assets/icons.svg`.
#[must_use]
pub fn icon(name: &str) -> Icon<'_> {
    Icon(name)
}

impl fmt::Display for Icon<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sprite = crate::assets::url("icons.svg");
        write!(
            f,
            r##"<svg class="i i-{0}" viewBox="0 0 24 24" aria-hidden="true"><use href="{sprite}#{0}"/></svg>"##,
            self.0
        )
    }
}

// The name is always a literal of a template or of this crate, so nothing needs escaping.
impl askama::filters::HtmlSafe for Icon<'_> {}

/// The state of anything that has one; gives icon, word and colour together so that none stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Status {
    Waiting,
    Preparing,
    Running,
    Stopping,
    Succeeded,
    Failed,
    Cancelled,
    #[default]
    Unknown,
    /// A notebook's process runs, but does not answer yet.
    Starting,
    /// A notebook that is not started.
    Stopped,
    /// An image waits for its build.
    Queued,
    /// An image is built when somebody first uses it.
    NotBuilt,
    /// Nothing here runs the image.
    Unusable,
    /// An image is being built.
    Building,
    /// An image can be used.
    Ready,
    /// An account may sign in.
    Enabled,
    /// An account may not sign in.
    Disabled,
}

impl Status {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Preparing => "Preparing",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Unknown => "Unknown",
            Self::Starting => "Starting",
            Self::Stopped => "Stopped",
            Self::Queued => "Queued",
            Self::NotBuilt => "Not built yet",
            Self::Unusable => "Can't run here",
            Self::Building => "Building",
            Self::Ready => "Ready",
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
        }
    }

    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Self::Waiting | Self::Queued => "hourglass",
            Self::Preparing | Self::Starting | Self::Running | Self::Stopping | Self::Building => {
                "loader-circle"
            }
            Self::Succeeded | Self::Ready | Self::Enabled => "check",
            Self::Failed => "x",
            Self::NotBuilt => "clock",
            Self::Cancelled | Self::Disabled | Self::Unusable => "ban",
            Self::Stopped => "circle-stop",
            Self::Unknown => "circle-help",
        }
    }

    /// The colour class of the badge.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Waiting | Self::Queued | Self::Stopping => "wait",
            Self::Preparing | Self::Starting | Self::Running | Self::Building => "run",
            Self::Succeeded | Self::Ready | Self::Enabled => "ok",
            Self::Failed => "bad",
            Self::Cancelled
            | Self::Stopped
            | Self::Disabled
            | Self::Unknown
            | Self::NotBuilt
            | Self::Unusable => "idle",
        }
    }

    /// Whether the icon turns.
    #[must_use]
    pub fn busy(self) -> bool {
        matches!(self, Self::Preparing | Self::Starting | Self::Running | Self::Stopping | Self::Building)
    }
}

/// How a note, toast or meter is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Info,
    Good,
    Wait,
    Bad,
}

impl Tone {
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Good => "ok",
            Self::Wait => "wait",
            Self::Bad => "bad",
        }
    }

    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Good => "circle-check",
            Self::Wait => "clock",
            Self::Bad => "circle-alert",
        }
    }
}

/// An inline message: a bold beginning, a sentence, and perhaps where to go next.
#[derive(Clone, Debug, Default)]
pub struct Note {
    pub tone: Tone,
    pub title: String,
    pub text: String,
    pub link: Option<Link>,
}

impl Note {
    #[must_use]
    pub fn new(tone: Tone, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tone, title: title.into(), text: text.into(), link: None }
    }
}

/// A moment, already put into words and into the person's time zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// RFC 3339 in UTC, for the `datetime` attribute.
    pub iso: String,
    /// In the person's time zone, with the zone's name; shown on hover.
    pub absolute: String,
    /// Such as `3 min ago`.
    pub relative: String,
}

impl When {
    #[must_use]
    pub fn new(iso: impl Into<String>, absolute: impl Into<String>, relative: impl Into<String>) -> Self {
        Self { iso: iso.into(), absolute: absolute.into(), relative: relative.into() }
    }
}

/// What stands in a form field, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub value: String,
    pub error: Option<String>,
}

impl Field {
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    #[must_use]
    pub fn bad(value: impl Into<String>, error: impl Into<String>) -> Self {
        Self { value: value.into(), error: Some(error.into()) }
    }
}

/// One option of a select or a group of radio buttons or check boxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

impl Choice {
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>, selected: bool) -> Self {
        Self { value: value.into(), label: label.into(), selected }
    }
}

/// A radio card: a named option with what it means, or why it cannot be chosen.
#[derive(Clone, Debug, Default)]
pub struct Card {
    pub value: String,
    pub title: String,
    /// One line such as `4 cores · 16 GiB · 1 GPU`.
    pub detail: String,
    pub selected: bool,
    /// Set when the option cannot be chosen; says why.
    pub disabled: Option<String>,
    /// Shown beside the title, for an image that is not ready.
    pub status: Option<Status>,
    /// A word beside the title, such as `GPU` or `Universal`; may be empty.
    pub label: String,
    /// What to know before choosing it, such as the successor of a deprecated image; may be empty.
    pub advice: String,
}

/// A person as others see them: the display name, with the user name on hover.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    pub name: String,
    pub display_name: String,
}

impl Who {
    #[must_use]
    pub fn new(name: impl Into<String>, display_name: impl Into<String>) -> Self {
        Self { name: name.into(), display_name: display_name.into() }
    }
}

/// A link with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub label: String,
    pub url: String,
}

impl Link {
    #[must_use]
    pub fn new(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self { label: label.into(), url: url.into() }
    }
}

/// A filter that can be switched by following its link.
#[derive(Clone, Debug, Default)]
pub struct Chip {
    pub label: String,
    /// The list with this filter switched the other way.
    pub url: String,
    pub on: bool,
}

/// The direction a column is sorted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    /// The value of `aria-sort`.
    #[must_use]
    pub fn aria(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }
}

/// The head of a sortable column.
#[derive(Clone, Debug, Default)]
pub struct Sort {
    /// The list sorted by this column, or the other way round when it is already.
    pub url: String,
    pub direction: Option<Direction>,
}

/// Keyset paging: links to the neighbouring pages and a sentence on what is shown.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    pub prev: Option<String>,
    pub next: Option<String>,
    /// Such as `Jobs 1 to 50`; may be empty.
    pub shown: String,
}

/// A tab with its own URL.
#[derive(Clone, Debug, Default)]
pub struct Tab {
    pub label: String,
    pub url: String,
    pub current: bool,
    pub count: Option<String>,
}

impl Tab {
    #[must_use]
    pub fn new(label: impl Into<String>, url: impl Into<String>, current: bool) -> Self {
        Self { label: label.into(), url: url.into(), current, count: None }
    }
}

/// One line of a definition grid.
#[derive(Clone, Debug, Default)]
pub struct Fact {
    pub label: String,
    pub value: String,
    /// Shown on hover; may be empty.
    pub title: String,
    pub url: Option<String>,
    pub when: Option<When>,
    pub mono: bool,
    pub copy: bool,
}

impl Fact {
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// A moment.
    #[must_use]
    pub fn time(label: impl Into<String>, when: When) -> Self {
        Self { label: label.into(), when: Some(when), ..Self::default() }
    }

    /// A person.
    #[must_use]
    pub fn who(label: impl Into<String>, who: &Who) -> Self {
        Self {
            label: label.into(),
            value: who.display_name.clone(),
            title: who.name.clone(),
            ..Self::default()
        }
    }

    /// An identifier in monospace with a copy button.
    #[must_use]
    pub fn id(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), mono: true, copy: true, ..Self::default() }
    }

    /// The same fact with a link.
    #[must_use]
    pub fn link(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }
}

/// What a log view needs to fetch its lines.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    /// The URL beneath which `lines`, `stream`, `search` and `download` lie, without a trailing slash.
    pub base: String,
    /// Names the run that the log is of; another one makes an open page show its log. May be empty.
    pub run: String,
    /// Number of lines known now.
    pub total: u64,
    /// No more lines will come.
    pub complete: bool,
    /// Why there is nothing (yet), for instance `The log starts when the job starts.`.
    pub note: Option<String>,
}

/// For a search form that keeps no other filters.
pub const NO_FILTERS: &[(&str, &str)] = &[];
