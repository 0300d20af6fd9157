//! What clients and jobs are given.
//!
//! Below the top-level key `environment` every value is a text, exactly as it was typed: the client would make `3.1`
//! of 3.10, `True` of true, and an empty text of 0 and false. Null there is an empty text, for the SDK and for jobs
//! alike: left out, it could not hide the variable of a vault that counts less.

use crate::{Map, Value, number};

/// The block whose entries are environment variables.
pub(crate) const ENVIRONMENT: &str = "environment";

/// The vault as JSON, which the client takes for HOCON: no substitution, include or comment can arise from it, since
/// keys and texts are in quotes. Only escapes that the client knows are used.
pub fn to_json(map: &Map) -> String {
    let mut json = String::new();
    write_map(&mut json, map, |json, key, value| match value {
        Value::Map(variables) if key == ENVIRONMENT => write_map(json, variables, write_variable),
        value => write(json, value),
    });
    json
}

/// One value for people: a text as it is, anything else as JSON.
pub fn shown(value: &Value) -> String {
    if let Value::Text(text) = value {
        return text.clone();
    }
    let mut json = String::new();
    write(&mut json, value);
    json
}

/// The environment variables of a vault: names and values, as [`to_json`] serves them to the SDK.
pub fn environment(map: &Map) -> Vec<(String, String)> {
    let Some(Value::Map(variables)) = map.get(ENVIRONMENT) else { return Vec::new() };
    let is_text = |value: &Value| !matches!(value, Value::List(_) | Value::Map(_));
    let named = variables.iter().filter(|entry| is_variable_name(&entry.key) && is_text(&entry.value));
    named.map(|entry| (entry.key.clone(), entry.value.as_typed().unwrap_or_default().to_owned())).collect()
}

/// Letters, digits and `_`, not starting with a digit, at most 128.
pub(crate) fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn write(json: &mut String, value: &Value) {
    match value {
        Value::Null => json.push_str("null"),
        Value::Bool { value, .. } => json.push_str(if *value { "true" } else { "false" }),
        Value::Number { text } => json.push_str(&number::to_json(text)),
        Value::Text(text) => write_text(json, text),
        Value::List(items) => {
            json.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    json.push_str(", ");
                }
                write(json, item);
            }
            json.push(']');
        }
        Value::Map(map) => write_map(json, map, |json, _, value| write(json, value)),
    }
}

fn write_variable(json: &mut String, _name: &str, value: &Value) {
    match value {
        Value::List(_) | Value::Map(_) => write(json, value),
        value => write_text(json, value.as_typed().unwrap_or_default()),
    }
}

fn write_map(json: &mut String, map: &Map, mut write: impl FnMut(&mut String, &str, &Value)) {
    json.push('{');
    for (place, entry) in map.iter().enumerate() {
        if place > 0 {
            json.push_str(", ");
        }
        write_text(json, &entry.key);
        json.push_str(": ");
        write(json, &entry.key, &entry.value);
    }
    json.push('}');
}

/// The client takes `\u00e9` literally, so other characters stand for themselves. [`crate::read`] lets none through
/// that JSON would have to escape in another way.
fn write_text(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c => json.push(c),
        }
    }
    json.push('"');
}
