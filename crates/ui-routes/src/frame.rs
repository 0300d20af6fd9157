//! What surrounds every signed-in page.

use std::sync::Arc;

use accounts::groups::{Group, Membership};
use accounts::users::{Density, Theme, User};
use base::{OpContext, Result, Role, Timestamp};
use ui_pages::components::When;
use ui_pages::frame::{self, Bare, Entry, Frame, GroupRef, PersonRef};
use web_kit::{LastGroup, Portal};
use workloads::engine::Kind;

use crate::notifications;

/// The frame and whose page it is.
pub(crate) struct Framed {
    pub(crate) frame: Frame,
    pub(crate) user: User,
    pub(crate) memberships: Arc<Vec<Membership>>,
    now: Timestamp,
}

impl Framed {
    /// The time of day in this person's zone, such as `14:20`.
    pub(crate) fn clock_time(&self, at: Timestamp) -> String {
        at.in_zone(&self.user.time_zone).get(11..16).unwrap_or_default().to_owned()
    }

    /// The moment as this person wants it shown.
    pub(crate) fn when(&self, at: Timestamp) -> When {
        crate::view::when(at, self.now, &self.user.time_zone)
    }
}

/// Builds the frame of a page.
pub(crate) async fn build(
    portal: &Portal,
    ctx: &OpContext,
    title: &str,
    current: Entry,
    group: Option<&Group>,
) -> Result<Framed> {
    let user = portal.accounts.me(ctx).await?;
    let memberships = portal.accounts.my_groups(ctx).await?;
    let holders = match group {
        Some(group) => portal.workloads.group_usage(ctx, group).await?.holders,
        None => Vec::new(),
    };
    let (mut active_jobs, mut active_notebooks) = (0, 0);
    for holder in &holders {
        match holder.kind {
            Kind::Job => active_jobs += 1,
            // A notebook of somebody else is nothing that this person looks for in the menu.
            Kind::Notebook if holder.user_name == user.name => active_notebooks += 1,
            Kind::Notebook => {}
        }
    }
    let frame = Frame {
        active_jobs,
        active_notebooks,
        notifications: Some(notifications::bell(portal, ctx, &user.time_zone).await?),
        ..around(portal, ctx, (&user, &memberships), title, current, group)
    };
    Ok(Framed { frame, user, memberships, now: ctx.now() })
}

/// Builds the frame of a page of the person's own: it keeps the menu of the group they were in last.
pub(crate) async fn build_own(
    portal: &Portal,
    ctx: &OpContext,
    title: &str,
    last: &LastGroup,
) -> Result<Framed> {
    let group = last_group(portal, ctx, last).await?;
    build(portal, ctx, title, Entry::Other, group.as_ref()).await
}

/// The group that the person was in last and may still see; otherwise the first one.
pub(crate) async fn last_group(portal: &Portal, ctx: &OpContext, last: &LastGroup) -> Result<Option<Group>> {
    if let Some(name) = &last.0
        && let Ok(group) = portal.accounts.get_group(ctx, name).await
    {
        return Ok(Some(group));
    }
    Ok(portal.accounts.my_groups(ctx).await?.first().map(|membership| membership.group.clone()))
}

/// What is known of the surroundings without asking the database again.
pub(crate) fn around(
    portal: &Portal,
    ctx: &OpContext,
    (user, memberships): (&User, &[Membership]),
    title: &str,
    current: Entry,
    group: Option<&Group>,
) -> Frame {
    Frame {
        title: title.to_owned(),
        current,
        group: group.map(|group| group_ref(group, ctx.role_in(group.id))),
        groups: memberships.iter().map(|m| group_ref(&m.group, Some(m.role))).collect(),
        person: PersonRef {
            username: user.name.clone(),
            display_name: user.display_name.clone(),
            initials: initials(&user.display_name),
            is_admin: user.is_platform_admin,
        },
        theme: theme(user.theme),
        density: density(user.density),
        scale: user.scale.percent(),
        time_zone: user.time_zone.clone(),
        version: portal.settings.version.to_owned(),
        ..Frame::default()
    }
}

pub(crate) fn group_ref(group: &Group, role: Option<Role>) -> GroupRef {
    let role = match role {
        Some(Role::Admin) => frame::Role::GroupAdmin,
        Some(Role::Member) | None => frame::Role::Member,
    };
    GroupRef { slug: group.name.clone(), name: group.display_name.clone(), role }
}

/// What surrounds a page of somebody who is not signed in.
pub(crate) fn bare(portal: &Portal, title: &str) -> Bare {
    Bare { title: title.to_owned(), theme: frame::Theme::System, version: portal.settings.version.to_owned() }
}

const fn theme(theme: Theme) -> frame::Theme {
    match theme {
        Theme::Light => frame::Theme::Light,
        Theme::Dark => frame::Theme::Dark,
        Theme::System => frame::Theme::System,
    }
}

const fn density(density: Density) -> frame::Density {
    match density {
        Density::Comfortable => frame::Density::Comfortable,
        Density::Compact => frame::Density::Compact,
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let first = words.first().and_then(|word| word.chars().next());
    let last = words.last().filter(|_| words.len() > 1).and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}
