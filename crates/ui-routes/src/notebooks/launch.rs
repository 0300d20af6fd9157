//! Starting a notebook from a link, after a look at what it asks for.

use axum::extract::State;
use base::Action;
use serde::Deserialize;
use ui_pages::components::{Fact, Field, Note, Tone};
use ui_pages::frame::Entry;
use ui_pages::notebooks::NotebookLaunchPage;
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString};

use super::form::{free_name, side_of};
use crate::{choices, frame, view};

/// What the link says; what it leaves out is chosen.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct LaunchQuery {
    image: Option<String>,
    #[serde(rename = "type", alias = "instancetype")]
    kind: Option<String>,
    path: Option<String>,
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(query): QueryString<LaunchQuery>,
) -> Answer {
    ctx.require_in_group(Action::RunWorkload, group.id)?;
    let title = "Start a notebook from a link";
    let framed = frame::build(&portal, &ctx, title, Entry::Notebooks, Some(&group)).await?;
    let types = portal.workloads.instance_types_for(&ctx, group.id).await?;
    let images = portal.workloads.images_for(&ctx, group.id).await?;
    let usage = portal.workloads.group_usage(&ctx, &group).await?;
    let mine = portal.workloads.list_notebooks(&ctx, &group).await?.mine;
    let image = query.image.unwrap_or_else(|| choices::first_image(&images));
    let kind = query.kind.unwrap_or_else(|| choices::type_for_notebooks(&portal, &group, &types));
    let file = query.path.unwrap_or_default();
    let found_image = images.iter().find(|one| one.name == image);
    let found_type = types.iter().find(|one| one.name == kind);
    let missing = |what: &str, name: &str| {
        Note::new(
            Tone::Bad,
            format!("The group has no {what} “{}”.", base::names::cut(name, 63)),
            "The link may be old. Choose another one, or ask whoever sent it.",
        )
    };
    let refused = match (found_image, found_type) {
        (None, _) => Some(missing("image", &image)),
        (_, None) => Some(missing("instance type", &kind)),
        (Some(_), Some(size)) => portal.workloads.why_never(&group, size.resources).map(|why| {
            Note::new(
                Tone::Bad,
                "It could never start.",
                format!("It {why}. Choose a smaller instance type."),
            )
        }),
    };
    let list_url = paths::Notebooks.link(&group.name);
    let change = [("image", image.as_str()), ("type", kind.as_str()), ("path", file.as_str())];
    let change_url = paths::query(paths::NotebookNew.link(&group.name), &change);
    let same = mine.iter().find(|one| one.image == image && one.instance_type == kind);
    let mut facts = Vec::new();
    if let (Some(image), Some(size)) = (found_image, found_type) {
        facts.push(
            Fact::new("Image", image.display_name.clone()).link(paths::Image.link(&group.name, &image.name)),
        );
        facts.push(Fact::new("Instance type", format!("{} · {}", size.name, size.resources.describe())));
    }
    if !file.is_empty() {
        facts.push(Fact::new("Opens", file.clone()));
    }
    let page = NotebookLaunchPage {
        action: list_url.clone(),
        cancel_url: list_url,
        change_url,
        name: Field::new(free_name(&mine)),
        facts,
        refused,
        existing: same.map(|one| (one.name.clone(), super::url(&group, one))),
        side: side_of(&portal, &group, &usage, found_type),
        image,
        instance_type: kind,
        file,
        frame: framed.frame,
    };
    Ok(view::page(&page)?)
}
