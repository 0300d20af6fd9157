//! Logs on the wire: lines, search, download; the same for jobs and builds, pages and API.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use base::{Error, OpContext, Result};
use runner::Log;
use runner::log::LogPage;
use serde::Deserialize;
use serde_json::{Value, json};
use workloads::running;

use crate::state::Portal;

/// The most lines of one answer.
pub const MOST_LINES: usize = 2000;
const MOST_MATCHES: usize = 500;

/// Which lines.
#[derive(Debug, Default, Deserialize)]
pub struct Lines {
    /// The first line, from 0.
    #[serde(default)]
    pub from: u64,
    pub count: Option<usize>,
    /// The last so many lines instead.
    pub tail: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    pub q: String,
    #[serde(default)]
    pub from: u64,
}

#[derive(Debug, Default, Deserialize)]
pub struct FromLine {
    #[serde(default)]
    pub from: u64,
}

/// `{"total", "complete", "lines": [{"n": 1-based number, "t": UTC microseconds, "s": text}]}`
pub fn json(page: &LogPage) -> Value {
    let lines: Vec<Value> = page
        .lines
        .iter()
        .map(|line| json!({ "n": line.number + 1, "t": line.at_us, "s": line.text }))
        .collect();
    json!({ "total": page.total, "complete": page.complete, "note": null, "lines": lines })
}

pub async fn lines(log: &dyn Log, wanted: &Lines) -> Result<Value> {
    let count = wanted.count.unwrap_or(500).clamp(1, MOST_LINES);
    let page = match wanted.tail {
        Some(tail) => log.tail(tail.clamp(1, MOST_LINES)).await,
        None => log.lines(wanted.from, count).await,
    };
    Ok(json(&page.map_err(unreadable)?))
}

pub async fn search(log: &dyn Log, search: &Search) -> Result<Value> {
    if search.q.is_empty() {
        return Ok(json!({ "matches": [], "more": false }));
    }
    let found = log.search(&search.q, search.from, MOST_MATCHES).await.map_err(unreadable)?;
    let matches: Vec<u64> = found.lines.iter().map(|line| line.number + 1).collect();
    Ok(json!({ "matches": matches, "more": found.next.is_some() }))
}

/// The whole log as a text file. A log that still grows is sent as far as it is.
pub async fn download(log: &dyn Log, name: &str) -> Result<Response> {
    let content = log.content().await.map_err(unreadable)?;
    let mut response = Body::from_stream(content.chunks).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.length));
    let disposition = format!("attachment; filename=\"{name}.log\"");
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&disposition)
            .map_err(|error| Error::internal_from("name a download", error))?,
    );
    Ok(response)
}

/// The log of a job's newest attempt, or of the one with this number.
pub async fn of_job(
    portal: &Portal,
    ctx: &OpContext,
    group: &accounts::groups::Group,
    slug: &str,
    attempt: Option<i64>,
) -> Result<WorkloadLog> {
    portal.workloads.job_log(ctx, group, slug, attempt).await.map(WorkloadLog::from)
}

/// The log of a notebook's newest run.
pub async fn of_notebook(
    portal: &Portal,
    ctx: &OpContext,
    group: &accounts::groups::Group,
    slug: &str,
) -> Result<WorkloadLog> {
    portal.workloads.notebook_log(ctx, group, slug).await.map(WorkloadLog::from)
}

/// A workload's log on the wire.
pub struct WorkloadLog(running::WorkloadLog);

impl From<running::WorkloadLog> for WorkloadLog {
    fn from(log: running::WorkloadLog) -> Self {
        Self(log)
    }
}

impl WorkloadLog {
    /// Some of its lines; none before there is a log.
    pub async fn lines(&self, wanted: &Lines) -> Result<Value> {
        match &self.0 {
            running::WorkloadLog::Of(log) => lines(&**log, wanted).await,
            running::WorkloadLog::NotYet { is_over } => {
                Ok(json!({ "total": 0, "complete": is_over, "note": null, "lines": [] }))
            }
        }
    }

    /// The numbers of lines that hold a text.
    pub async fn search(&self, wanted: &Search) -> Result<Value> {
        match &self.0 {
            running::WorkloadLog::Of(log) => search(&**log, wanted).await,
            running::WorkloadLog::NotYet { .. } => Ok(json!({ "matches": [], "more": false })),
        }
    }

    /// The log as it grows. 204 before there is one: the browser asks again.
    pub fn stream(self, portal: &Portal, ctx: OpContext, from: u64) -> Response {
        match self.0 {
            running::WorkloadLog::Of(log) => crate::sse::log(portal, ctx, log, from),
            running::WorkloadLog::NotYet { .. } => axum::http::StatusCode::NO_CONTENT.into_response(),
        }
    }

    /// The log as a file; `None` before there is one.
    pub async fn download(&self, name: &str) -> Result<Option<Response>> {
        match &self.0 {
            running::WorkloadLog::Of(log) => download(&**log, name).await.map(Some),
            running::WorkloadLog::NotYet { .. } => Ok(None),
        }
    }
}

fn unreadable(error: std::io::Error) -> Error {
    Error::internal_from("read a log", error)
}
