//! Starting a notebook.

use std::collections::BTreeMap;

use accounts::groups::Group;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use base::{Action, Error, OpContext, Result};
use serde::Deserialize;
use ui_pages::frame::Entry;
use ui_pages::notebooks::{NotebookFormPage, NotebookSide};
use web_kit::{Answer, Ctx, FormBody, InGroup, Portal, QueryString};
use workloads::engine::Usage;
use workloads::instance_types::InstanceType;
use workloads::notebooks::{NewNotebook, Notebook};

use super::spans::Spans;
use crate::{choices, frame, view};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct FormQuery {
    image: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The same, as the form itself names it.
    instance_type: Option<String>,
    path: Option<String>,
    name: Option<String>,
}

/// What the form holds, as typed.
#[derive(Debug, Default)]
struct Typed {
    name: String,
    instance_type: String,
    image: String,
    variables: Vec<(String, String)>,
    safe_mode: bool,
    file: String,
    spans: Spans,
}

/// A name that the person has not given yet.
pub(super) fn free_name(mine: &[Notebook]) -> String {
    let taken = |name: &str| mine.iter().any(|notebook| notebook.name.eq_ignore_ascii_case(name));
    (1..).map(|n| format!("notebook-{n}")).find(|name| !taken(name)).unwrap_or_default()
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(query): QueryString<FormQuery>,
) -> Answer {
    ctx.require_in_group(Action::RunWorkload, group.id)?;
    let mine = portal.workloads.list_notebooks(&ctx, &group).await?.mine;
    let typed = Typed {
        name: query.name.unwrap_or_else(|| free_name(&mine)),
        image: query.image.unwrap_or_default(),
        instance_type: query.kind.or(query.instance_type).unwrap_or_default(),
        variables: portal.workloads.remembered_variables(&ctx, &group).await?.into_iter().collect(),
        file: query.path.unwrap_or_default(),
        spans: Spans::empty(),
        safe_mode: false,
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
    let framed = frame::build(portal, ctx, "Start a notebook", Entry::Notebooks, Some(group)).await?;
    let offered = choices::Offered::read(portal, ctx, group).await?;
    let rule = portal.workloads.group_idle_rule(ctx, group).await?;
    let (size, image) = (&mut typed.instance_type, &mut typed.image);
    let chosen = offered.choose(portal, group, choices::type_for_notebooks, size, image);
    let choices::Offered { types, images, usage } = &offered;
    let rules = portal.workloads.rules();
    let idle = rule.idle_s.unwrap_or(rules.default_idle_s);
    let lifetime = rule.lifetime_s.unwrap_or(rules.default_lifetime_s);
    let list = paths::Notebooks.link(&group.name);
    let (group_images, system_images): (Vec<_>, Vec<_>) =
        images.iter().partition(|image| image.group.is_some());
    let manages = ctx.require_in_group(Action::ManageGroup, group.id).is_ok();
    let page = NotebookFormPage {
        action: list.clone(),
        cancel_url: list,
        side_url: paths::NotebookSide.link(&group.name),
        error: view::form_error(error),
        name: view::field(typed.name, "name", error),
        instance_types: choices::type_cards(portal, group, types, &typed.instance_type),
        instance_type_error: view::field_error("instance_type", error),
        system_images: choices::image_cards(system_images, &typed.image),
        group_images: choices::image_cards(group_images, &typed.image),
        new_image_url: manages.then(|| paths::ImageNew.link(&group.name)),
        image_error: view::field_error("image", error),
        env: choices::env_rows(typed.variables),
        env_error: view::field_error("environment", error),
        safe_mode: typed.safe_mode,
        file: view::field(typed.file, "open_path", error),
        idle: view::field(typed.spans.idle.0, "idle", error),
        idle_units: view::time_limit_units(&typed.spans.idle.1),
        idle_help: format!("Empty means the default: {}. 0 means never.", view::idle_words(idle)),
        lifetime: view::field(typed.spans.lifetime.0, "lifetime", error),
        lifetime_units: view::time_limit_units(&typed.spans.lifetime.1),
        lifetime_help: format!(
            "Empty means the default: {}. 0 means no limit.",
            view::time_limit_words(lifetime)
        ),
        side: side_of(portal, group, usage, chosen),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

pub(super) fn side_of(
    portal: &Portal,
    group: &Group,
    usage: &Usage,
    chosen: Option<&InstanceType>,
) -> NotebookSide {
    NotebookSide { quota: choices::quota_with(portal, group, usage, chosen), volumes: super::volumes(group) }
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
    let html = side_of(&portal, &group, &usage, chosen)
        .html()
        .map_err(|error| Error::internal_from("render a part of a page", error))?;
    Ok(Html(html).into_response())
}

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    form_body: FormBody,
) -> Answer {
    let text = |name: &str| form_body.text(name).to_owned();
    let typed = Typed {
        name: text("name"),
        instance_type: text("instance_type"),
        image: text("image"),
        variables: view::variables(&form_body),
        safe_mode: !form_body.text("safe_mode").is_empty(),
        file: text("file"),
        spans: Spans::read(&form_body),
    };
    match create(&portal, &ctx, &group, &typed).await {
        Ok(notebook) => Ok(view::see_other(&super::url(&group, &notebook))),
        Err(error) if view::is_no_matter_of_a_form(&error) => Err(error.into()),
        Err(error) => Ok(form(&portal, &ctx, &group, typed, Some(&error)).await?),
    }
}

async fn create(portal: &Portal, ctx: &OpContext, group: &Group, typed: &Typed) -> Result<Notebook> {
    let variables: BTreeMap<String, String> = view::distinct_variables(&typed.variables)?;
    let new = NewNotebook {
        name: typed.name.clone(),
        instance_type: typed.instance_type.clone(),
        image: typed.image.clone(),
        variables,
        safe_mode: typed.safe_mode,
        open_path: typed.file.clone(),
        idle: typed.spans.rule()?,
    };
    portal.workloads.create_notebook(ctx, group, new).await
}
