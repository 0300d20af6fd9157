//! Logs on the wire: lines, search, download; the same for jobs and builds, pages and API.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use base::{Error, OpContext, Result};
use futures::stream;
use runner::LogReader;
use runner::log::LogPage;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::state::Portal;

/// The most lines of one answer.
pub const MOST_LINES: usize = 2000;
const MOST_MATCHES: usize = 500;
const READ_BYTES: usize = 256 * 1024;

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
pub struct From {
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

pub async fn lines(reader: &LogReader, wanted: &Lines) -> Result<Value> {
    let count = wanted.count.unwrap_or(500).clamp(1, MOST_LINES);
    let page = match wanted.tail {
        Some(tail) => reader.tail(tail.clamp(1, MOST_LINES)).await,
        None => reader.lines(wanted.from, count).await,
    };
    Ok(json(&page.map_err(unreadable)?))
}

pub async fn search(reader: &LogReader, search: &Search) -> Result<Value> {
    if search.q.is_empty() {
        return Ok(json!({ "matches": [], "more": false }));
    }
    let found = reader.search(&search.q, search.from, MOST_MATCHES).await.map_err(unreadable)?;
    let matches: Vec<u64> = found.lines.iter().map(|line| line.number + 1).collect();
    Ok(json!({ "matches": matches, "more": found.next.is_some() }))
}

/// The whole log as a text file. A log that still grows is sent as far as it is.
pub async fn download(reader: &LogReader, name: &str) -> Result<Response> {
    use tokio::io::AsyncReadExt as _;
    let file = match tokio::fs::File::open(reader.path()).await {
        Ok(file) => Some(file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(unreadable(error)),
    };
    let length = match &file {
        Some(file) => file.metadata().await.map_err(unreadable)?.len(),
        None => 0,
    };
    let chunks = stream::try_unfold(file.map(|file| file.take(length)), |file| async move {
        let Some(mut file) = file else { return Ok(None) };
        let mut buffer = Vec::with_capacity(READ_BYTES);
        let read = (&mut file).take(READ_BYTES as u64).read_to_end(&mut buffer).await?;
        Ok::<_, std::io::Error>((read > 0).then_some((buffer, Some(file))))
    });
    let mut response = Body::from_stream(chunks).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
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
    let job = portal.workloads.get_job(ctx, group, slug).await?;
    let wanted = job.attempts.iter().find(|a| attempt.is_none_or(|number| a.number == number));
    match (wanted, attempt) {
        (Some(attempt), _) => Ok(WorkloadLog::Of(portal.runner.log(&attempt.id.to_string()))),
        (None, Some(number)) => Err(Error::not_found(format!("attempt {number}"))),
        (None, None) => Ok(WorkloadLog::NotYet { is_over: job.summary.phase.is_final() }),
    }
}

/// The log of a notebook's newest run.
pub async fn of_notebook(
    portal: &Portal,
    ctx: &OpContext,
    group: &accounts::groups::Group,
    slug: &str,
) -> Result<WorkloadLog> {
    let run = portal.workloads.get_notebook(ctx, group, slug).await?.run;
    let is_over = run.as_ref().is_none_or(|run| run.phase.is_final());
    Ok(match run.and_then(|run| run.attempt) {
        Some(attempt) => WorkloadLog::Of(portal.runner.log(&attempt.to_string())),
        None => WorkloadLog::NotYet { is_over },
    })
}

/// A workload's log, if there is one by now.
pub enum WorkloadLog {
    Of(LogReader),
    /// Nothing ran yet, or (`is_over`) nothing ever will.
    NotYet {
        is_over: bool,
    },
}

impl WorkloadLog {
    /// Some of its lines; none before there is a log.
    pub async fn lines(&self, wanted: &Lines) -> Result<Value> {
        match self {
            Self::Of(reader) => lines(reader, wanted).await,
            Self::NotYet { is_over } => {
                Ok(json!({ "total": 0, "complete": is_over, "note": null, "lines": [] }))
            }
        }
    }

    /// The numbers of lines that hold a text.
    pub async fn search(&self, wanted: &Search) -> Result<Value> {
        match self {
            Self::Of(reader) => search(reader, wanted).await,
            Self::NotYet { .. } => Ok(json!({ "matches": [], "more": false })),
        }
    }

    /// The log as it grows. 204 before there is one: the browser asks again.
    pub fn stream(self, portal: &Portal, ctx: OpContext, from: u64) -> Response {
        match self {
            Self::Of(reader) => crate::sse::log(portal, ctx, reader, from),
            Self::NotYet { .. } => axum::http::StatusCode::NO_CONTENT.into_response(),
        }
    }

    /// The log as a file; `None` before there is one.
    pub async fn download(&self, name: &str) -> Result<Option<Response>> {
        match self {
            Self::Of(reader) => download(reader, name).await.map(Some),
            Self::NotYet { .. } => Ok(None),
        }
    }
}

fn unreadable(error: std::io::Error) -> Error {
    Error::internal_from("read a log", error)
}
