//! A group's settings.

use accounts::groups::{Group, GroupChange};
use axum::extract::State;
use axum::response::Response;
use base::resources::{cores, memory};
use base::{Action, Error, OpContext, Result, Role};
use folders::{datasets_folder, shared_folder};
use ui_pages::components::Fact;
use ui_pages::frame::{self as frame_page, Entry};
use ui_pages::group_settings::{GroupSettingsPage, LimitRow, MemberRow};
use web_kit::{Answer, Ctx, FormBody, InGroup, Portal, QueryString};

use crate::flash::Done;
use crate::notebooks::spans::Spans;
use crate::{frame, view};

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let (number, unit) = view::time_limit_fields(group.default_time_limit_s);
    Ok(page(&portal, &ctx, &group, (&number, unit), None, &done, None).await?)
}

pub(crate) fn member_rows(members: &[accounts::groups::Member]) -> Vec<MemberRow> {
    members
        .iter()
        .map(|member| MemberRow {
            username: member.name.clone(),
            display_name: member.display_name.clone(),
            role: if member.role == Role::Admin {
                frame_page::Role::GroupAdmin
            } else {
                frame_page::Role::Member
            },
        })
        .collect()
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    (number, unit): (&str, &str),
    spans: Option<&Spans>,
    done: &Done,
    error: Option<&Error>,
) -> Result<Response> {
    let mut framed = frame::build(portal, ctx, "Settings", Entry::Settings, Some(group)).await?;
    framed.frame.flash = done.flash();
    let members = portal.accounts.list_members(ctx, group.id).await?;
    let words = |limit: Option<i64>, say: fn(i64) -> String| limit.map_or_else(|| "no limit".to_owned(), say);
    let row = |label: &str, user, of_group, say: fn(i64) -> String| LimitRow {
        label: label.to_owned(),
        user: words(user, say),
        group: words(of_group, say),
    };
    let (u, g) = (&group.user_quota, &group.group_quota);
    let default_limit = group.default_time_limit_s.unwrap_or(portal.workloads.rules().default_time_limit_s);
    let rules = portal.workloads.rules();
    let (idle_default, lifetime_default) = (rules.default_idle_s, rules.default_lifetime_s);
    let rule = portal.workloads.group_idle_rule(ctx, group).await?;
    let spans = spans.cloned().unwrap_or_else(|| Spans::of(rule));
    let page = GroupSettingsPage {
        notebooks_action: paths::SettingsNotebooks.link(&group.name),
        idle: view::field(spans.idle.0, "idle", error),
        idle_units: view::time_limit_units(&spans.idle.1),
        idle_help: format!(
            "Empty means the installation's default: {}. 0 means never.",
            view::idle_words(idle_default)
        ),
        lifetime: view::field(spans.lifetime.0, "lifetime", error),
        lifetime_units: view::time_limit_units(&spans.lifetime.1),
        lifetime_help: format!(
            "Empty means the installation's default: {}. 0 means no limit.",
            view::time_limit_words(lifetime_default)
        ),
        idle_words: view::idle_words(rule.idle_s.unwrap_or(idle_default)),
        lifetime_words: view::time_limit_words(rule.lifetime_s.unwrap_or(lifetime_default)),
        action: paths::Settings.link(&group.name),
        facts: vec![
            Fact::id("Name", group.name.clone()),
            Fact::new("Display name", group.display_name.clone()),
            Fact::new("Shared folder in jobs", shared_folder(&group.name)),
            Fact::new("Datasets in jobs", datasets_folder(&group.name)),
            Fact::time("Created", framed.when(group.created_at)),
        ],
        limits: vec![
            row("CPU", u.cpu_milli, g.cpu_milli, cores),
            row("Memory", u.memory_mib, g.memory_mib, memory),
            row("GPU", u.gpu, g.gpu, |count| count.to_string()),
        ],
        members: member_rows(&members),
        timeout: view::field(number, "default_time_limit", error),
        timeout_units: view::time_limit_units(unit),
        timeout_words: view::time_limit_words(default_limit),
        can_edit: ctx.require_in_group(Action::ManageGroup, group.id).is_ok(),
        admin_url: ctx.is_platform_admin().then(|| paths::admin::Group.link(&group.name)),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    typed: FormBody,
) -> Answer {
    let (number, unit) = (typed.text("timeout"), typed.text("timeout_unit"));
    let result = match view::parse_time_limit(number, unit) {
        Ok(limit) => {
            let change = GroupChange { default_time_limit_s: Some(limit), ..GroupChange::default() };
            portal.accounts.update_group(&ctx, &group.name, change).await
        }
        Err(text) => Err(Error::field("default_time_limit", text)),
    };
    match result {
        Ok(group) => Ok(view::see_done(paths::Settings.link(&group.name), "settings")),
        Err(error) if !error.fields().is_empty() => {
            Ok(page(&portal, &ctx, &group, (number, unit), None, &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// What the group's notebooks do when they say nothing themselves.
pub(crate) async fn submit_notebooks(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    typed: FormBody,
) -> Answer {
    let spans = Spans::read(&typed);
    let result = match spans.rule() {
        Ok(rule) => portal.workloads.set_group_idle_rule(&ctx, &group, rule).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => Ok(view::see_done(paths::Settings.link(&group.name), "settings")),
        Err(error) if !error.fields().is_empty() => {
            let (number, unit) = view::time_limit_fields(group.default_time_limit_s);
            let done = Done::default();
            Ok(page(&portal, &ctx, &group, (&number, unit), Some(&spans), &done, Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}
