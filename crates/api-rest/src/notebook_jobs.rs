//! Notebooks as jobs.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use web_kit::{Answer, Ctx, InGroup, JsonBody, Portal, QueryString, attachment};
use workloads::jobs::{NewJob, Spec, TimeLimit};
use workloads::notebook_jobs::{self, NewNotebookJob, parse_list, parse_value};

use crate::dto::{JobDto, Problem};
use crate::jobs::idempotency_key;

/// Parameters: an object, or a text such as `a=1; b=2`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ParametersDto {
    Named(BTreeMap<String, Value>),
    Typed(String),
}

impl ParametersDto {
    fn named(self) -> Result<BTreeMap<String, Value>> {
        match self {
            Self::Named(named) => Ok(named),
            Self::Typed(text) => {
                let list = parse_list(&text).map_err(|text| Error::field("parameters", text))?;
                Ok(list.into_iter().map(|(name, value)| (name, parse_value(&value))).collect())
            }
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNotebookJobDto {
    /// A notebook of the group's shared files (`/project/<group>/…`) or of one's own home (`~/…`).
    #[schema(example = "~/train.ipynb")]
    path: String,
    #[serde(default)]
    parameters: Option<ParametersDto>,
    /// Left out, the job is named after the notebook.
    #[serde(default)]
    name: String,
    #[schema(example = "cpu-1")]
    instance_type: String,
    #[schema(example = "data-science")]
    image: String,
    /// Environment variables.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// Seconds; 0 is no limit; left out, the group's default counts.
    #[serde(default)]
    time_limit: Option<i64>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FolderQuery {
    /// `~` or a folder in it, or `/project/<group>` or a folder in it.
    #[serde(default)]
    folder: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FolderDto {
    /// Its path.
    folder: String,
    /// Names of the folders in it.
    folders: Vec<String>,
    /// Names of the notebooks in it.
    notebooks: Vec<String>,
    /// There is more than is listed.
    is_cut: bool,
}

/// Runs a notebook as a job, with papermill. With the header `Idempotency-Key`, sending it again gives the same job.
#[utoipa::path(post, path = "/api/v1/groups/{group}/notebook-jobs", tag = "jobs", params(("group" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = NewNotebookJobDto, responses((status = 201, body = JobDto), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
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
#[utoipa::path(get, path = "/api/v1/groups/{group}/notebook-files", tag = "jobs", params(("group" = String, Path), FolderQuery), responses((status = 200, body = FolderDto), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn files(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(query): QueryString<FolderQuery>,
) -> Answer<Json<FolderDto>> {
    let folder = if query.folder.is_empty() { "~" } else { &query.folder };
    let found = portal.workloads.notebook_folder(&ctx, &group, folder).await?;
    Ok(Json(FolderDto {
        folder: notebook_jobs::shown(found.place, &found.path, &group.name),
        folders: found.folders,
        notebooks: found.notebooks,
        is_cut: found.is_cut,
    }))
}

/// The executed notebook of a job that ran one: as far as it came, while it runs or when it failed.
#[utoipa::path(get, path = "/api/v1/groups/{group}/jobs/{job}/notebook", tag = "jobs", params(("group" = String, Path), ("job" = String, Path)), responses((status = 200, content_type = "application/x-ipynb+json", body = String), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn executed(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Path<(String, String)>,
) -> Answer<Response> {
    Ok(attachment::executed_notebook(&portal.workloads, &ctx, &group, &slug).await?)
}
