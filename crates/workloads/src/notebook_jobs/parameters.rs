//! Parameters of notebooks: names and values.
//!
//! papermill writes `name = value` into a cell and takes care of values, but not of names.

use std::collections::BTreeMap;

use base::error::FieldErrors;
use base::{Result, names};
use serde_json::Value;

const MOST: usize = 100;
const MOST_BYTES: usize = 64 * 1024;

/// Whether a name is one for Python, R and Julia alike.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Refuses what can be no parameters.
pub(super) fn check(parameters: &BTreeMap<String, Value>) -> Result<()> {
    let mut errors = FieldErrors::default();
    if parameters.len() > MOST {
        errors.add("parameters", format!("Use at most {MOST} parameters; these are {}.", parameters.len()));
    }
    for name in parameters.keys().filter(|name| !is_name(name)) {
        let name = names::cut(name, 40);
        let text = format!(
            "“{name}” can't be a parameter's name. Use letters, digits and _, beginning with a letter or _."
        );
        errors.add("parameters", text);
    }
    if serde_json::to_string(parameters).map_or(0, |text| text.len()) > MOST_BYTES {
        errors.add(
            "parameters",
            "The parameters are longer than 64 KiB. Put the data into a file and name the file.",
        );
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.into_error()) }
}

/// A value as typed: a number, `true`, `false`, `null`, a list or object in JSON, a text in quotes, or else the text
/// itself.
pub fn parse_value(typed: &str) -> Value {
    let text = typed.trim();
    match text {
        "true" | "True" => return Value::Bool(true),
        "false" | "False" => return Value::Bool(false),
        "null" | "None" => return Value::Null,
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>() {
        return number.into();
    }
    let looks_numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    if let (true, Ok(number)) = (looks_numeric, text.parse::<f64>())
        && number.is_finite()
    {
        return number.into();
    }
    if text.starts_with(['[', '{', '"'])
        && let Ok(value) = serde_json::from_str(text)
    {
        return value;
    }
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.into();
        }
    }
    text.into()
}

/// A value as somebody would type it; the reverse of [`parse_value`].
pub fn shown_value(value: &Value) -> String {
    match value {
        Value::String(text) if parse_value(text) == *value => text.clone(),
        other => other.to_string(),
    }
}

/// Several parameters as `a=1; b="x; y"`, or one on each line.
pub fn parse_list(typed: &str) -> std::result::Result<Vec<(String, String)>, String> {
    let mut parameters = Vec::new();
    for part in parts(typed) {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let Some((name, value)) = part.split_once('=') else {
            return Err(format!("“{}” has no value. Write name=value.", names::cut(part, 40)));
        };
        parameters.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(parameters)
}

/// What semicolons and ends of lines separate, except within quotes and brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_i32);
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
            continue;
        }
        match (quote, c) {
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"') => quote = Some(c),
            (None, '\'') if text.get(..at).is_some_and(|before| before.trim_end().ends_with('=')) => {
                quote = Some(c);
            }
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ';' | '\n') if depth <= 0 => {
                parts.extend(text.get(from..at));
                from = at + c.len_utf8();
            }
            (None, _) => {}
        }
    }
    parts.extend(text.get(from..));
    parts
}

/// The parameters that a notebook itself names, in the cell tagged `parameters`: simple assignments, as typed there.
pub(super) fn declared(notebook: &Value) -> Vec<(String, String)> {
    let cells = notebook.get("cells").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_tagged = |cell: &&Value| {
        let tags = cell.pointer("/metadata/tags").and_then(Value::as_array);
        tags.is_some_and(|tags| tags.iter().any(|tag| tag == "parameters"))
    };
    let source = match cells.iter().find(is_tagged).and_then(|cell| cell.get("source")) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
        _ => return Vec::new(),
    };
    let assignment = |line: &str| {
        // What is indented belongs to something larger.
        let (left, right) = line.split_once('=')?;
        let name = left.split(':').next().unwrap_or_default().trim_end();
        let value = right.split(" #").next().unwrap_or_default().trim();
        (is_name(name) && !value.is_empty() && !value.starts_with('='))
            .then(|| (name.to_owned(), value.to_owned()))
    };
    source.lines().filter_map(assignment).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_have_the_type_that_they_look_like() {
        for (typed, value) in [
            ("1", json!(1)),
            ("-2.5e3", json!(-2500.0)),
            (".5", json!(0.5)),
            ("True", json!(true)),
            ("false", json!(false)),
            ("None", json!(null)),
            ("[1, \"a\"]", json!([1, "a"])),
            ("{\"a\": 1}", json!({ "a": 1 })),
            ("\"1\"", json!("1")),
            ("'it'", json!("it")),
            ("nan", json!("nan")),
            ("$(reboot); `id`", json!("$(reboot); `id`")),
            ("", json!("")),
            ("[half", json!("[half")),
        ] {
            assert_eq!(parse_value(typed), value, "{typed}");
            assert_eq!(parse_value(&shown_value(&value)), value, "{typed}");
        }
    }

    #[test]
    fn a_line_holds_several_parameters() {
        let list = parse_list("a=1; b = \"x; y\";c=[1;2]\nd=it's; e='p;q'").unwrap();
        let wanted = [("a", "1"), ("b", "\"x; y\""), ("c", "[1;2]"), ("d", "it's"), ("e", "'p;q'")];
        assert_eq!(list, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(parse_list("a=1; b").unwrap_err().contains("“b”"));
        assert_eq!(parse_list(" ; "), Ok(Vec::new()));
    }

    #[test]
    fn no_name_can_be_code() {
        for name in ["", "a b", "1a", "a;import os", "a=1\nb", "ü", "a.b"] {
            let parameters = BTreeMap::from([(name.to_owned(), json!(1))]);
            assert_eq!(check(&parameters).unwrap_err().fields()[0].field, "parameters", "{name}");
        }
        check(&BTreeMap::from([("_rate2".to_owned(), json!("; import os"))])).unwrap();
        check(&BTreeMap::from([("a".to_owned(), json!("x".repeat(70_000)))])).unwrap_err();
    }

    #[test]
    fn a_notebook_says_which_parameters_it_has() {
        let notebook = json!({ "cells": [
            { "cell_type": "code", "metadata": {}, "source": "x = 3" },
            { "cell_type": "code", "metadata": { "tags": ["parameters"] },
              "source": ["rate = 0.1  # slow\n", "name: str = 'a'\n", "if rate == 1:\n", "    rate = 2\n", "print(rate)\n"] },
        ] });
        let wanted =
            [("rate", "0.1"), ("name", "'a'")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(declared(&notebook), wanted);
        assert_eq!(declared(&json!({ "cells": 3 })), []);
    }
}
