//! JSON and YAML, which the standards define.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use vault_format::{Format, read, to_json};

fn served(text: &str, format: Format) -> String {
    to_json(&read(text.as_bytes(), format).unwrap().root)
}

/// Line, column and message of the first problem.
fn refused(text: &str, format: Format) -> (usize, usize, String) {
    let problem = read(text.as_bytes(), format).unwrap_err().swap_remove(0);
    (problem.line, problem.column, problem.message)
}

#[test]
fn json_keeps_what_was_typed() {
    let text =
        r#" {"a": {"x.y": [1, 3.10, -0.5e-3, true, null, {}, []]}, "b": "\u00e9\ud83d\ude00\/\n\"\\"} "#;
    let expected = r#"{"a": {"x.y": [1, 3.10, -0.5e-3, true, null, {}, []]}, "b": "é😀/\n\"\\"}"#;
    assert_eq!(served(text, Format::Json), expected);
    assert_eq!(served("", Format::Json), "{}");
}

#[test]
fn json_is_strict() {
    for (text, line, column, word) in [
        ("{\n\"a\": 1,\n\"a\": 2}", 3, 1, "line 2"),
        ("{\"a\": 1,}", 1, 9, "comma"),
        ("{\"a\": 1 \"b\": 2}", 1, 9, "comma"),
        ("{\"a\" 1}", 1, 6, "colon"),
        ("{a: 1}", 1, 2, "key"),
        ("{'a': 1}", 1, 2, "key"),
        ("{\"a\": 'x'}", 1, 7, "double quotes"),
        ("{\"a\": x}", 1, 7, "double quotes"),
        ("{\"a\": 01}", 1, 7, "number"),
        ("{\"a\": 1.}", 1, 7, "number"),
        ("{\"a\": +1}", 1, 7, "value"),
        ("{\"a\": \"x\n\"}", 1, 7, "closing quote"),
        ("{\"a\": \"C:\\dir\"}", 1, 10, "escape"),
        ("{\"a\": \"\\ud800x\"}", 1, 8, "escape"),
        ("{\"a\": {\n\"b\": 1", 1, 7, "not closed"),
        ("{\"a\": [\n1", 1, 7, "not closed"),
        ("{\n", 1, 1, "not closed"),
        ("{} x", 1, 4, "goes on"),
        ("{} /* x */", 1, 4, "comments"),
        ("{\"\": 1}", 1, 1, "empty"),
        ("{\"a\\nb\": 1}", 1, 1, "control"),
        ("{\"a\": \"\\b\"}", 1, 1, "control"),
    ] {
        let found = refused(text, Format::Json);
        assert!((found.0, found.1) == (line, column) && found.2.contains(word), "{text}: {found:?}");
    }
}

#[test]
fn yaml_has_its_core_schema() {
    let text = "a: 1\nb: 3.10\nc: yes\nd: true\ne: ~\nf:\ng: 'x'\nh: \"\\u00e9\"\ni: |\n  one\n  two\nj: [x, 5.]\nk: &k {l: m}\nn: *k\no: !!str 5\np: 0x1F\nq: 010\n";
    let expected = r#"{"a": 1, "b": 3.10, "c": "yes", "d": true, "e": null, "f": null, "g": "x", "h": "é", "i": "one\ntwo\n", "j": ["x", 5.0], "k": {"l": "m"}, "n": {"l": "m"}, "o": "5", "p": "0x1F", "q": 10}"#;
    assert_eq!(served(text, Format::Yaml), expected);
    let warned: Vec<usize> =
        read(text.as_bytes(), Format::Yaml).unwrap().warnings.iter().map(|warning| warning.line).collect();
    assert_eq!(warned, [3, 16]);
    assert_eq!(served("# nothing\n", Format::Yaml), "{}");
    let environment = "environment:\n  VERSION: 3.10\n  OFF: false\n";
    assert_eq!(served(environment, Format::Yaml), r#"{"environment": {"VERSION": "3.10", "OFF": "false"}}"#);
}

#[test]
fn yaml_is_refused_by_line() {
    for (text, line, word) in [
        ("a: 1\nb: 2\na: 3\n", 3, "line 1"),
        ("a:\n  b: 1\n\tc: 2\n", 3, "tab"),
        ("a: 1\n---\nb: 2\n", 2, "one document"),
        ("a: &x\n  b: *x\n", 2, "alias"),
        ("a: *x\n", 1, "YAML"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", 3, "<<"),
        ("a: !!binary aGk=\n", 1, "Tags"),
        ("a: [1,\nb: 2\n", 1, "YAML"),
        ("a: \"x\n", 1, "YAML"),
        ("? [a]\n: 1\n", 1, "key"),
        ("a: x: y\n", 1, "YAML"),
        ("just text\n", 1, "a map of settings"),
    ] {
        let found = refused(text, Format::Yaml);
        assert!(found.0 == line && found.2.contains(word), "{text}: {found:?}");
    }
}

#[test]
fn dots_in_names_are_told() {
    for (text, format) in [("sdk.aws.s3.region: x\n", Format::Yaml), ("{\"sdk.aws\": 1}", Format::Json)] {
        let warnings = read(text.as_bytes(), format).unwrap().warnings;
        assert!(warnings[0].message.contains("part of the name"), "{warnings:?}");
    }
}
