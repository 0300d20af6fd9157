//! The platform's own answers on the content origin: small pages for people, problem details for programs.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::{Html, IntoResponse as _};
use base::secret::random_text;
use base::{Error, ErrorKind};
use ui_pages::Page as _;
use ui_pages::components::Link;
use ui_pages::content::ContentPage;
use web_kit::{problem, status_of};

use crate::fetch_metadata::FetchMetadata;
use crate::{Proxy, Served, forward};

/// A page of ours holds text, one style sheet and a link. Nobody else may frame it (clickjacking).
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// A workload that starts is asked for again after so many seconds.
const REFRESH_SECONDS: &str = "2";

impl Proxy {
    /// An error, as a page where a person reads it.
    pub(crate) fn refuse(
        &self,
        error: &Error,
        fetch: &FetchMetadata,
        served: Option<&Served>,
    ) -> Response<Body> {
        let request_id = random_text(&*self.portal.clock, 16);
        let status = match error.code() {
            "workload_broken" => StatusCode::BAD_GATEWAY,
            "workload_late" => StatusCode::GATEWAY_TIMEOUT,
            _ => status_of(error.kind()),
        };
        if error.kind() == ErrorKind::Internal {
            tracing::error!(error = ?error, id = %request_id, "a request to a workload failed");
        } else {
            tracing::debug!(error = ?error, id = %request_id, "a request to a workload was refused");
        }
        let is_starting = error.code() == forward::starting().code();
        let page = fetch.wants_page.then(|| self.page(error, status, served, is_starting));
        let mut response = match page.map(|page| page.html()) {
            Some(Ok(html)) => (status, Html(html)).into_response(),
            _ => problem::response(error, status, &request_id),
        };
        let headers = response.headers_mut();
        if is_starting && fetch.wants_page {
            headers.insert(header::REFRESH, HeaderValue::from_static(REFRESH_SECONDS));
        }
        if let Some(seconds) = error.retry_after_seconds() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            headers.insert("x-request-id", id);
        }
        ours(&mut response);
        response
    }

    fn page(
        &self,
        error: &Error,
        status: StatusCode,
        served: Option<&Served>,
        is_starting: bool,
    ) -> ContentPage {
        let portal = &self.portal.settings.public_url;
        let way_out = match served {
            Some(served) => Link::new("Its page in Portico", format!("{portal}{}", served.page)),
            None => Link::new("Portico", format!("{portal}/")),
        };
        let title = match error.kind() {
            ErrorKind::NotFound => "Nothing is here",
            ErrorKind::Unauthenticated => "You are not signed in",
            ErrorKind::Forbidden => "You may not do this",
            ErrorKind::TooManyRequests => "Too much at once",
            ErrorKind::Unavailable if is_starting => "Starting",
            ErrorKind::Unavailable => "Not available just now",
            _ => "This did not work",
        };
        ContentPage {
            title: title.to_owned(),
            status: status.as_u16(),
            what: error.message().to_owned(),
            hint: if is_starting {
                "This page opens it as soon as it answers.".to_owned()
            } else {
                error.hint().unwrap_or_default().to_owned()
            },
            way_out,
            is_busy: is_starting,
        }
    }
}

/// Adds what each of our own answers carries.
pub(crate) fn ours(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// To another address; the code or path in this one leaks to nobody by `Referer`.
pub(crate) fn see_other(url: &str) -> Response<Body> {
    let mut response = axum::response::Redirect::to(url).into_response();
    ours(&mut response);
    response
}
