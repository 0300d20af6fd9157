//! Notebooks as jobs.

mod dto;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use web_kit::{Answer, Ctx, InGroup, JsonBody, Portal, QueryString, attachment};
use workloads::engine::Spec;
use workloads::jobs::{NewJob, TimeLimit};
use workloads::notebook_jobs::NewNotebookJob;

use crate::dto::JobDto;
use crate::jobs::idempotency_key;
use dto::{FolderDto, FolderQuery, NewNotebookJobDto, ParametersDto};

/// Runs a notebook as a job, with papermill. With the header `Idempotency-Key`, sending it again gives the same job.
#[utoipa::path(post, path = "", tag = "jobs", params(("Idempotency-Key" = Option<String>, Header, description = "A name for this request; sent again, it makes no second job.")), request_body = NewNotebookJobDto, responses((status = 201, body = JobDto)))]
pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    headers: HeaderMap,
    JsonBody(body): JsonBody<NewNotebookJobDto>,
) -> Answer<Response> {
    let new = NewNotebookJob {
        path: body.path,
        parameters: body.parameters.map(ParametersDto::named).transpose()?.unwrap_or_default(),
        job: NewJob {
            name: body.name,
            instance_type: body.instance_type,
            image: body.image,
            spec: Spec { variables: body.environment, ..Spec::default() },
            time_limit: body.time_limit.map_or(TimeLimit::Default, TimeLimit::Seconds),
            copied_from: None,
            idempotency_key: idempotency_key(&headers)?,
        },
    };
    let job = portal.workloads.submit_notebook_job(&ctx, &group, new).await?;
    Ok((StatusCode::CREATED, Json(JobDto::from(job))).into_response())
}

/// The folders and notebooks in a folder of one's home in the group, or of the group's shared files.
#[utoipa::path(get, path = "", tag = "jobs", params(FolderQuery), responses((status = 200, body = FolderDto)))]
pub(crate) async fn files(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(query): QueryString<FolderQuery>,
) -> Answer<Json<FolderDto>> {
    let folder = if query.folder.is_empty() { "~" } else { &query.folder };
    let found = portal.workloads.notebook_folder(&ctx, &group, folder).await?;
    Ok(Json(FolderDto {
        folder: found.tree.shown(&found.path, &group.name),
        folders: found.folders,
        notebooks: found.notebooks,
        is_cut: found.is_cut,
    }))
}

/// The executed notebook of a job that ran one: as far as it came, while it runs or when it failed.
#[utoipa::path(get, path = "", tag = "jobs", responses((status = 200, content_type = "application/x-ipynb+json", body = String)))]
pub(crate) async fn executed(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Path<(String, String)>,
) -> Answer<Response> {
    Ok(attachment::executed_notebook(&portal.workloads, &ctx, &group, &slug).await?)
}
