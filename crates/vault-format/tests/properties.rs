//! Any text, and any settings.

use proptest::prelude::*;
use vault_format::{Entry, Format, Map, Value, merge, read, to_json};

const FORMATS: [Format; 3] = [Format::Hocon, Format::Json, Format::Yaml];

/// Texts of the signs and words that mean something in one of the formats.
fn likely_text() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "a",
        "b.c",
        "\"q\"",
        ":",
        "=",
        "+=",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\n",
        " ",
        "\t",
        "${a}",
        "${?b.c}",
        "$",
        "#",
        "//",
        "include ",
        "file(",
        "true",
        "null",
        "3.10",
        "-",
        "'",
        "\"",
        "\"\"\"",
        "\\",
        "\\u00e9",
        "é",
        "\u{a0}",
        "\r\n",
        "- ",
        "&x ",
        "*x",
        "---\n",
        "!!str ",
        "| ",
        "<<: ",
        "environment",
        "\u{feff}",
        "\u{1f600}",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|words| words.concat())
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(|value| Value::Bool { value, text: value.to_string() }),
        any::<i64>().prop_map(|number| Value::Number { text: number.to_string() }),
        (-1e9..1e9f64).prop_map(|number| Value::Number { text: format!("{number:?}") }),
        "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}]{1,20}".prop_map(Value::Text),
        "[\"\\\\${}a: \n\t#/'é]{1,20}".prop_map(Value::Text),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => scalar(), 1 => Just(Value::Null)];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let not_null = inner
            .clone()
            .prop_filter("the client can't read null in nested lists", |value| *value != Value::Null);
        prop_oneof![
            prop::collection::vec(not_null, 0..6).prop_map(Value::List),
            map(inner).prop_map(Value::Map),
        ]
    })
}

fn map(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map> {
    let key = prop_oneof!["[a-z]{1,3}", "[^\u{0}-\u{1f}\"\\\\]{1,8}"];
    prop::collection::vec((key, value), 0..6).prop_map(|entries| {
        let lines = entries.into_iter().enumerate();
        lines.map(|(line, (key, value))| Entry { key, value, line: line + 1 }).collect()
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in likely_text(), noise in any::<Vec<u8>>()) {
        Format::guess(&text);
        for format in FORMATS {
            let length = text.lines().count().max(1) + 1;
            match read(text.as_bytes(), format) {
                Ok(vault) => {
                    let json = to_json(&vault.root);
                    for format in [Format::Hocon, Format::Json] {
                        let again = read(json.as_bytes(), format);
                        prop_assert_eq!(again.map(|vault| to_json(&vault.root)), Ok(json.clone()));
                    }
                    prop_assert!(vault.warnings.iter().all(|warning| (1..=length).contains(&warning.line)));
                }
                Err(problems) => {
                    prop_assert!(!problems.is_empty());
                    prop_assert!(problems.iter().all(|problem| (1..=length).contains(&problem.line) && problem.column > 0));
                }
            }
            let _ = read(&noise, format);
        }
    }

    #[test]
    fn what_is_served_is_read_back(map in map(value())) {
        let json = to_json(&map);
        let real: Result<serde_json::Value, _> = serde_json::from_str(&json);
        prop_assert!(real.is_ok(), "{}", json);
        for format in FORMATS {
            if format == Format::Yaml {
                continue;
            }
            let vault = read(json.as_bytes(), format).map_err(|problems| TestCaseError::fail(format!("{json}: {problems:?}")))?;
            prop_assert_eq!(to_json(&vault.root), json.clone());
        }
        let twice = merge(&[(1, &map), (2, &map)]);
        prop_assert!(twice.iter().all(|setting| setting.layer == 2 || setting.value == Value::Map(Map::default())));
    }
}
