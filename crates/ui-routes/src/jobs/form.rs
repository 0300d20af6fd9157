//! Submitting a job.

use std::collections::BTreeMap;

use accounts::groups::Group;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use base::{Action, Error, OpContext, Resources, Result};
use serde::Deserialize;
use ui_pages::components::{Card, Field, Link, Note, Tone};
use ui_pages::frame::Entry;
use ui_pages::jobs::{EnvRow, JobFormPage, JobSide};
use ui_pages::quota::QuotaPanel;
use web_kit::{Answer, Ctx, FormBody, InGroup, Portal, QueryString};
use workloads::images::{BuildState, Image, ImageKind, NO_CONTAINERS};
use workloads::instance_types::InstanceType;
use workloads::jobs::{NewJob, Spec, TimeLimit};
use workloads::quotas::Usage;

use crate::{frame, home, view};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct FormQuery {
    clone: Option<String>,
    instance_type: Option<String>,
}

/// What the form holds, as typed.
#[derive(Debug, Default)]
struct Typed {
    name: String,
    instance_type: String,
    image: String,
    command: String,
    variables: Vec<(String, String)>,
    timeout: String,
    timeout_unit: String,
    cloned_from: Option<String>,
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(query): QueryString<FormQuery>,
) -> Answer {
    ctx.require_in_group(Action::RunWorkload, group.id)?;
    let typed = match query.clone {
        Some(slug) => {
            let job = portal.workloads.get_job(&ctx, &group, &slug).await?;
            let (timeout, unit) = view::time_limit_fields(Some(job.summary.time_limit_s));
            Typed {
                name: job.summary.name,
                instance_type: job.summary.instance_type,
                image: job.summary.image,
                command: job.spec.script,
                variables: job.spec.variables.into_iter().collect(),
                timeout,
                timeout_unit: unit.to_owned(),
                cloned_from: Some(slug),
            }
        }
        None => {
            let (timeout, unit) = view::time_limit_fields(group.default_time_limit_s);
            Typed {
                timeout,
                timeout_unit: unit.to_owned(),
                instance_type: query.instance_type.unwrap_or_default(),
                ..Typed::default()
            }
        }
    };
    Ok(form(&portal, &ctx, &group, typed, None).await?)
}

async fn form(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    mut typed: Typed,
    error: Option<&Error>,
) -> Result<Response> {
    let framed = frame::build(portal, ctx, "New job", Entry::Jobs, Some(group)).await?;
    let types = portal.workloads.instance_types_for(ctx, group.id).await?;
    let images = portal.workloads.images_for(ctx, group.id).await?;
    let usage = portal.workloads.group_usage(ctx, group).await?;
    let never = |kind: &InstanceType| portal.workloads.why_never(group, kind.resources);
    if typed.instance_type.is_empty() {
        typed.instance_type =
            types.iter().find(|kind| never(kind).is_none()).map(|kind| kind.name.clone()).unwrap_or_default();
    }
    if typed.image.is_empty() {
        let can_run = |image: &&Image| image.state == BuildState::Ready && why_not(portal, image).is_none();
        let ready = images.iter().find(|image| can_run(image) && !image.is_deprecated()).or(images.first());
        typed.image = ready.map(|image| image.name.clone()).unwrap_or_default();
    }
    let chosen = types.iter().find(|kind| kind.name == typed.instance_type);
    let base = format!("/g/{}/jobs", group.name);
    let default_limit = group.default_time_limit_s.unwrap_or(portal.workloads.rules().default_time_limit_s);
    let page = JobFormPage {
        action: base.clone(),
        cancel_url: base.clone(),
        side_url: format!("{base}/side"),
        cloned_from: typed.cloned_from.as_ref().map(|slug| Link::new(slug.clone(), format!("{base}/{slug}"))),
        error: view::form_error(error),
        name: view::field(typed.name, "name", error),
        instance_types: types
            .iter()
            .map(|kind| Card {
                value: kind.name.clone(),
                title: kind.display_name.clone(),
                detail: kind.resources.describe(),
                selected: kind.name == typed.instance_type,
                disabled: never(kind).map(|why| format!("Never fits: it {why}.")),
                status: None,
            })
            .collect(),
        instance_type_error: view::field_error("instance_type", error),
        images: images
            .iter()
            .filter(|image| !image.is_deprecated() || image.name == typed.image)
            .map(|image| image_card(portal, image, image.name == typed.image))
            .collect(),
        image_error: view::field_error("image", error),
        command: view::field(typed.command, "command", error),
        env: typed
            .variables
            .into_iter()
            .map(|(name, value)| EnvRow { name: Field::new(name), value: Field::new(value) })
            .collect(),
        env_error: view::field_error("environment", error),
        timeout: view::field(typed.timeout, "time_limit", error),
        timeout_units: view::time_limit_units(&typed.timeout_unit),
        timeout_help: format!(
            "Empty means the default: {}. 0 means no limit.",
            view::time_limit_words(default_limit)
        ),
        side: side_panel(portal, group, &usage, chosen),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

/// Why no runner takes the image, if so.
fn why_not(portal: &Portal, image: &Image) -> Option<&'static str> {
    let is_container = image.kind == ImageKind::Container;
    (is_container && !portal.workloads.rules().runs_containers).then_some(NO_CONTAINERS)
}

/// An image to choose. One that is deprecated is there only for whoever runs earlier work again.
fn image_card(portal: &Portal, image: &Image, selected: bool) -> Card {
    let why_not = why_not(portal, image);
    let words =
        [Some(image.image_type.label().to_owned()), Some(image.description.clone()), image.deprecation()];
    let words: Vec<String> = words.into_iter().flatten().filter(|words| !words.is_empty()).collect();
    Card {
        value: image.name.clone(),
        title: image.display_name.clone(),
        detail: words.join(" · "),
        selected: selected && why_not.is_none(),
        disabled: why_not.map(str::to_owned),
        status: (image.state != BuildState::Ready).then(|| crate::images::status(image.state)),
    }
}

/// Quotas with this request in them, and when it would start.
fn side_panel(portal: &Portal, group: &Group, usage: &Usage, chosen: Option<&InstanceType>) -> QuotaPanel {
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

/// The side panel alone, when another type was chosen.
pub(crate) async fn side(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(query): QueryString<FormQuery>,
) -> Answer {
    let types = portal.workloads.instance_types_for(&ctx, group.id).await?;
    let usage = portal.workloads.group_usage(&ctx, &group).await?;
    let chosen = types.iter().find(|kind| Some(&kind.name) == query.instance_type.as_ref());
    let part = JobSide { side: side_panel(&portal, &group, &usage, chosen) };
    let html = part.html().map_err(|error| Error::internal_from("render a part of a page", error))?;
    Ok(Html(html).into_response())
}

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    form_body: FormBody,
) -> Answer {
    let variables: Vec<(String, String)> = form_body
        .all("env_name")
        .zip(form_body.all("env_value"))
        .filter(|(name, value)| !name.trim().is_empty() || !value.is_empty())
        .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
        .collect();
    let typed = Typed {
        name: form_body.text("name").to_owned(),
        instance_type: form_body.text("instance_type").to_owned(),
        image: form_body.text("image").to_owned(),
        command: form_body.text("command").to_owned(),
        variables,
        timeout: form_body.text("timeout").to_owned(),
        timeout_unit: form_body.text("timeout_unit").to_owned(),
        cloned_from: None,
    };
    match create(&portal, &ctx, &group, &typed).await {
        Ok(slug) => Ok(view::see_other(&format!("/g/{}/jobs/{slug}", group.name))),
        // What may not be done at all is no matter of the form.
        Err(error)
            if matches!(
                error.kind(),
                base::Kind::Forbidden | base::Kind::NotFound | base::Kind::Internal
            ) =>
        {
            Err(error.into())
        }
        Err(error) => Ok(form(&portal, &ctx, &group, typed, Some(&error)).await?),
    }
}

async fn create(portal: &Portal, ctx: &OpContext, group: &Group, typed: &Typed) -> Result<String> {
    let time_limit = view::parse_time_limit(&typed.timeout, &typed.timeout_unit)
        .map_err(|text| Error::field("time_limit", text))?;
    let mut variables = BTreeMap::new();
    for (name, value) in &typed.variables {
        if variables.insert(name.clone(), value.clone()).is_some() {
            return Err(Error::field("environment", format!("“{name}” is there twice. Remove one.")));
        }
    }
    let job = NewJob {
        name: typed.name.clone(),
        instance_type: typed.instance_type.clone(),
        image: typed.image.clone(),
        spec: Spec { script: typed.command.clone(), variables },
        time_limit: time_limit.map_or(TimeLimit::Default, TimeLimit::Seconds),
        copied_from: None,
        idempotency_key: None,
    };
    Ok(portal.workloads.submit_job(ctx, group, job).await?.slug)
}
