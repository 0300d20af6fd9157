//! From the portal into a workload, by a code that works once.

use axum::http::{StatusCode, header};
use test_kit::{on_both_databases, sqlite};

use crate::content::{Content, SLUG, location, text};

const NAVIGATION: [(&str, &str); 3] =
    [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("accept", "text/html")];

on_both_databases! {
    async fn a_person_walks_in(database) {
        let content = Content::new(&database).await;
        let portal_cookie = content.signed_in("mia").await;

        let sent_off = content.get("/w/nb-1/lab/tree/a%20b?x=1&y", &NAVIGATION).await;
        assert_eq!(sent_off.status(), StatusCode::SEE_OTHER);
        let to = "%2Fw%2Fnb-1%2Flab%2Ftree%2Fa%2520b%3Fx%3D1%26y";
        assert_eq!(location(&sent_off), format!("http://portal.test/open/nb-1?to={to}"));

        let opened = content.open(SLUG, to, &portal_cookie).await;
        assert_eq!(opened.status(), StatusCode::SEE_OTHER);
        assert_eq!(opened.headers()[header::REFERRER_POLICY], "no-referrer");
        let enter = location(&opened);
        let enter = enter.strip_prefix(&content.origin).unwrap();
        assert!(enter.starts_with("/w/nb-1/.portico/enter?code="), "{enter}");

        let entered = content.get(enter, &NAVIGATION).await;
        assert_eq!(location(&entered), "/w/nb-1/lab/tree/a%20b?x=1&y");
        let cookie = entered.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert!(pair.starts_with("portico-content="));
        assert_eq!(attributes, "Path=/w/nb-1/; HttpOnly; SameSite=Lax; Max-Age=2592000");

        let page = content.get("/w/nb-1/lab", &[("cookie", pair)]).await;
        assert_eq!(text(page).await, "workload\n");
    }

    async fn of_two_who_bring_a_code_one_gets_in(database) {
        let content = Content::new(&database).await;
        let opened = content.open(SLUG, "", &content.signed_in("mia").await).await;
        let enter = location(&opened);
        let enter = enter.strip_prefix(&content.origin).unwrap();
        let both = futures::future::join_all((0..2).map(|_| content.get(enter, &NAVIGATION))).await;
        let cookies = both.iter().filter(|response| response.headers().contains_key(header::SET_COOKIE));
        assert_eq!(cookies.count(), 1);
        assert!(both.iter().all(|response| location(response) == "/w/nb-1/"));
    }
}

#[tokio::test]
async fn a_head_request_spends_no_code() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let opened = content.open(SLUG, "", &content.signed_in("mia").await).await;
    let enter = location(&opened);
    let enter = enter.strip_prefix(&content.origin).unwrap();
    let head = content.send(content.request(&axum::http::Method::HEAD, enter, &[])).await;
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
    assert!(content.get(enter, &[]).await.headers().contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn a_code_is_for_one_workload_and_soon_over() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    content.start("nb-2", "mia").await;
    let portal_cookie = content.signed_in("mia").await;
    let enter = async |slug: &str| {
        let opened = content.open(slug, "", &portal_cookie).await;
        location(&opened).strip_prefix(&content.origin).unwrap().to_owned()
    };
    let elsewhere = enter("nb-2").await.replace("nb-2", "nb-1");
    assert!(!content.get(&elsewhere, &[]).await.headers().contains_key(header::SET_COOKIE));
    let late = enter("nb-1").await;
    content.world.clock.advance_seconds(31);
    assert!(!content.get(&late, &[]).await.headers().contains_key(header::SET_COOKIE));
    // A session that ended in between opens nothing.
    let enter = enter("nb-1").await;
    let name = content.world.person("mia").await;
    content.world.accounts.revoke_other_sessions(&name).await.unwrap();
    let refused = content.get(&enter, &[]).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_after_entering() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let portal_cookie = content.signed_in("mia").await;
    for to in [
        "https://evil.test/",
        "//evil.test/",
        "%2F%2Fevil.test",
        "%5C%5Cevil.test",
        "/g/vision",
        "..%2F..%2Fhealthz",
    ] {
        let opened = content.open(SLUG, to, &portal_cookie).await;
        let entered = content.get(location(&opened).strip_prefix(&content.origin).unwrap(), &[]).await;
        assert!(location(&entered).starts_with("/w/nb-1/"), "{to}: {}", location(&entered));
    }
}

#[tokio::test]
async fn what_does_not_run_or_is_anothers_is_not_opened() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let portal_cookie = content.signed_in("mia").await;
    for name in ["max", "gail", "root", "otto"] {
        let cookie = content.signed_in(name).await;
        let (theirs, missing) =
            (content.open(SLUG, "", &cookie).await, content.open("nb-none", "", &cookie).await);
        assert_eq!(
            (theirs.status(), missing.status()),
            (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
            "{name}"
        );
    }
    assert_eq!(content.open(SLUG, "", "").await.status(), StatusCode::UNAUTHORIZED);
    content.change(|served| served.attempt = None);
    assert_eq!(location(&content.open(SLUG, "", &portal_cookie).await), "/g/vision/notebooks/nb-1");
}

#[tokio::test]
async fn while_it_starts_the_page_asks_again() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    content.change(|served| served.ready = false);
    let own = [("cookie", cookie.as_str()), NAVIGATION[0], NAVIGATION[1], NAVIGATION[2]];
    // What was found out before holds for a second at most.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let page = content.get("/w/nb-1/lab", &own).await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        (&page.headers()["refresh"], &page.headers()["retry-after"]),
        (&"2".parse().unwrap(), &"2".parse().unwrap())
    );
    let html = text(page).await;
    assert!(
        html.contains("The workload is starting.")
            && html.contains("http://portal.test/g/vision/notebooks/nb-1")
    );
    let data = content.get("/w/nb-1/api", &own[..1]).await;
    assert_eq!(data.headers()["content-type"], "application/problem+json");
    assert!(text(data).await.contains("workload_starting"));
    content.change(|served| served.ready = true);
    assert_eq!(text(content.get("/w/nb-1/lab", &own).await).await, "workload\n");

    content.change(|served| served.attempt = None);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let stopped = content.get("/w/nb-1/lab", &own).await;
    assert!(!stopped.headers().contains_key("refresh"));
    assert!(text(stopped).await.contains("The workload does not run."));
}

#[tokio::test]
async fn nobody_enters_under_the_portal_s_name() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let opened = content.open(SLUG, "", &content.signed_in("mia").await).await;
    let enter = location(&opened);
    let enter = enter.strip_prefix(&content.origin).unwrap();
    let mut request = content.request(&axum::http::Method::GET, enter, &[]);
    request.headers_mut().insert(header::HOST, "portal.test:8081".parse().unwrap());
    let refused = content.send(request).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    assert!(text(refused).await.contains("wrong_host"));
    assert!(
        content.get(enter, &[]).await.headers().contains_key(header::SET_COOKIE),
        "the code is not spent"
    );
}
