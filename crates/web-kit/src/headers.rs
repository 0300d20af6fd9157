//! Headers of every answer, each with the attack that it stops.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Only our own files may run, style, load or be sent to; nothing may frame us.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of a page of ours that shows what a job left in a frame: by way of ourselves, from `content`.
pub fn policy_with_frame(content: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{CONTENT_SECURITY_POLICY}; frame-src 'self' {content}")).ok()
}

/// Adds them, except where a handler has set one itself.
pub async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    // Injected markup can't run or load anything.
    add(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    // A file that a user named is never taken for a script.
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Old browsers' way of saying frame-ancestors.
    add(header::X_FRAME_OPTIONS, "DENY");
    // Addresses of groups and jobs don't leak to other sites.
    add(header::REFERRER_POLICY, "same-origin");
    // A page of another origin that opened us can't reach into us, nor load our answers.
    add(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    add(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    // Signed-in pages stay out of shared caches and of the back button after log-out.
    add(header::CACHE_CONTROL, "no-store");
    response
}
