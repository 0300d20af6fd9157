//! What the command palette finds.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use base::Action;
use base::page::PageRequest;
use serde::Deserialize;
use ui_pages::palette::{PaletteItem, PaletteKind};
use web_kit::{Answer, Ctx, Portal, QueryString};
use workloads::jobs::{JobFilter, JobSort};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct PaletteQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    group: String,
}

const MOST_JOBS: u64 = 8;

pub(crate) async fn search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    QueryString(query): QueryString<PaletteQuery>,
) -> Answer {
    let item = |kind, title: &str, subtitle: &str, url: String| PaletteItem {
        kind,
        title: title.to_owned(),
        subtitle: subtitle.to_owned(),
        url,
    };
    let mut items = Vec::new();
    let group = match query.group.as_str() {
        "" => None,
        name => portal.accounts.get_group(&ctx, name).await.ok(),
    };
    if let Some(group) = &group {
        let base = format!("/g/{}", group.name);
        if ctx.require_in_group(Action::RunWorkload, group.id).is_ok() {
            for (title, subtitle, path) in [
                ("Start a notebook", "Work in JupyterLab", "/notebooks/new"),
                ("New job", "Submit a script", "/jobs/new"),
            ] {
                items.push(item(PaletteKind::Action, title, subtitle, format!("{base}{path}")));
            }
        }
        for (title, path) in [
            ("Home", ""),
            ("Notebooks", "/notebooks"),
            ("Jobs", "/jobs"),
            ("Images", "/images"),
            ("Settings", "/settings"),
        ] {
            items.push(item(PaletteKind::Page, title, &group.display_name, format!("{base}{path}")));
        }
    }
    for (title, url) in [
        ("Profile", "/profile"),
        ("Change password", "/profile/password"),
        ("Sessions", "/profile/sessions"),
        ("API tokens", "/profile/tokens"),
    ] {
        items.push(item(PaletteKind::Page, title, "Your account", url.to_owned()));
    }
    if ctx.is_platform_admin() {
        for (title, url) in [
            ("Groups", "/admin/groups"),
            ("New group", "/admin/groups/new"),
            ("Users", "/admin/users"),
            ("New user", "/admin/users/new"),
            ("Instance types", "/admin/instance-types"),
            ("System", "/admin/system"),
        ] {
            items.push(item(PaletteKind::Page, title, "Admin portal", url.to_owned()));
        }
    }
    for membership in portal.accounts.my_groups(&ctx).await?.iter() {
        let to = &membership.group;
        items.push(item(
            PaletteKind::Group,
            &to.display_name,
            "Switch to this group",
            format!("/g/{}", to.name),
        ));
    }
    let wanted = query.q.trim().to_lowercase();
    if !wanted.is_empty() {
        items.retain(|item| item.title.to_lowercase().contains(&wanted));
        if let Some(group) = &group {
            let filter = JobFilter { search: wanted, ..JobFilter::default() };
            let request = PageRequest { limit: MOST_JOBS, from: None };
            let found = portal.workloads.list_jobs(&ctx, group, &filter, JobSort::Newest, &request).await?;
            for job in found.items {
                let subtitle = format!("{} · {}", job.phase.as_str(), job.user_name);
                items.push(item(
                    PaletteKind::Job,
                    &job.name,
                    &subtitle,
                    format!("/g/{}/jobs/{}", group.name, job.slug),
                ));
            }
        }
    }
    Ok(Json(items).into_response())
}
