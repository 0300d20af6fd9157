//! Who is let in, and who is let go.

use std::time::Duration;

use accounts::users::UserChange;
use axum::http::{Method, StatusCode};
use base::TokenScope;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use test_kit::{on_both_databases, sqlite};

use crate::content::{Content, text};

/// Reads a stream until it breaks; how long that took.
async fn broken_after(mut body: Incoming) -> Duration {
    let begin = tokio::time::Instant::now();
    let end = async { while let Some(Ok(_)) = body.frame().await {} };
    tokio::time::timeout(Duration::from_secs(5), end).await.unwrap();
    begin.elapsed()
}

on_both_databases! {
    async fn access_ends_within_a_second_for_what_is_open_too(database) {
        let content = Content::new(&database).await;
        let system = content.world.system();
        let accounts = &content.world.accounts;
        let group = "vision";
        for case in ["sign out", "remove", "disable", "revoke"] {
            let portal_cookie = content.signed_in("mia").await;
            let cookie = content.entered(&portal_cookie).await;
            let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
            let own = if case == "revoke" { ("authorization", token.as_str()) } else { ("cookie", cookie.as_str()) };
            let drip = content.get("/w/nb-1/drip", &[own]).await;
            assert_eq!(drip.status(), StatusCode::OK, "{case}");
            let ctx = content.world.person("mia").await;
            match case {
                "sign out" => drop(accounts.revoke_other_sessions(&ctx).await.unwrap()),
                "remove" => accounts.remove_member(&system, group, "mia").await.unwrap(),
                "disable" => {
                    let off = UserChange { enabled: Some(false), ..UserChange::default() };
                    drop(accounts.update_user(&system, "mia", off).await.unwrap());
                }
                _ => {
                    let token = accounts.list_tokens(&ctx).await.unwrap()[0].id;
                    accounts.revoke_token(&ctx, token).await.unwrap();
                }
            }
            assert!(broken_after(drip.into_body()).await < Duration::from_millis(1200), "{case}");
            let status = content.get("/w/nb-1/", &[own]).await.status();
            let expected = if case == "remove" { StatusCode::NOT_FOUND } else { StatusCode::UNAUTHORIZED };
            assert_eq!(status, expected, "{case}");
            let on = UserChange { enabled: Some(true), ..UserChange::default() };
            accounts.update_user(&system, "mia", on).await.unwrap();
            accounts.add_member(&system, group, "mia", base::Role::Member).await.unwrap();
        }
    }

    async fn what_changes_elsewhere_cuts_nothing(database) {
        let content = Content::new(&database).await;
        let cookie = content.mia().await;
        let mut drip = content.get("/w/nb-1/drip", &[("cookie", &cookie)]).await.into_body();
        let system = content.world.system();
        content.world.accounts.add_member(&system, "speech", "mia", base::Role::Member).await.unwrap();
        content.world.accounts.remove_member(&system, "speech", "mia").await.unwrap();
        content.world.accounts.remove_member(&system, "vision", "max").await.unwrap();
        content.world.accounts.add_member(&system, "vision", "mia", base::Role::Admin).await.unwrap();
        let reading = async { while let Some(Ok(_)) = drip.frame().await {} };
        assert!(tokio::time::timeout(Duration::from_secs(2), reading).await.is_err(), "it goes on");
    }
}

#[tokio::test]
async fn an_attempt_that_ended_ends_its_streams() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let drip = content.get("/w/nb-1/drip", &[("cookie", &cookie)]).await;
    content.change(|served| served.attempt = None);
    // The engine says that something ended; the fake only changes what is known.
    let db = content.world.db.clone();
    db.write(|tx| Box::pin(async move { tx.emit(base::Timestamp(1), None, db::Topic::Jobs, "nb-1").await }))
        .await
        .unwrap();
    assert!(broken_after(drip.into_body()).await < Duration::from_millis(1200));
}

#[tokio::test]
async fn stopping_the_server_ends_streams_at_once() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let drip = content.get("/w/nb-1/drip", &[("cookie", &cookie)]).await;
    content.stop.send(true).unwrap();
    assert!(broken_after(drip.into_body()).await < Duration::from_millis(300));
}

#[tokio::test]
async fn what_another_site_sends_is_refused() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let token = format!("Bearer {}", content.token("mia", TokenScope::Write).await);
    let cookie = ("cookie", cookie.as_str());
    let send = async |method: Method, headers: &[(&str, &str)]| {
        content.send(content.request(&method, "/w/nb-1/echo", headers)).await.status()
    };
    for bad in [
        &[cookie][..],
        &[cookie, ("origin", "http://localhost:1")],
        &[cookie, ("origin", "null")],
        &[cookie, ("sec-fetch-site", "cross-site"), ("origin", &content.origin)],
        &[cookie, ("sec-fetch-site", "same-site")],
    ] {
        assert_eq!(send(Method::POST, bad).await, StatusCode::FORBIDDEN, "{bad:?}");
    }
    for fine in [
        &[cookie, ("origin", content.origin.as_str())][..],
        &[cookie, ("sec-fetch-site", "same-origin")],
        &[("authorization", token.as_str()), ("sec-fetch-site", "cross-site")],
        &[("authorization", token.as_str())],
    ] {
        assert_eq!(send(Method::POST, fine).await, StatusCode::OK, "{fine:?}");
    }
    let script = [
        cookie,
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "script"),
    ];
    assert_eq!(send(Method::GET, &script).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_planted_content_cookie_is_ignored() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    for cookies in
        [format!("portico-content=planted; {cookie}"), format!("{cookie}; portico-content=planted")]
    {
        assert_eq!(content.get("/w/nb-1/", &[("cookie", &cookies)]).await.status(), StatusCode::OK);
    }
    content.start("nb-2", "mia").await;
    let other = content.get("/w/nb-2/", &[("cookie", &cookie)]).await;
    assert_eq!(other.status(), StatusCode::UNAUTHORIZED, "a content session is for one workload");
}

#[tokio::test]
async fn no_token_counts_in_an_address() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let token = content.token("mia", TokenScope::Write).await;
    for name in ["token", "access_token"] {
        let response = content.get(&format!("/w/nb-1/?{name}={token}"), &[]).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    let reading = format!("Bearer {}", content.token("mia", TokenScope::Read).await);
    let refused = content.get("/w/nb-1/", &[("authorization", &reading)]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(text(refused).await.contains("token_scope"));
}

#[tokio::test]
async fn content_sessions_outlive_the_server() {
    let database = sqlite().await;
    let content = Content::new(&database).await;
    let cookie = content.mia().await;
    let again =
        proxy::Proxy::new(content.portal_state.clone(), content.workloads.clone(), content.settings.clone());
    let request = content.request(&Method::GET, "/w/nb-1/", &[("cookie", &cookie)]);
    let response = tower::ServiceExt::oneshot(again.content_origin(), request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}
