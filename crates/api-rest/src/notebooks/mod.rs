//! Notebooks and their logs.

mod dto;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use web_kit::logs;
use web_kit::{Answer, Ctx, InGroup, JsonBody, Portal, QueryString};

use crate::dto::{JobEventDto, LogLinesDto};
use dto::{IdleRuleDto, NewNotebookDto, NotebookDto, NotebookListDto, StartDto};

type Where = Path<(String, String)>;

/// One's own notebooks in the group; group admins see everybody's.
#[utoipa::path(get, path = "", tag = "notebooks", responses((status = 200, body = NotebookListDto)))]
pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
) -> Answer<Json<NotebookListDto>> {
    let list = portal.workloads.list_notebooks(&ctx, &group).await?;
    Ok(Json(NotebookListDto::new(list, |slug| portal.settings.content_url(slug))))
}

/// Makes a notebook and starts it.
#[utoipa::path(post, path = "", tag = "notebooks", request_body = NewNotebookDto, responses((status = 201, body = NotebookDto)))]
pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    JsonBody(body): JsonBody<NewNotebookDto>,
) -> Answer<Response> {
    let notebook = portal.workloads.create_notebook(&ctx, &group, body.into()).await?;
    Ok((StatusCode::CREATED, answer(&portal, notebook)).into_response())
}

fn answer(portal: &Portal, notebook: workloads::notebooks::Notebook) -> Json<NotebookDto> {
    let url = portal.settings.content_url(&notebook.slug);
    Json(NotebookDto::new(notebook, &url))
}

/// One notebook with its newest run.
#[utoipa::path(get, path = "", tag = "notebooks", responses((status = 200, body = NotebookDto)))]
pub(crate) async fn get(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Json<NotebookDto>> {
    Ok(answer(&portal, portal.workloads.get_notebook(&ctx, &group, &slug).await?))
}

/// Deletes a notebook that does not run. The files in its owner's home stay.
#[utoipa::path(delete, path = "", tag = "notebooks", responses((status = 204)))]
pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<StatusCode> {
    portal.workloads.delete_notebook(&ctx, &group, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts a notebook again, with the changes given. One that is up already stays as it is.
#[utoipa::path(post, path = "", tag = "notebooks", request_body = StartDto, responses((status = 202, body = NotebookDto)))]
pub(crate) async fn start(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    JsonBody(body): JsonBody<StartDto>,
) -> Answer<Response> {
    let notebook = portal.workloads.get_notebook(&ctx, &group, &slug).await?;
    let changes = body.changes(&notebook);
    let notebook = portal.workloads.start_notebook(&ctx, &group, &slug, changes).await?;
    Ok((StatusCode::ACCEPTED, answer(&portal, notebook)).into_response())
}

/// Asks a notebook to stop.
#[utoipa::path(post, path = "", tag = "notebooks", responses((status = 202, body = NotebookDto)))]
pub(crate) async fn stop(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Response> {
    let notebook = portal.workloads.stop_notebook(&ctx, &group, &slug).await?;
    Ok((StatusCode::ACCEPTED, answer(&portal, notebook)).into_response())
}

/// Leaves an idle notebook alone for another hour.
#[utoipa::path(post, path = "", tag = "notebooks", responses((status = 200, body = NotebookDto)))]
pub(crate) async fn snooze(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Json<NotebookDto>> {
    Ok(answer(&portal, portal.workloads.snooze_notebook(&ctx, &group, &slug).await?))
}

/// Takes away the packages that the notebook's owner installed in their home of the group. None of their notebooks in
/// the group may run.
#[utoipa::path(post, path = "", tag = "notebooks", responses((status = 200, body = NotebookDto)))]
pub(crate) async fn reset_packages(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Json<NotebookDto>> {
    Ok(answer(&portal, portal.workloads.reset_packages(&ctx, &group, &slug).await?))
}

/// Stops a notebook and starts it again, in the same image and size.
#[utoipa::path(post, path = "", tag = "notebooks", responses((status = 202, body = NotebookDto)))]
pub(crate) async fn restart(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Response> {
    let notebook = portal.workloads.restart_notebook(&ctx, &group, &slug).await?;
    Ok((StatusCode::ACCEPTED, answer(&portal, notebook)).into_response())
}

/// What happened in the newest run, oldest first.
#[utoipa::path(get, path = "", tag = "notebooks", responses((status = 200, body = Vec<JobEventDto>)))]
pub(crate) async fn events(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Json<Vec<JobEventDto>>> {
    let events = portal.workloads.notebook_events(&ctx, &group, &slug).await?;
    Ok(Json(events.into_iter().map(JobEventDto::from).collect()))
}

/// Some lines of the newest run's log: `from` (counted from 0) and `count`, or the last `tail`.
#[utoipa::path(get, path = "", tag = "notebooks", params(("from" = Option<u64>, Query, description = "The first line, counted from 0."), ("count" = Option<usize>, Query, description = "So many lines; 500 when left out, 2000 at most."), ("tail" = Option<usize>, Query, description = "The last so many lines instead.")), responses((status = 200, body = LogLinesDto)))]
pub(crate) async fn log_lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer<Json<Value>> {
    let log = logs::of_notebook(&portal, &ctx, &group, &slug).await?;
    Ok(Json(log.lines(&wanted).await?))
}

/// The log of the newest run as it grows, as server-sent events `lines`, and `end` when it is complete; 204 before it has started.
#[utoipa::path(get, path = "", tag = "notebooks", params(("from" = Option<u64>, Query, description = "The first line, counted from 0.")), responses((status = 200, content_type = "text/event-stream", body = String), (status = 204, description = "Nothing has started yet.")))]
pub(crate) async fn log_stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::FromLine>,
) -> Answer<Response> {
    let log = logs::of_notebook(&portal, &ctx, &group, &slug).await?;
    Ok(log.stream(&portal, ctx, wanted.from))
}

/// What the group's notebooks do when they say nothing themselves.
#[utoipa::path(get, path = "", tag = "notebooks", responses((status = 200, body = IdleRuleDto)))]
pub(crate) async fn group_rule(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
) -> Answer<Json<IdleRuleDto>> {
    Ok(Json(portal.workloads.group_idle_rule(&ctx, &group).await?.into()))
}

/// Sets what the group's notebooks do when they say nothing themselves.
#[utoipa::path(put, path = "", tag = "notebooks", request_body = IdleRuleDto, responses((status = 200, body = IdleRuleDto)))]
pub(crate) async fn set_group_rule(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    JsonBody(body): JsonBody<IdleRuleDto>,
) -> Answer<Json<IdleRuleDto>> {
    portal.workloads.set_group_idle_rule(&ctx, &group, body.into()).await?;
    Ok(Json(body))
}

/// The most that anybody may choose for an instance type.
#[utoipa::path(get, path = "", tag = "notebooks", responses((status = 200, body = IdleRuleDto)))]
pub(crate) async fn type_rule(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Answer<Json<IdleRuleDto>> {
    Ok(Json(portal.workloads.instance_type_idle_rule(&ctx, &name).await?.into()))
}

/// Sets the most that anybody may choose for an instance type.
#[utoipa::path(put, path = "", tag = "notebooks", request_body = IdleRuleDto, responses((status = 200, body = IdleRuleDto)))]
pub(crate) async fn set_type_rule(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<IdleRuleDto>,
) -> Answer<Json<IdleRuleDto>> {
    portal.workloads.set_instance_type_idle_rule(&ctx, &name, body.into()).await?;
    Ok(Json(body))
}
