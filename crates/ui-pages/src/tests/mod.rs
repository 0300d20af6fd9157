//! Rules that hold for every page in every state.

mod templates;

use std::collections::BTreeSet;

use crate::{assets, gallery};

fn count(html: &str, what: &str) -> usize {
    html.matches(what).count()
}

#[test]
fn every_page_keeps_the_rules() {
    let pages = gallery::gallery_pages().unwrap();
    assert!(pages.len() > 70, "only {} samples", pages.len());
    for (path, html) in pages {
        assert_eq!(count(&html, "<title>"), 1, "{path}: one title");
        assert_eq!(count(&html, "<h1"), 1, "{path}: one h1");
        assert_eq!(count(&html, "<main"), 1, "{path}: one main");
        for forbidden in [" style=", "<style", "javascript:", "{{", "{%", "None", "Some("] {
            assert!(!html.contains(forbidden), "{path}: contains {forbidden:?}");
        }
        for script in html.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(tag.contains(" src="), "{path}: inline script");
        }
        for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
            let handler = tag.split_whitespace().find(|word| word.starts_with("on") && word.contains("=\""));
            assert_eq!(handler, None, "{path}: inline handler in <{tag}>");
        }
        ids_are_unique(&path, &html);
        labels_name_fields(&path, &html);
        assets_exist(&path, &html);
    }
}

fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.match_indices(&start)
        .map(|(at, _)| html[at + start.len()..].split('"').next().unwrap_or_default())
        .collect()
}

fn ids_are_unique(path: &str, html: &str) {
    let mut seen = BTreeSet::new();
    for id in attributes(html, "id") {
        assert!(!id.is_empty() && !id.contains(' '), "{path}: bad id {id:?}");
        assert!(seen.insert(id), "{path}: id {id:?} twice");
    }
}

fn labels_name_fields(path: &str, html: &str) {
    let ids: BTreeSet<_> = attributes(html, "id").into_iter().collect();
    for name in ["for", "aria-describedby", "aria-labelledby", "aria-controls", "popovertarget", "list"] {
        for value in attributes(html, name) {
            for id in value.split_whitespace() {
                assert!(ids.contains(id), "{path}: {name}={id:?} names nothing");
            }
        }
    }
}

fn assets_exist(path: &str, html: &str) {
    let start = format!("/assets/{}/", assets::version());
    let sprite = assets::asset("icons.svg").unwrap();
    let sprite = std::str::from_utf8(&sprite.bytes).unwrap().to_owned();
    for (at, _) in html.match_indices(&start) {
        let name = html[at + start.len()..].split('"').next().unwrap();
        let (file, icon) = name.split_once('#').unwrap_or((name, ""));
        assert!(assets::asset(file).is_some(), "{path}: no asset {file}");
        if !icon.is_empty() {
            assert!(sprite.contains(&format!("id=\"{icon}\"")), "{path}: no icon {icon:?}");
        }
    }
}

#[test]
fn assets_have_types_and_fit_the_budget() {
    let mut weight = 0;
    for path in assets::paths() {
        let asset = assets::asset(&path).unwrap();
        if !path.ends_with(".md") {
            assert_ne!(asset.mime, "application/octet-stream", "{path}");
        }
        if path.ends_with(".woff2") {
            assert!(asset.bytes.len() <= 60_000, "{path} is {} bytes", asset.bytes.len());
        }
        if path.ends_with(".js") || path.ends_with(".css") || path == "icons.svg" {
            weight += asset.bytes.len();
        }
    }
    // Before compression; over the wire it is about a third.
    assert!(weight < 200_000, "scripts, styles and icons weigh {weight} bytes");
    assert!(assets::asset("css/tokens.css").is_none());
    assert!(assets::asset("nothing.js").is_none());
}

#[test]
fn the_stylesheet_has_every_part() {
    let css = assets::asset("portico.css").unwrap();
    let css = std::str::from_utf8(&css.bytes).unwrap();
    for part in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/css")).unwrap() {
        let text = std::fs::read_to_string(part.unwrap().path()).unwrap();
        assert!(css.contains(&text), "a part is missing: {}", &text[..60.min(text.len())]);
    }
    assert_eq!(css.matches('{').count(), css.matches('}').count());
}

#[test]
fn what_people_type_is_escaped() {
    use crate::Page as _;
    use crate::samples::Samples as _;
    use crate::sign_in::SignInPage;
    let mut page = SignInPage::samples().remove(1).1;
    page.username.value = "\"><script>alert(1)</script>".into();
    let html = page.html().unwrap();
    assert!(!html.contains("<script>alert"), "{html}");
}

#[test]
fn one_core_is_no_cores() {
    use crate::quota::QuotaRow;
    let row = |mine, group_used, ask| QuotaRow {
        unit: "cores".into(),
        mine,
        group_used,
        ask,
        ..QuotaRow::default()
    };
    assert_eq!(row(1.0, 1.0, 0.0).mine_words(), "1 core, no limit");
    assert_eq!(row(0.5, 1.0, 0.0).of(), "core in use, no limit");
    assert_eq!(row(0.5, 1.0, 0.5).of(), "cores in use, no limit");
}

#[test]
fn numbers_read_well() {
    use crate::quota::number;
    assert_eq!(number(0.0), "0");
    assert_eq!(number(0.5), "0.5");
    assert_eq!(number(16.0), "16");
    assert_eq!(number(1284.25), "1,284.25");
    assert_eq!(number(1_000_000.0), "1,000,000");
}
