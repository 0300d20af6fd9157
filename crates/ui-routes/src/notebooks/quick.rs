//! Cards that start a notebook with one click.

use accounts::groups::Group;
use base::{OpContext, Result};
use ui_pages::notebooks::QuickLaunch;
use web_kit::Portal;
use workloads::images::BuildState;
use workloads::notebooks::Notebook;

use crate::choices;

/// The images that get a card, in this order, where the group has them.
const IMAGES: [&str; 4] = ["base", "data-science", "pytorch-cpu", "tensorflow-cpu"];

/// One card for each of the well-known images, in the smallest size that fits.
pub(crate) async fn cards(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    mine: &[Notebook],
) -> Result<Vec<QuickLaunch>> {
    let images = portal.workloads.images_for(ctx, group.id).await?;
    let types = portal.workloads.instance_types_for(ctx, group.id).await?;
    let first = choices::type_for_notebooks(portal, group, &types);
    let Some(size) = types.iter().find(|kind| kind.name == first) else { return Ok(Vec::new()) };
    Ok(IMAGES
        .iter()
        .filter_map(|name| images.iter().find(|image| image.name == *name && !image.is_deprecated()))
        .map(|image| {
            let existing = mine.iter().find(|notebook| notebook.name == image.display_name);
            QuickLaunch {
                icon: QuickLaunch::icon_of(&image.name),
                title: image.display_name.clone(),
                text: image.description.clone(),
                action: paths::Notebooks.link(&group.name),
                name: image.display_name.clone(),
                image: image.name.clone(),
                instance_type: size.name.clone(),
                size: format!("{} · {}", size.name, size.resources.describe()),
                existing: existing.map(|notebook| super::url(group, notebook)),
                disabled: (image.state == BuildState::Failed)
                    .then(|| "Its build failed. Its page says why.".to_owned()),
            }
        })
        .collect())
}
