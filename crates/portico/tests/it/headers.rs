//! Headers that every answer carries.

use axum::http::Method;
use test_kit::sqlite;

use crate::portal::TestPortal;

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let cookie = portal.cookie("root").await;
    for path in [
        "/g/vision",
        "/nothing",
        "/api/v1/me",
        "/api/v1/nothing",
        "/sign-in",
        "/assets/x/nothing",
        "/healthz",
    ] {
        let response = portal.send(TestPortal::request(&Method::GET, path, Some(&cookie), None)).await;
        let header = |name: &str| {
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
    }
}
