//! What forms offer: instance types and images, and what a choice means for the quotas.

use accounts::groups::Group;
use base::{OpContext, Resources, Result};
use ui_pages::components::{Card, Field, Note, Tone};
use ui_pages::jobs::EnvRow;
use ui_pages::quota::QuotaPanel;
use web_kit::Portal;
use workloads::engine::Usage;
use workloads::images::{BuildState, Image};
use workloads::instance_types::InstanceType;

use crate::{home, view};

/// What there is to choose from for new work, and what the group uses already.
pub(crate) struct Offered {
    pub(crate) types: Vec<InstanceType>,
    pub(crate) images: Vec<Image>,
    pub(crate) usage: Usage,
}

impl Offered {
    pub(crate) async fn read(portal: &Portal, ctx: &OpContext, group: &Group) -> Result<Self> {
        Ok(Self {
            types: portal.workloads.instance_types_for(ctx, group.id).await?,
            images: portal.workloads.images_for(ctx, group.id).await?,
            usage: portal.workloads.group_usage(ctx, group).await?,
        })
    }

    /// Makes a choice where none was made yet, the size by `first`. Answers the chosen size, if there is such a one.
    pub(crate) fn choose(
        &self,
        portal: &Portal,
        group: &Group,
        first: fn(&Portal, &Group, &[InstanceType]) -> String,
        instance_type: &mut String,
        image: &mut String,
    ) -> Option<&InstanceType> {
        if instance_type.is_empty() {
            *instance_type = first(portal, group, &self.types);
        }
        if image.is_empty() {
            *image = first_image(&self.images);
        }
        self.types.iter().find(|kind| kind.name == *instance_type)
    }
}

/// Names and values as the fields of a form.
pub(crate) fn env_rows(pairs: impl IntoIterator<Item = (String, String)>) -> Vec<EnvRow> {
    let row = |(name, value)| EnvRow { name: Field::new(name), value: Field::new(value) };
    pairs.into_iter().map(row).collect()
}

/// What leaving the time limit of a group's job empty means.
pub(crate) fn time_limit_help(portal: &Portal, group: &Group) -> String {
    let default = group.default_time_limit_s.unwrap_or(portal.workloads.rules().default_time_limit_s);
    format!("Empty means the default: {}. 0 means no limit.", view::time_limit_words(default))
}

/// Sizes as cards; those that can never start say why.
pub(crate) fn type_cards(portal: &Portal, group: &Group, types: &[InstanceType], chosen: &str) -> Vec<Card> {
    types
        .iter()
        .map(|kind| Card {
            value: kind.name.clone(),
            title: kind.display_name.clone(),
            detail: kind.resources.describe(),
            selected: kind.name == chosen,
            disabled: portal
                .workloads
                .why_never(group, kind.resources)
                .map(|why| format!("Never fits: it {why}.")),
            ..Card::default()
        })
        .collect()
}

/// The first size that can ever start.
pub(crate) fn first_type(portal: &Portal, group: &Group, types: &[InstanceType]) -> String {
    let fits = types.iter().find(|kind| portal.workloads.why_never(group, kind.resources).is_none());
    fits.map(|kind| kind.name.clone()).unwrap_or_default()
}

/// A size in which JupyterLab is quick: the first one with a whole core and 2 GiB; where there is none, the first.
pub(crate) fn type_for_notebooks(portal: &Portal, group: &Group, types: &[InstanceType]) -> String {
    let is_roomy = |kind: &&InstanceType| {
        kind.resources.cpu_milli >= 1000
            && kind.resources.memory_mib >= 2048
            && portal.workloads.why_never(group, kind.resources).is_none()
    };
    match types.iter().find(is_roomy) {
        Some(kind) => kind.name.clone(),
        None => first_type(portal, group, types),
    }
}

/// Images as cards. One that is deprecated is there only for whoever chose it before.
pub(crate) fn image_cards<'a>(images: impl IntoIterator<Item = &'a Image>, chosen: &str) -> Vec<Card> {
    images
        .into_iter()
        .filter(|image| !image.is_deprecated() || image.name == chosen)
        .map(|image| image_card(image, image.name == chosen))
        .collect()
}

fn image_card(image: &Image, selected: bool) -> Card {
    Card {
        value: image.name.clone(),
        title: image.display_name.clone(),
        detail: image.description.clone(),
        label: image.image_type.label().to_owned(),
        advice: advice(image),
        selected: selected && image.refusal.is_none(),
        disabled: image.refusal.map(str::to_owned),
        status: (image.state != BuildState::Ready).then(|| crate::images::badge(image, image.state)),
    }
}

/// What to know before choosing it.
fn advice(image: &Image) -> String {
    match image.deprecation() {
        Some(deprecation) => deprecation,
        None if image.state == BuildState::Failed => {
            "Its build failed. What names it waits until it is repaired.".to_owned()
        }
        None if image.refusal.is_none() => image.wait.unwrap_or_default().to_owned(),
        None => String::new(),
    }
}

/// An image that is ready, or any.
pub(crate) fn first_image(images: &[Image]) -> String {
    let offered = || images.iter().filter(|image| !image.is_deprecated() && image.refusal.is_none());
    let ready = offered()
        .find(|image| image.state == BuildState::Ready && image.wait.is_none())
        .or_else(|| offered().next());
    ready.map(|image| image.name.clone()).unwrap_or_default()
}

/// Quotas with this request in them, and when it would start.
pub(crate) fn quota_with(
    portal: &Portal,
    group: &Group,
    usage: &Usage,
    chosen: Option<&InstanceType>,
) -> QuotaPanel {
    let ask = chosen.map_or(Resources::ZERO, |kind| kind.resources);
    let mut panel = home::quota_panel(group, usage, ask);
    panel.start = chosen.map(|kind| {
        if let Some(why) = portal.workloads.why_never(group, kind.resources) {
            return Note::new(
                Tone::Bad,
                "Never starts.",
                format!("It {why}. Choose a smaller instance type."),
            );
        }
        if let Some(excess) = group.user_quota.excess(usage.mine, ask) {
            let text = format!(
                "You use {} of {} in this group.",
                excess.what.describe(excess.used),
                excess.what.describe(excess.limit)
            );
            return Note::new(Tone::Wait, "Waits for your quota.", text);
        }
        if let Some(excess) = group.group_quota.excess(usage.group, ask) {
            let text = format!(
                "The group uses {} of {}.",
                excess.what.describe(excess.used),
                excess.what.describe(excess.limit)
            );
            return Note::new(Tone::Wait, "Waits for the group's quota.", text);
        }
        Note::new(Tone::Good, "Fits the quotas now.", "It starts as soon as the machine has room.")
    });
    panel
}
