//! The first page of a group, and what people without one see.

use accounts::groups::Group;
use axum::extract::State;
use axum::response::Response;
use base::page::PageRequest;
use base::resources::memory;
use base::{Actor, OpContext, Result};
use ui_pages::frame::Entry;
use ui_pages::home::{HomePage, NoGroupPage, RecentRow, UsageRow, UsageTotal};
use ui_pages::quota::{QuotaPanel, QuotaRow};
use web_kit::{Answer, Ctx, InGroup, LastGroup, Portal, sse};
use workloads::engine::{Phase, Usage};
use workloads::jobs::{JobFilter, JobSort};

use crate::people::People;
use crate::{frame, jobs, notebooks, view};

const RECENT: u64 = 8;

/// `/`: to the setup, the sign-in, or a group.
pub(crate) async fn entrance(State(portal): State<Portal>, Ctx(ctx): Ctx, last: LastGroup) -> Answer {
    if !matches!(ctx.actor, Actor::Person(_)) {
        let is_set_up = portal.accounts.is_set_up().await?;
        return Ok(view::see_other(&if is_set_up { paths::SignIn.link() } else { paths::Setup.link() }));
    }
    Ok(match frame::last_group(&portal, &ctx, &last).await? {
        Some(group) => view::see_other(&paths::Home.link(&group.name)),
        None => view::see_other(&paths::NoGroup.link()),
    })
}

pub(crate) async fn no_group(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    let framed = frame::build(&portal, &ctx, "No group available", Entry::Other, None).await?;
    let page = NoGroupPage { frame: framed.frame, ask: portal.accounts.platform_admin_names(&ctx).await? };
    Ok(view::page(&page)?)
}

pub(crate) async fn events(State(portal): State<Portal>, Ctx(ctx): Ctx, InGroup(group): InGroup) -> Response {
    sse::changes(&portal, ctx, group.id)
}

/// What the group uses, with the request of a form in it.
pub(crate) fn quota_panel(group: &Group, usage: &Usage, ask: base::Resources) -> QuotaPanel {
    let row = |label: &str,
               unit: &str,
               size: f64,
               mine: i64,
               my_limit: Option<i64>,
               used: i64,
               limit: Option<i64>,
               ask: i64| QuotaRow {
        label: label.to_owned(),
        unit: unit.to_owned(),
        mine: mine as f64 / size,
        my_limit: my_limit.map(|limit| limit as f64 / size),
        group_used: used as f64 / size,
        limit: limit.map(|limit| limit as f64 / size),
        ask: ask as f64 / size,
    };
    let (u, g) = (&group.user_quota, &group.group_quota);
    let (mine, all) = (usage.mine, usage.group);
    QuotaPanel {
        rows: vec![
            row(
                "CPU",
                "cores",
                1000.0,
                mine.cpu_milli,
                u.cpu_milli,
                all.cpu_milli,
                g.cpu_milli,
                ask.cpu_milli,
            ),
            row(
                "Memory",
                "GiB",
                1024.0,
                mine.memory_mib,
                u.memory_mib,
                all.memory_mib,
                g.memory_mib,
                ask.memory_mib,
            ),
            row("GPU", "", 1.0, mine.gpu, u.gpu, all.gpu, g.gpu, ask.gpu),
        ],
        start: None,
        link: None,
    }
}

pub(crate) async fn show(State(portal): State<Portal>, Ctx(ctx): Ctx, InGroup(group): InGroup) -> Answer {
    Ok(view::page(&build(&portal, &ctx, &group).await?)?)
}

async fn build(portal: &Portal, ctx: &OpContext, group: &Group) -> Result<HomePage> {
    let framed = frame::build(portal, ctx, "Home", Entry::Home, Some(group)).await?;
    let usage = portal.workloads.group_usage(ctx, group).await?;
    let request = PageRequest { limit: RECENT, from: None };
    let recent =
        portal.workloads.list_jobs(ctx, group, &JobFilter::default(), JobSort::Newest, &request).await?;
    let holders = usage.holders.iter().map(|holder| holder.user_name.as_str());
    let submitters = recent.items.iter().map(|job| job.user_name.as_str());
    let people = People::named(portal, ctx, holders.chain(submitters)).await?;
    let count = |phases: &[Phase]| recent.items.iter().filter(|job| phases.contains(&job.phase)).count();
    let summary = if recent.items.is_empty() {
        format!("Nothing has run in {} yet.", group.display_name)
    } else {
        format!(
            "{} · of the last {}: {} running, {} waiting, {} failed",
            group.display_name,
            view::plural(recent.items.len() as i64, "job", ""),
            count(&[Phase::Running, Phase::Preparing]),
            count(&[Phase::Waiting]),
            count(&[Phase::Failed]),
        )
    };
    let mine = portal.workloads.list_notebooks(ctx, group).await?.mine;
    let hour = ctx.now().hour_in(&framed.user.time_zone);
    let part = match hour {
        5..12 => "Good morning",
        12..18 => "Good afternoon",
        _ => "Good evening",
    };
    let first_name = framed.user.display_name.split_whitespace().next().unwrap_or_default();
    Ok(HomePage {
        greeting: format!("{part}, {first_name}"),
        summary,
        live_url: paths::Home.link(&group.name),
        launch: notebooks::quick::cards(portal, ctx, group, &mine).await?,
        usage: usage
            .holders
            .iter()
            .map(|holder| UsageRow {
                name: holder.name.clone(),
                url: holder.kind.page(&group.name, &holder.slug),
                kind: holder.kind.as_str().to_owned(),
                person: people.who(&holder.user_name),
                instance_type: holder.instance_type.clone(),
                cpu: base::resources::decimal(holder.resources.cpu_milli),
                memory: memory(holder.resources.memory_mib),
                gpu: holder.resources.gpu.to_string(),
            })
            .collect(),
        usage_total: UsageTotal {
            cpu: base::resources::decimal(usage.group.cpu_milli),
            memory: memory(usage.group.memory_mib),
            gpu: usage.group.gpu.to_string(),
        },
        recent: recent
            .items
            .iter()
            .map(|job| RecentRow {
                status: jobs::status(job),
                name: job.name.clone(),
                url: paths::Job.link(&group.name, &job.slug),
                person: people.who(&job.user_name),
                when: framed.when(job.submitted_at),
            })
            .collect(),
        quota: quota_panel(group, &usage, base::Resources::ZERO),
        frame: framed.frame,
    })
}
