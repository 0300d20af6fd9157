//! The sweep over the content origin: every row × everybody × reading, changing and upgrading.

use axum::http::{Method, StatusCode};
use base::TokenScope;
use proxy::{ContentPolicy, ROWS};
use test_kit::on_both_databases;

use crate::content::{Content, SLUG};

/// Nobody, an outsider, a member, a group admin, a platform admin; and the owner, who is a member too.
const PEOPLE: [Option<&str>; 6] = [None, Some("otto"), Some("max"), Some("gail"), Some("root"), Some("mia")];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Read,
    Change,
    Upgrade,
}

on_both_databases! {
    async fn every_row_keeps_its_policy(database) {
        let content = Content::new(&database).await;
        let mut wrong = Vec::new();
        let mut checked = 0;
        for who in PEOPLE {
            let token = match who {
                Some(name) => Some(format!("Bearer {}", content.token(name, TokenScope::Write).await)),
                None => None,
            };
            // The portal's own cookie opens nothing here.
            let portal_cookie = match who {
                Some(name) => content.signed_in(name).await,
                None => String::new(),
            };
            let content_cookie = if who == Some("mia") { content.entered(&portal_cookie).await } else { String::new() };
            for row in ROWS {
                let path = row.path.replace("{slug}", SLUG).replace("{*path}", "ws");
                for way in [Way::Read, Way::Change, Way::Upgrade] {
                    let credentials = [
                        ("authorization", token.clone(), who.is_some()),
                        ("cookie", Some(portal_cookie.replace("portico-session", "portico-content")), false),
                        ("cookie", Some(portal_cookie.clone()), false),
                        ("cookie", Some(content_cookie.clone()), who == Some("mia")),
                    ];
                    for (name, value, is_known) in credentials {
                        let value = value.unwrap_or_default();
                        let mut headers = vec![(name, value.as_str()), ("origin", content.origin.as_str())];
                        if way == Way::Upgrade {
                            headers.extend([
                                ("connection", "upgrade"),
                                ("upgrade", "websocket"),
                                ("sec-websocket-version", "13"),
                                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                            ]);
                        }
                        headers.retain(|(_, value)| !value.is_empty());
                        let method = if way == Way::Change { Method::POST } else { Method::GET };
                        let response = content.send(content.request(&method, &path, &headers)).await;
                        let (status, has_cookie) = (response.status(), response.headers().contains_key("set-cookie"));
                        checked += 1;
                        let right = match row.policy {
                            ContentPolicy::Public if way == Way::Change => status == StatusCode::NOT_FOUND,
                            ContentPolicy::Public => status == StatusCode::OK,
                            // What a job left is shown to whoever brings a code, and there is nothing to come back to.
                            ContentPolicy::Code if row.path.starts_with("/r/") && way != Way::Change => {
                                status == StatusCode::UNAUTHORIZED && !has_cookie
                            }
                            // Without a code, whoever asks: to the workload, which asks for more.
                            ContentPolicy::Code if way == Way::Change => status == StatusCode::NOT_FOUND,
                            ContentPolicy::Code => status == StatusCode::SEE_OTHER && !has_cookie,
                            ContentPolicy::Owner => match (who, is_known) {
                                (Some("mia"), true) => {
                                    // What the workload itself answers: it takes no changes there, and upgrades in one place.
                                    let theirs = [StatusCode::SWITCHING_PROTOCOLS, StatusCode::BAD_REQUEST, StatusCode::METHOD_NOT_ALLOWED];
                                    status.is_success() || theirs.contains(&status)
                                }
                                (Some(_), true) => status == StatusCode::NOT_FOUND,
                                _ => status == StatusCode::UNAUTHORIZED,
                            },
                        };
                        if !right {
                            wrong.push(format!("{way:?} {path} as {who:?} by {name} (known: {is_known}): {status}"));
                        }
                    }
                }
            }
        }
        assert!(checked > 400, "only {checked} requests were made");
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    async fn nothing_else_is_there(database) {
        let content = Content::new(&database).await;
        let cookie = content.mia().await;
        for path in ["/", "/sign-in", "/g/vision", "/api/v1/me", "/assets/x/portico.css", "/open/nb-1", "/w", "/w/", "/w/NB-1/", "/w/nb-1/.portico/", "/w/nb-1/.portico/other", "/w/../healthz", "//healthz", "/w/nb-1%2Fws"] {
            for who in ["", cookie.as_str()] {
                let headers: &[_] = if who.is_empty() { &[] } else { &[("cookie", who)] };
                let response = content.get(path, headers).await;
                assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
                assert_eq!(response.headers()["x-content-type-options"], "nosniff");
                assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
            }
        }
    }
}
