//! Files that people made, to be saved and never shown here.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use base::{Error, Result};
use workloads::Workloads;

/// The executed notebook of a job, as a download.
pub async fn executed_notebook(
    workloads: &Workloads,
    ctx: &base::OpContext,
    group: &accounts::groups::Group,
    job: &str,
) -> Result<Response> {
    let bytes = workloads.read_executed_notebook(ctx, group, job).await?;
    let disposition = format!("attachment; filename=\"{job}.ipynb\"");
    let disposition =
        HeaderValue::try_from(disposition).map_err(|error| Error::internal_from("name a download", error))?;
    let headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ipynb+json")),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Should a browser show it all the same, then as nobody's.
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    ]);
    Ok((headers, bytes).into_response())
}
