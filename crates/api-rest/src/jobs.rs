//! Jobs and their logs.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base::page::PageRequest;
use base::{Error, Result};
use serde_json::Value;
use web_kit::logs;
use web_kit::{Answer, Ctx, InGroup, JsonBody, Portal, QueryString};
use workloads::engine::{Phase, Runs, Spec};
use workloads::jobs::{JobFilter, JobSort, NewJob, TimeLimit};

use crate::dto::{
    JobDetailDto, JobDto, JobEventDto, JobPageDto, JobQuery, LogLinesDto, LogMatchesDto, NewJobDto,
};

type Where = Path<(String, String)>;

fn filter(query: &JobQuery) -> Result<(JobFilter, JobSort)> {
    let phases = query
        .phase
        .iter()
        .flat_map(|phases| phases.split(','))
        .filter(|phase| !phase.is_empty())
        .map(|phase| Phase::parse(phase).map_err(|text| Error::field("phase", text)))
        .collect::<Result<Vec<Phase>>>()?;
    let sort = query
        .sort
        .as_deref()
        .map_or(Ok(JobSort::default()), JobSort::parse)
        .map_err(|text| Error::field("sort", text))?;
    let filter = JobFilter {
        search: query.search.clone().unwrap_or_default(),
        mine: query.mine,
        phases,
        instance_type: query.instance_type.clone(),
        submitted_after: None,
    };
    Ok((filter, sort))
}

/// The key by which a request that is sent again is known.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text =
        value.to_str().map_err(|_| Error::field("idempotency_key", "Use visible ASCII characters."))?;
    Ok(Some(text.to_owned()))
}

/// The group's jobs in keyset pages.
#[utoipa::path(get, path = "", tag = "jobs", params(JobQuery), responses((status = 200, body = JobPageDto)))]
pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(query): QueryString<JobQuery>,
) -> Answer<Json<JobPageDto>> {
    let (filter, sort) = filter(&query)?;
    let request = PageRequest::parse(query.limit, 200, query.after.as_deref(), query.before.as_deref())?;
    let page = portal.workloads.list_jobs(&ctx, &group, &filter, sort, &request).await?.map(JobDto::from);
    Ok(Json(JobPageDto { items: page.items, next: page.next, previous: page.previous }))
}

/// Submits a job. When this answers, the job is on disk. With the header `Idempotency-Key`, sending it again gives the same job.
#[utoipa::path(post, path = "", tag = "jobs", params(("Idempotency-Key" = Option<String>, Header, description = "A name for this request; sent again, it makes no second job.")), request_body = NewJobDto, responses((status = 201, body = JobDto)))]
pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    headers: HeaderMap,
    JsonBody(body): JsonBody<NewJobDto>,
) -> Answer<Response> {
    let job = NewJob {
        name: body.name,
        instance_type: body.instance_type,
        image: body.image,
        spec: Spec { runs: Runs::Script(body.command), variables: body.environment },
        time_limit: body.time_limit.map_or(TimeLimit::Default, TimeLimit::Seconds),
        copied_from: None,
        idempotency_key: idempotency_key(&headers)?,
    };
    let job = portal.workloads.submit_job(&ctx, &group, job).await?;
    Ok((StatusCode::CREATED, Json(JobDto::from(job))).into_response())
}

/// One job with its command and attempts.
#[utoipa::path(get, path = "", tag = "jobs", responses((status = 200, body = JobDetailDto)))]
pub(crate) async fn get(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Json<JobDetailDto>> {
    Ok(Json(portal.workloads.get_job(&ctx, &group, &slug).await?.into()))
}

/// Asks a job to stop. One that waits ends at once.
#[utoipa::path(post, path = "", tag = "jobs", responses((status = 202, body = JobDto)))]
pub(crate) async fn cancel(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Response> {
    let job = portal.workloads.cancel_job(&ctx, &group, &slug).await?;
    Ok((StatusCode::ACCEPTED, Json(JobDto::from(job))).into_response())
}

/// Submits the same job again.
#[utoipa::path(post, path = "", tag = "jobs", responses((status = 201, body = JobDto)))]
pub(crate) async fn rerun(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Response> {
    let job = portal.workloads.rerun_job(&ctx, &group, &slug).await?;
    Ok((StatusCode::CREATED, Json(JobDto::from(job))).into_response())
}

/// What happened to a job, oldest first.
#[utoipa::path(get, path = "", tag = "jobs", responses((status = 200, body = Vec<JobEventDto>)))]
pub(crate) async fn events(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Json<Vec<JobEventDto>>> {
    let events = portal.workloads.job_events(&ctx, &group, &slug).await?;
    Ok(Json(events.into_iter().map(JobEventDto::from).collect()))
}

/// The whole log of the newest attempt, as text; empty before it started.
#[utoipa::path(get, path = "", tag = "jobs", responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn log(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
) -> Answer<Response> {
    let log = logs::of_job(&portal, &ctx, &group, &slug, None).await?;
    Ok(log.download(&slug).await?.unwrap_or_else(|| "".into_response()))
}

/// Some lines: `from` (counted from 0) and `count`, or the last `tail`.
#[utoipa::path(get, path = "", tag = "jobs", params(("from" = Option<u64>, Query, description = "The first line, counted from 0."), ("count" = Option<usize>, Query, description = "So many lines; 500 when left out, 2000 at most."), ("tail" = Option<usize>, Query, description = "The last so many lines instead.")), responses((status = 200, body = LogLinesDto)))]
pub(crate) async fn log_lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer<Json<Value>> {
    let log = logs::of_job(&portal, &ctx, &group, &slug, None).await?;
    Ok(Json(log.lines(&wanted).await?))
}

/// Numbers (counted from 1) of the lines that hold a text.
#[utoipa::path(get, path = "", tag = "jobs", params(("q" = Option<String>, Query, description = "What to look for."), ("from" = Option<u64>, Query, description = "The first line to look at, counted from 0.")), responses((status = 200, body = LogMatchesDto)))]
pub(crate) async fn log_search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer<Json<Value>> {
    let log = logs::of_job(&portal, &ctx, &group, &slug, None).await?;
    Ok(Json(log.search(&wanted).await?))
}

/// The log as it grows, as server-sent events `lines`, and `end` when it is complete; 204 before the job has started.
#[utoipa::path(get, path = "", tag = "jobs", params(("from" = Option<u64>, Query, description = "The first line, counted from 0.")), responses((status = 200, content_type = "text/event-stream", body = String), (status = 204, description = "Nothing has started yet.")))]
pub(crate) async fn log_stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, slug)): Where,
    QueryString(wanted): QueryString<logs::FromLine>,
) -> Answer<Response> {
    let log = logs::of_job(&portal, &ctx, &group, &slug, None).await?;
    Ok(log.stream(&portal, ctx, wanted.from))
}
