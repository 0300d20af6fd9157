//! The portal and the content origin keep apart.

use axum::http::{Method, StatusCode, header};
use test_kit::sqlite;

use crate::portal::{TestPortal, text};

#[tokio::test]
async fn the_portal_s_origin_shows_no_workload() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let cookie = portal.cookie("root").await;
    for path in ["/w/nb-1/", "/w/nb-1/lab", "/w/nb-1/.portico/enter?code=x", "/w/", "/.portico/page.css"] {
        let response = portal.send(TestPortal::request(&Method::GET, path, Some(&cookie), None)).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(
            response.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .contains("frame-ancestors 'none'")
        );
    }
}

#[tokio::test]
async fn the_content_origin_shows_no_page_of_the_portal() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let cookie = portal.cookie("root").await;
    for host in ["nb-1.apps.test", "NB-1.apps.test:8080"] {
        for path in
            ["/", "/sign-in", "/g/vision", "/api/v1/me", "/assets/x/portico.css", "/readyz", "/open/nb-1"]
        {
            let mut request = TestPortal::request(&Method::GET, path, Some(&cookie), None);
            request.headers_mut().insert(header::HOST, host.parse().unwrap());
            let response = portal.send(request).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{host} {path}");
            assert!(text(response).await.contains("no page at this address"), "{host} {path}");
        }
        let mut request = TestPortal::request(&Method::GET, "/healthz", None, None);
        request.headers_mut().insert(header::HOST, host.parse().unwrap());
        assert_eq!(text(portal.send(request).await).await, "ok\n");
        // Another workload's host opens none.
        let mut request = TestPortal::request(&Method::GET, "/w/nb-2/", None, None);
        request.headers_mut().insert(header::HOST, host.parse().unwrap());
        request.headers_mut().insert(header::ACCEPT, "text/html".parse().unwrap());
        assert_eq!(portal.send(request).await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_domain_s_workload_is_entered_by_its_own_host() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let mut request = TestPortal::request(&Method::GET, "/w/nb-1/lab", None, None);
    request.headers_mut().insert(header::HOST, "nb-1.apps.test".parse().unwrap());
    request.headers_mut().insert(header::ACCEPT, "text/html".parse().unwrap());
    let sent_off = portal.send(request).await;
    assert_eq!(sent_off.status(), StatusCode::SEE_OTHER);
    assert_eq!(sent_off.headers()[header::LOCATION], "http://portal.test/open/nb-1?to=%2Fw%2Fnb-1%2Flab");
}
