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

use crate::people::People;
use crate::{jobs, notebooks};

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
        let name = &group.name;
        if ctx.require_in_group(Action::RunWorkload, group.id).is_ok() {
            for (title, subtitle, url) in [
                ("Start a notebook", "Work in JupyterLab", paths::NotebookNew.link(name)),
                ("New job", "Submit a script", paths::JobNew.link(name)),
            ] {
                items.push(item(PaletteKind::Action, title, subtitle, url));
            }
        }
        for (title, url) in [
            ("Home", paths::Home.link(name)),
            ("Notebooks", paths::Notebooks.link(name)),
            ("Jobs", paths::Jobs.link(name)),
            ("Images", paths::Images.link(name)),
            ("Settings", paths::Settings.link(name)),
        ] {
            items.push(item(PaletteKind::Page, title, &group.display_name, url));
        }
    }
    for (title, url) in [
        ("Profile", paths::Profile.link()),
        ("Change password", paths::ProfilePassword.link()),
        ("Sessions", paths::ProfileSessions.link()),
        ("API tokens", paths::ProfileTokens.link()),
        ("REST API", paths::ApiDocs.link()),
    ] {
        items.push(item(PaletteKind::Page, title, "Your account", url));
    }
    if ctx.is_platform_admin() {
        for (title, url) in [
            ("Groups", paths::admin::Groups.link()),
            ("New group", paths::admin::GroupNew.link()),
            ("Users", paths::admin::Users.link()),
            ("New user", paths::admin::UserNew.link()),
            ("Instance types", paths::admin::InstanceTypes.link()),
            ("System", paths::admin::System.link()),
        ] {
            items.push(item(PaletteKind::Page, title, "Admin portal", url));
        }
    }
    for membership in portal.accounts.my_groups(&ctx).await?.iter() {
        let to = &membership.group;
        items.push(item(
            PaletteKind::Group,
            &to.display_name,
            "Switch to this group",
            paths::Home.link(&to.name),
        ));
    }
    let wanted = query.q.trim().to_lowercase();
    if !wanted.is_empty() {
        let is_wanted = |name: &str| name.to_lowercase().contains(&wanted);
        items.retain(|item| is_wanted(&item.title));
        if let Some(group) = &group {
            let filter = JobFilter { search: wanted.clone(), ..JobFilter::default() };
            let request = PageRequest { limit: MOST_JOBS, from: None };
            let notebooks = portal.workloads.list_notebooks(&ctx, group).await?.mine;
            for notebook in notebooks.iter().filter(|notebook| is_wanted(&notebook.name)) {
                let subtitle = format!("{} notebook", notebooks::status(notebook).word());
                items.push(item(
                    PaletteKind::Notebook,
                    &notebook.name,
                    &subtitle,
                    notebooks::url(group, notebook),
                ));
            }
            let images = portal.workloads.images_for(&ctx, group.id).await?;
            for image in images.iter().filter(|image| is_wanted(&image.display_name)) {
                let url = paths::Image.link(&group.name, &image.name);
                items.push(item(PaletteKind::Image, &image.display_name, "Image", url));
            }
            let found = portal.workloads.list_jobs(&ctx, group, &filter, JobSort::Newest, &request).await?;
            let submitters = found.items.iter().map(|job| job.user_name.as_str());
            let people = People::named(&portal, &ctx, submitters).await?;
            for job in found.items {
                let who = people.who(&job.user_name).display_name;
                let subtitle = format!("{} · {who}", jobs::status(&job).word());
                items.push(item(
                    PaletteKind::Job,
                    &job.name,
                    &subtitle,
                    paths::Job.link(&group.name, &job.slug),
                ));
            }
        }
    }
    Ok(Json(items).into_response())
}
