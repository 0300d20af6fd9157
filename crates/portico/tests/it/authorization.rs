//! The sweep: every route of the table × everybody, with sessions and with tokens.
//!
//! What a route says of itself (its policy) must be what happens. A route that lets somebody in whom its policy does
//! not name, or refuses somebody whom it does, fails here; so does one that answers 5xx.

use accounts::groups::NewGroup;
use axum::body::Body;
use axum::http::{Method, Response, StatusCode};
use base::{Role, TokenScope};
use test_kit::on_both_databases;
use web_kit::{Policy, RouteRow};

use crate::portal::{TestPortal, text};

/// Everybody, in the order of the columns.
const PEOPLE: [Option<&str>; 5] = [None, Some("otto"), Some("mia"), Some("gail"), Some("root")];

/// What the policy alone must answer; `None` where the handler decides.
fn refusal(policy: Policy, who: Option<&str>) -> Option<StatusCode> {
    match (policy, who) {
        (Policy::Public, _) => None,
        (_, None) => Some(StatusCode::UNAUTHORIZED),
        (Policy::SignedIn, Some(_)) => None,
        (Policy::Member, Some("otto")) | (Policy::GroupAdmin, Some("otto")) => Some(StatusCode::NOT_FOUND),
        (Policy::GroupAdmin, Some("mia")) => Some(StatusCode::FORBIDDEN),
        (Policy::Member | Policy::GroupAdmin, Some(_)) => None,
        (Policy::PlatformAdmin, Some("root")) => None,
        (Policy::PlatformAdmin, Some(_)) => Some(StatusCode::FORBIDDEN),
    }
}

fn concrete(path: &str) -> String {
    path.replace("{group}", "vision")
        .replace("{name}", "nothing")
        .replace("{user}", "nobody")
        .replace("{job}", "job-202601010000-zzzzzz")
        .replace("{notebook}", "nb-zzzzzzzz")
        .replace("{image}", "no-image")
        .replace("{version}", "v")
        .replace("{*path}", "nothing.css")
        .replace("{slug}", "nb-none")
        .replace("{session}", "0")
        .replace("{token}", "0")
        .replace("{key}", "0")
}

/// What is wrong with the form of a refusal, if it is one: it must have the form of what its row answers with.
fn misshapen(row: &RouteRow, response: &Response<Body>) -> Option<String> {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let location = response.headers().get("location").and_then(|to| to.to_str().ok());
    let right = match response.status() {
        StatusCode::UNAUTHORIZED if row.answer.is_for_people() => row.policy == Policy::Public,
        status if status.is_client_error() && row.answer.is_for_people() => kind.starts_with("text/html"),
        status if status.is_client_error() && is_clearml(row) => kind == "application/json",
        status if status.is_client_error() => kind == "application/problem+json",
        // Nobody but people can sign in.
        _ => row.answer.is_for_people() || location.is_none(),
    };
    (!right).then(|| format!("{:?} answers {} {kind} {location:?}", row.answer, response.status()))
}

fn is_clearml(row: &RouteRow) -> bool {
    row.path.starts_with(paths::clearml::ROOT)
}

/// Routes that would end the session of whoever sweeps.
fn ends_the_sweep(row: &RouteRow) -> bool {
    row.path == "/sign-out"
}

on_both_databases! {
    async fn every_route_keeps_its_policy(database) {
        let portal = TestPortal::new(&database).await;
        let mut cookies = Vec::new();
        let mut tokens = Vec::new();
        for who in PEOPLE {
            cookies.push(match who { Some(name) => Some(portal.cookie(name).await), None => None });
            tokens.push(match who { Some(name) => Some(portal.token(name, TokenScope::Write).await), None => None });
        }
        let mut checked = 0;
        let mut wrong = Vec::new();
        let mut rows: Vec<&RouteRow> = portal.rows.iter().filter(|row| !ends_the_sweep(row) && !is_clearml(row)).collect();
        // The platform admin's turn ends the group, and with it what its members and outsiders are told apart by.
        rows.sort_by_key(|row| row.method == Method::DELETE && row.path == "/api/v1/groups/{group}");
        for row in rows {
            let path = concrete(row.path);
            for (n, who) in PEOPLE.iter().enumerate() {
                let mut ways = vec![TestPortal::request(&row.method, &path, cookies[n].as_deref(), None)];
                if row.takes_tokens() {
                    ways.push(TestPortal::request(&row.method, &path, None, tokens[n].as_deref()));
                }
                if row.method == Method::GET {
                    ways.push(TestPortal::request(&Method::HEAD, &path, cookies[n].as_deref(), None));
                }
                for request in ways {
                    let is_head = request.method() == Method::HEAD;
                    let response = portal.send(request).await;
                    let status = response.status();
                    // Browsers that are not signed in are led to the sign-in page.
                    let to_sign_in = response.headers().get("location").is_some_and(|to| to.as_bytes().starts_with(b"/sign-in"));
                    let seen = if to_sign_in && who.is_none() { StatusCode::UNAUTHORIZED } else { status };
                    checked += 1;
                    let right = match refusal(row.policy, *who) {
                        Some(expected) => seen == expected,
                        None => !status.is_server_error() && (seen != StatusCode::UNAUTHORIZED || row.policy == Policy::Public),
                    };
                    if !right {
                        wrong.push(format!("{} {} as {who:?}: {status}", row.method, row.path));
                    }
                    wrong.extend(misshapen(row, &response).map(|how| format!("{} {} as {who:?}: {how}", row.method, row.path)));
                    if is_head && !text(response).await.is_empty() {
                        wrong.push(format!("HEAD {} as {who:?} has a body", row.path));
                    }
                }
            }
        }
        assert!(checked > 500, "only {checked} requests were made");
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    async fn actions_of_clearml_are_opened_by_access_keys_only(database) {
        let portal = TestPortal::new(&database).await;
        let (cookie, token) = (portal.cookie("mia").await, portal.token("mia", TokenScope::Write).await);
        let (mia, gail) = (portal.access_key("mia").await, portal.access_key("gail").await);
        let rows: Vec<&RouteRow> = portal.rows.iter().filter(|row| is_clearml(row)).collect();
        assert!(rows.len() > 10);
        for row in rows {
            let basic = |pair: &str| {
                let mut request = TestPortal::request(&row.method, row.path, None, None);
                let value = format!("Basic {pair}").parse().unwrap();
                request.headers_mut().insert("authorization", value);
                request
            };
            let cases = [
                ("nobody", TestPortal::request(&row.method, row.path, None, None), row.policy == Policy::Public),
                ("a session", TestPortal::request(&row.method, row.path, Some(&cookie), None), row.policy == Policy::Public),
                ("an API token", TestPortal::request(&row.method, row.path, None, Some(&token)), false),
                ("no pair", basic("bWlhOm5vdGhpbmc="), false),
                ("a member's key", basic(&mia), true),
                ("a group admin's key", basic(&gail), true),
            ];
            for (who, request, is_let_in) in cases {
                let response = portal.send(request).await;
                let status = response.status();
                assert_eq!(status != StatusCode::UNAUTHORIZED, is_let_in, "{} as {who}: {status}", row.path);
                assert!(!status.is_server_error(), "{} as {who}: {status}", row.path);
                assert_eq!(misshapen(row, &response), None, "{} as {who}", row.path);
            }
        }
    }

    // A key is for one group: it opens neither the REST API nor another group's things.
    async fn access_keys_open_no_page_and_no_call_of_ours(database) {
        let portal = TestPortal::new(&database).await;
        let key = portal.access_key("gail").await;
        for row in portal.rows.iter().filter(|row| !is_clearml(row) && row.policy != Policy::Public) {
            let mut request = TestPortal::request(&row.method, &concrete(row.path), None, None);
            request.headers_mut().insert("authorization", format!("Basic {key}").parse().unwrap());
            let response = portal.send(request).await;
            let to_sign_in = response.headers().get("location").is_some_and(|to| to.as_bytes().starts_with(b"/sign-in"));
            assert!(response.status() == StatusCode::UNAUTHORIZED || to_sign_in, "{} {}", row.method, row.path);
        }
    }

    // These names once made an error of theirs look like one of a stream or a log.
    async fn refusals_have_the_form_of_their_row_whatever_the_group_is_called(database) {
        let portal = TestPortal::new(&database).await;
        let mia = portal.cookie("mia").await;
        let system = portal.world.system();
        let mut wrong = Vec::new();
        for name in ["vision", "events", "log", "palette", "api"] {
            if name != "vision" {
                let group = NewGroup { name: name.to_owned(), ..NewGroup::default() };
                portal.world.accounts.create_group(&system, group).await.unwrap();
                portal.world.accounts.add_member(&system, name, "mia", Role::Admin).await.unwrap();
            }
            for row in portal.rows.iter().filter(|row| row.path.contains("{group}")) {
                let path = concrete(row.path).replace("/vision", &format!("/{name}"));
                let signed_out = portal.send(TestPortal::request(&row.method, &path, None, None)).await;
                let location = signed_out.headers().get("location").map(|to| to.to_str().unwrap());
                let right = if row.answer.is_for_people() {
                    signed_out.status() == StatusCode::SEE_OTHER && location.is_some_and(|to| to.starts_with("/sign-in"))
                } else {
                    signed_out.status() == StatusCode::UNAUTHORIZED && signed_out.headers()["content-type"] == "application/problem+json"
                };
                if !right {
                    wrong.push(format!("{} {path} signed out: {} {location:?}", row.method, signed_out.status()));
                }
                if row.policy == Policy::PlatformAdmin || row.method == Method::DELETE {
                    continue;
                }
                let unknown = portal.send(TestPortal::request(&row.method, &path, Some(&mia), None)).await;
                wrong.extend(misshapen(row, &unknown).map(|how| format!("{} {path}: {how}", row.method)));
                let names_one = ["{job}", "{notebook}", "{image}"].iter().any(|part| row.path.contains(part));
                if names_one && name != "vision" && unknown.status() != StatusCode::NOT_FOUND && !unknown.status().is_client_error() {
                    wrong.push(format!("{} {path}: {} of what is not there", row.method, unknown.status()));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    async fn every_address_says_what_it_takes(database) {
        let portal = TestPortal::new(&database).await;
        for row in &portal.rows {
            let response = portal.send(TestPortal::request(&Method::OPTIONS, &concrete(row.path), None, None)).await;
            assert_eq!(response.status(), StatusCode::NO_CONTENT, "{}", row.path);
            let allowed: Vec<String> = response.headers()["allow"].to_str().unwrap().split(", ").map(str::to_owned).collect();
            for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let takes = portal.rows.iter().any(|other| other.path == row.path && other.takes(&method));
                assert_eq!(allowed.contains(&method.to_string()), takes, "{method} {} in {allowed:?}", row.path);
            }
            assert!(allowed.contains(&"OPTIONS".to_owned()));
            assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
            assert!(text(response).await.is_empty(), "{}", row.path);
        }
    }

    async fn a_token_that_reads_changes_nothing(database) {
        let portal = TestPortal::new(&database).await;
        let token = portal.token("root", TokenScope::Read).await;
        for row in portal.rows.iter().filter(|row| row.takes_tokens() && row.method != Method::GET) {
            let response = portal.send(TestPortal::request(&row.method, &concrete(row.path), None, Some(&token))).await;
            let status = response.status();
            assert!(status.is_client_error(), "{} {}: {status}", row.method, row.path);
        }
        let users = portal.world.accounts.list_users(&portal.world.system(), "", None, 100).await.unwrap();
        assert_eq!(users.len(), 5);
    }

    async fn a_token_opens_no_page_and_no_url_holds_one(database) {
        let portal = TestPortal::new(&database).await;
        let token = portal.token("root", TokenScope::Write).await;
        for path in ["/g/vision", "/admin/users"] {
            let response = portal.send(TestPortal::request(&Method::GET, path, None, Some(&token))).await;
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path} is for browsers");
        }
        for name in ["token", "access_token", "api_key"] {
            let path = format!("/api/v1/me?{name}={token}");
            let response = portal.send(TestPortal::request(&Method::GET, &path, None, None)).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        }
    }

    async fn what_another_site_sends_is_refused(database) {
        let portal = TestPortal::new(&database).await;
        let cookie = portal.cookie("root").await;
        for row in portal.rows.iter().filter(|row| row.method != Method::GET && !ends_the_sweep(row)) {
            for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.test"), ("origin", "null")] {
                let mut request = TestPortal::request(&row.method, &concrete(row.path), Some(&cookie), None);
                request.headers_mut().remove("sec-fetch-site");
                request.headers_mut().insert(name, value.parse().unwrap());
                let response = portal.send(request).await;
                assert_eq!(response.status(), StatusCode::FORBIDDEN, "{} {} with {name}: {value}", row.method, row.path);
            }
        }
    }

    async fn a_group_that_one_may_not_see_is_like_one_that_is_not_there(database) {
        let portal = TestPortal::new(&database).await;
        let token = portal.token("otto", TokenScope::Write).await;
        let mut answers = Vec::new();
        for group in ["vision", "no-such-group"] {
            let request = TestPortal::request(&Method::GET, &format!("/api/v1/groups/{group}/jobs"), None, Some(&token));
            let response = portal.send(request).await;
            let status = response.status();
            let mut body: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
            body["request_id"] = serde_json::Value::Null;
            answers.push((status, body));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0].0, StatusCode::NOT_FOUND);
    }

    async fn other_spellings_of_a_path_open_nothing(database) {
        let portal = TestPortal::new(&database).await;
        for path in ["/g/vision/", "//g/vision", "/g//vision", "/g/vision%2Fjobs", "/G/vision", "/g/vision/../vision", "/api/v1/groups/vision/", "/api//v1/me"] {
            for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::TRACE] {
                let response = portal.send(TestPortal::request(&method, path, None, None)).await;
                let (status, allow) = (response.status(), response.headers().get("allow").cloned());
                // What a pattern takes is told of all that it matches, and is all that is told.
                if method == Method::OPTIONS && status == StatusCode::NO_CONTENT {
                    assert!(allow.is_some() && text(response).await.is_empty(), "{method} {path}");
                    continue;
                }
                assert!(!status.is_success() && !status.is_server_error(), "{method} {path}: {status}");
            }
        }
    }

    async fn refusals_of_the_router_are_problem_details_too(database) {
        let portal = TestPortal::new(&database).await;
        let token = portal.token("mia", TokenScope::Write).await;
        let cases = [
            (Method::GET, "/api/v1/groups/vision/jobs/%FF", StatusCode::BAD_REQUEST, "bad_address"),
            (Method::PUT, "/api/v1/groups/vision/jobs", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        ];
        for (method, path, status, code) in cases {
            let response = portal.send(TestPortal::request(&method, path, None, Some(&token))).await;
            assert_eq!(response.status(), status, "{method} {path}");
            let body: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
            assert_eq!(body["code"], code);
        }
    }

    async fn a_planted_session_cookie_is_ignored_or_ends_the_visit(database) {
        let portal = TestPortal::new(&database).await;
        let (mia, also_mia, max) = (portal.cookie("mia").await, portal.cookie("mia").await, portal.cookie("max").await);
        let dead = "portico-session=planted";
        let send = async |cookies: &[&str]| {
            let cookies = cookies.join("; ");
            portal.send(TestPortal::request(&Method::GET, "/g/vision", Some(&cookies), None)).await
        };
        for cookies in [[dead, &mia], [&mia, dead], [&mia, &also_mia]] {
            assert_eq!(send(&cookies).await.status(), StatusCode::OK, "{cookies:?}");
        }
        for cookies in [[max.as_str(), &mia], [&mia, &max]] {
            let response = send(&cookies).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
            assert_eq!(response.headers()["clear-site-data"], "\"cookies\"");
            assert!(response.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
            assert!(text(response).await.contains("sessions of two people"));
        }
    }
}
