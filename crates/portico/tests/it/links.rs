//! Links of the pages lead to rows of the table: what a sample page shows, the portal serves.

use axum::http::Method;
use test_kit::sqlite;

use crate::portal::TestPortal;

/// An element with its attributes, unescaped.
struct Element<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, String)>,
}

impl Element<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str())
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Every element of a page. Enough for pages whose attributes are all quoted, as ours are.
fn elements(html: &str) -> Vec<Element<'_>> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if !after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let end = after.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(after.len());
        let (name, mut tail) = after.split_at(end);
        let mut attributes = Vec::new();
        loop {
            tail = tail.trim_start();
            if tail.is_empty() || tail.starts_with('>') || tail.starts_with("/>") {
                break;
            }
            let end = tail.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>')).unwrap_or(tail.len());
            let (key, after) = tail.split_at(end.max(1));
            tail = after;
            let Some(value) = after.strip_prefix('=') else { continue };
            let (value, after) = match value.strip_prefix('"') {
                Some(value) => value.split_once('"').unwrap_or((value, "")),
                None => {
                    value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len()))
                }
            };
            attributes.push((key, unescaped(value)));
            tail = after;
        }
        rest = tail;
        found.push(Element { name, attributes });
    }
    found
}

/// What a page asks for, and how.
fn asked(html: &str) -> Vec<(Method, String)> {
    let mut found = Vec::new();
    let mut form = Method::GET;
    for element in elements(html) {
        let method = |name: Option<&str>| match name {
            Some(name) if name.eq_ignore_ascii_case("post") => Method::POST,
            _ => Method::GET,
        };
        if element.name == "form" {
            form = method(element.get("method"));
        }
        for (name, value) in &element.attributes {
            let how = match *name {
                "href" | "src" | "hx-get" | "data-live" | "data-session" => Method::GET,
                "action" => form.clone(),
                "formaction" => element.get("formmethod").map_or(form.clone(), |name| method(Some(name))),
                "hx-post" => Method::POST,
                "hx-put" => Method::PUT,
                "hx-delete" => Method::DELETE,
                // The parts of a log.
                "data-base" => {
                    for part in ["lines", "stream", "search", "download"] {
                        found.push((Method::GET, format!("{value}/{part}")));
                    }
                    continue;
                }
                _ => continue,
            };
            if value.starts_with('/') && !value.starts_with("//") {
                found.push((how, value.clone()));
            }
        }
    }
    found
}

/// How well an address fits a pattern: as the router chooses, what is written out goes before what is not.
fn fit(pattern: &str, path: &str) -> Option<Vec<bool>> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut fixed = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(fixed),
            (Some(part), Some(_)) if part.starts_with("{*") => return Some(fixed),
            (Some(part), Some(found)) if part.starts_with('{') => {
                if found.is_empty() {
                    return None;
                }
                fixed.push(false);
            }
            (Some(part), Some(found)) if part == found => fixed.push(true),
            _ => return None,
        }
    }
}

#[tokio::test]
async fn every_link_of_the_gallery_is_a_row() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let mut wrong = std::collections::BTreeSet::new();
    let mut checked = 0;
    for (page, html) in ui_pages::gallery::gallery_pages().unwrap() {
        for (method, link) in asked(&html) {
            let path = link.split(['?', '#']).next().unwrap_or_default();
            checked += 1;
            let best = portal.rows.iter().filter_map(|row| Some((fit(row.path, path)?, row.path))).max();
            let of_content = || {
                page.starts_with("content/") && proxy::ROWS.iter().any(|row| fit(row.path, path).is_some())
            };
            let served = best.is_some_and(|(_, best)| {
                portal.rows.iter().any(|row| row.path == best && row.takes(&method))
            });
            if !served && !of_content() {
                wrong.insert(format!("{page}: {method} {link}"));
            }
        }
    }
    assert!(checked > 2000, "only {checked} links were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn links_are_found_and_patterns_compared_as_the_router_does() {
    let html = r#"<form method="post" action="/a?x=1&amp;y"><button formaction=/b>x</button></form><a class="x" href="/c">c</a><img src="//d">"#;
    let found: Vec<String> =
        asked(html).into_iter().map(|(method, link)| format!("{method} {link}")).collect();
    assert_eq!(found, ["POST /a?x=1&y", "POST /b", "GET /c"]);
    assert!(fit("/g/{group}/jobs/new", "/g/a/jobs/new") > fit("/g/{group}/jobs/{job}", "/g/a/jobs/new"));
    assert!(fit("/g/{group}", "/g/").is_none() && fit("/assets/{v}/{*path}", "/assets/1/a/b").is_some());
}
