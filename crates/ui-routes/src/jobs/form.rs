//! Submitting a job.

use accounts::groups::Group;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use base::{Action, Error, OpContext, Result};
use serde::Deserialize;
use ui_pages::components::Link;
use ui_pages::frame::Entry;
use ui_pages::jobs::{JobFormPage, JobSide};
use web_kit::{Answer, Ctx, FormBody, InGroup, Portal, QueryString};
use workloads::engine::{Runs, Spec};
use workloads::jobs::{NewJob, TimeLimit};

use crate::{choices, frame, view};

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
            if job.spec.runs.notebook_file().is_some() {
                let form = paths::NotebookRun.link(&group.name);
                return Ok(view::see_other(&paths::query(form, &[("clone", &slug)])));
            }
            let (timeout, unit) = view::time_limit_fields(Some(job.summary.time_limit_s));
            Typed {
                name: job.summary.name,
                instance_type: job.summary.instance_type,
                image: job.summary.image,
                command: job.spec.runs.script().unwrap_or_default().to_owned(),
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
    let offered = choices::Offered::read(portal, ctx, group).await?;
    let (size, image) = (&mut typed.instance_type, &mut typed.image);
    let chosen = offered.choose(portal, group, choices::first_type, size, image);
    let choices::Offered { types, images, usage } = &offered;
    let list = paths::Jobs.link(&group.name);
    let page = JobFormPage {
        action: list.clone(),
        cancel_url: list,
        side_url: paths::JobSide.link(&group.name),
        cloned_from: typed
            .cloned_from
            .as_ref()
            .map(|slug| Link::new(slug.clone(), paths::Job.link(&group.name, slug))),
        error: view::form_error(error),
        name: view::field(typed.name, "name", error),
        instance_types: choices::type_cards(portal, group, types, &typed.instance_type),
        instance_type_error: view::field_error("instance_type", error),
        images: choices::image_cards(images, &typed.image),
        image_error: view::field_error("image", error),
        command: view::field(typed.command, "command", error),
        env: choices::env_rows(typed.variables),
        env_error: view::field_error("environment", error),
        timeout: view::field(typed.timeout, "time_limit", error),
        timeout_units: view::time_limit_units(&typed.timeout_unit),
        timeout_help: choices::time_limit_help(portal, group),
        side: choices::quota_with(portal, group, usage, chosen),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
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
    let part = JobSide { side: choices::quota_with(&portal, &group, &usage, chosen) };
    let html = part.html().map_err(|error| Error::internal_from("render a part of a page", error))?;
    Ok(Html(html).into_response())
}

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    form_body: FormBody,
) -> Answer {
    let typed = Typed {
        name: form_body.text("name").to_owned(),
        instance_type: form_body.text("instance_type").to_owned(),
        image: form_body.text("image").to_owned(),
        command: form_body.text("command").to_owned(),
        variables: view::variables(&form_body),
        timeout: form_body.text("timeout").to_owned(),
        timeout_unit: form_body.text("timeout_unit").to_owned(),
        cloned_from: None,
    };
    match create(&portal, &ctx, &group, &typed).await {
        Ok(slug) => Ok(view::see_other(&paths::Job.link(&group.name, &slug))),
        Err(error) if view::is_no_matter_of_a_form(&error) => Err(error.into()),
        Err(error) => Ok(form(&portal, &ctx, &group, typed, Some(&error)).await?),
    }
}

async fn create(portal: &Portal, ctx: &OpContext, group: &Group, typed: &Typed) -> Result<String> {
    let time_limit = view::parse_time_limit(&typed.timeout, &typed.timeout_unit)
        .map_err(|text| Error::field("time_limit", text))?;
    let variables = view::distinct_variables(&typed.variables)?;
    let job = NewJob {
        name: typed.name.clone(),
        instance_type: typed.instance_type.clone(),
        image: typed.image.clone(),
        spec: Spec { runs: Runs::Script(typed.command.clone()), variables },
        time_limit: time_limit.map_or(TimeLimit::Default, TimeLimit::Seconds),
        copied_from: None,
        idempotency_key: None,
    };
    Ok(portal.workloads.submit_job(ctx, group, job).await?.slug)
}
