//! Styles, scripts, fonts and icons.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base::Error;
use web_kit::Answer;

/// A file under a URL that names its version, so that it can be cached for ever.
pub(crate) async fn serve(Path((version, path)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    let asset = ui_pages::asset(&path).ok_or_else(|| Error::not_found("file at this address"))?;
    let is_known =
        headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(asset.etag.as_str());
    let caching = if version == ui_pages::assets::version() {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=60"
    };
    let headers = [
        (header::CONTENT_TYPE, asset.mime.to_owned()),
        (header::ETAG, asset.etag),
        (header::CACHE_CONTROL, caching.to_owned()),
    ];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, asset.bytes.into_owned()).into_response())
}

/// Browsers ask for it unasked; ours is named in the page.
pub(crate) async fn favicon() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
