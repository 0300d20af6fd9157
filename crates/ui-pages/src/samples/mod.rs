//! Every page in every state worth looking at, for the gallery and for tests. The samples of a page lie in the file
//! here that has the name of the page's own file; people, groups and moments that they share are in this one.

mod access_keys;
mod admin;
mod api_docs;
mod content;
mod errors;
mod group_settings;
mod home;
mod images;
mod jobs;
mod notebooks;
mod profile;
mod setup;
mod sign_in;
mod ssh_keys;
mod tokens;
mod vault;

use crate::Page;
use crate::components::{Card, Choice, Note, Status, Tone, When, Who};
use crate::frame::{
    Bare, Density, Entry, Frame, GroupRef, Notification, Notifications, PersonRef, Role, Theme,
};
use crate::quota::{QuotaPanel, QuotaRow};

/// A page with samples, which the gallery shows.
pub(crate) trait Samples: Page {
    /// The page's name in the gallery, such as `jobs-list`.
    const NAME: &'static str;

    /// The page in every state worth looking at: empty, typical, full, with errors.
    fn samples() -> Vec<(&'static str, Self)>;
}

const VERSION: &str = "0.1.0";

pub(crate) fn group(slug: &str, role: Role) -> GroupRef {
    GroupRef { slug: slug.into(), name: slug.into(), role }
}

pub(crate) fn frame(title: &str, current: Entry) -> Frame {
    Frame {
        title: title.into(),
        current,
        group: Some(group("vision", Role::GroupAdmin)),
        groups: vec![
            group("forecasting", Role::Member),
            group("speech", Role::Member),
            group("vision", Role::GroupAdmin),
        ],
        person: PersonRef {
            username: "ada".into(),
            display_name: "Ada Lovelace".into(),
            initials: "AL".into(),
            is_admin: true,
        },
        theme: Theme::System,
        density: Density::default(),
        scale: 100,
        time_zone: "Europe/Paris".into(),
        version: VERSION.into(),
        flash: None,
        active_jobs: 4,
        active_notebooks: 1,
        notifications: Some(notifications()),
    }
}

/// The frame of somebody who is neither group admin nor platform admin.
pub(crate) fn member_frame(title: &str, current: Entry) -> Frame {
    let mut frame = frame(title, current);
    frame.group = Some(group("speech", Role::Member));
    frame.groups = vec![group("speech", Role::Member)];
    frame.person = PersonRef {
        username: "grace".into(),
        display_name: "Grace Hopper".into(),
        initials: "GH".into(),
        is_admin: false,
    };
    frame.active_jobs = 0;
    frame.active_notebooks = 0;
    frame.notifications = Some(Notifications::default());
    frame
}

fn notifications() -> Notifications {
    let item = |tone, text: &str, time: &str, ago: &str, url: &str, unread| Notification {
        tone,
        text: text.into(),
        when: when(time, ago),
        url: url.into(),
        unread,
    };
    Notifications {
        items: vec![
            item(
                Tone::Wait,
                "Notebook “tokeniser” stops in 5 min because nobody uses it.",
                "10:19:00",
                "1 min ago",
                "/g/vision/notebooks/nb-4k2p9x71",
                true,
            ),
            item(
                Tone::Bad,
                "Job “segment-v3” failed: out of memory.",
                "08:20:00",
                "2 h ago",
                "/g/vision/jobs/019",
                true,
            ),
            item(
                Tone::Good,
                "Image “vision-team” is built.",
                "06:00:00",
                "4 h ago",
                "/g/vision/images/vision-team",
                false,
            ),
            item(
                Tone::Info,
                "Alan Turing added you to the group forecasting.",
                "06:00:00",
                "3 days ago",
                "",
                false,
            ),
        ],
        unread: 2,
        live_url: String::new(),
    }
}

pub(crate) fn admin_frame(title: &str, current: Entry) -> Frame {
    Frame { group: None, ..frame(title, current) }
}

pub(crate) fn bare(title: &str) -> Bare {
    Bare { title: title.into(), theme: Theme::System, version: VERSION.into() }
}

/// The person of this display name, who signs in with the first of its words.
pub(crate) fn who(display_name: &str) -> Who {
    let first = display_name.split_whitespace().next().unwrap_or_default();
    Who::new(first.to_lowercase(), display_name)
}

/// Today at this time, and how long ago that is.
pub(crate) fn when(time: &str, relative: &str) -> When {
    When::new(format!("2026-11-22T{time}Z"), format!("22 Nov 2026, {time} UTC"), relative)
}

pub(crate) fn units(selected: &str) -> Vec<Choice> {
    ["minutes", "hours", "days"].into_iter().map(|unit| Choice::new(unit, unit, unit == selected)).collect()
}

pub(crate) fn row(label: &str, unit: &str, used: [f64; 2], limits: [Option<f64>; 2], ask: f64) -> QuotaRow {
    QuotaRow {
        label: label.into(),
        unit: unit.into(),
        mine: used[0],
        group_used: used[1],
        my_limit: limits[0],
        limit: limits[1],
        ask,
    }
}

pub(crate) fn quota(ask: [f64; 3]) -> QuotaPanel {
    QuotaPanel {
        rows: vec![
            row("CPU", "cores", [4.0, 6.0], [Some(8.0), Some(16.0)], ask[0]),
            row("Memory", "GiB", [12.5, 21.0], [None, Some(64.0)], ask[1]),
            row("GPU", "", [1.0, 3.0], [Some(2.0), Some(4.0)], ask[2]),
        ],
        start: None,
        link: None,
    }
}

pub(crate) fn unlimited_quota() -> QuotaPanel {
    QuotaPanel {
        rows: vec![
            row("CPU", "cores", [0.0, 0.0], [None, None], 0.0),
            row("Memory", "GiB", [0.0, 0.0], [None, None], 0.0),
            row("GPU", "", [0.0, 0.0], [Some(0.0), Some(0.0)], 0.0),
        ],
        start: None,
        link: None,
    }
}

pub(crate) fn starts_now() -> Note {
    Note::new(Tone::Good, "Starts now.", "One GPU is free.")
}

pub(crate) fn type_cards(selected: &str) -> Vec<Card> {
    [
        ("cpu-2", "2 cores · 8 GiB", None),
        ("cpu-4", "4 cores · 16 GiB", None),
        ("gpu-1", "4 cores · 16 GiB · 1 GPU", None),
        ("gpu-8", "32 cores · 256 GiB · 8 GPUs", Some("Never fits: the group has 4 GPUs.")),
    ]
    .into_iter()
    .map(|(name, detail, disabled)| Card {
        value: name.into(),
        title: name.into(),
        detail: detail.into(),
        selected: name == selected,
        disabled: disabled.map(Into::into),
        ..Card::default()
    })
    .collect()
}

pub(crate) fn image_cards(selected: &str) -> Vec<Card> {
    [
        ("pytorch-cpu", "Python 3.12 · PyTorch 2.9", None, None),
        ("data-science", "Python 3.12 · pandas, scikit-learn", None, None),
        (
            "tensorflow-cpu",
            "Python 3.11 · TensorFlow 2.20",
            Some("Building since 3 min. Ready in about 2 min."),
            Some(Status::Building),
        ),
        (
            "vision-team",
            "Python 3.12 · group image",
            Some("The last build failed. Open the image to see why."),
            Some(Status::Failed),
        ),
    ]
    .into_iter()
    .map(|(name, detail, disabled, status)| Card {
        value: name.into(),
        title: name.into(),
        detail: detail.into(),
        selected: name == selected,
        disabled: disabled.map(Into::into),
        status,
        ..Card::default()
    })
    .collect()
}
