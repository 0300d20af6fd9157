//! Rules for vaults in every format: what the client can't be given is refused.

use crate::serve::{ENVIRONMENT, is_variable_name};
use crate::source::{Notes, Place, cut};
use crate::{Format, MAX_DEPTH, MAX_PATH, Map, Value, warnings};

/// No number is that long; the client's language stops reading whole numbers at 4,300 digits.
const MAX_DIGITS: usize = 1000;

pub(crate) fn too_deep() -> String {
    format!("Blocks and lists may be at most {MAX_DEPTH} deep: the client can't read more.")
}

/// The settings as the client will have them; nothing after noting what is wrong.
pub(crate) fn check(mut root: Map, format: Format, notes: &mut Notes) -> Option<Map> {
    check_map(&mut root, 0, 0, notes);
    for entry in &root {
        let place = Place::Line(entry.line);
        if entry.key == "api" && matches!(entry.value, Value::Map(_)) {
            notes.warn(place, warnings::API_BLOCK);
        }
        if format != Format::Hocon && entry.key.contains('.') {
            notes.warn(
                place,
                format!(
                    "The dots in “{}” are part of the name here, so the client does not find it by them. Nest the \
                     blocks, or choose HOCON.",
                    cut(&entry.key)
                ),
            );
        }
    }
    if let Some(entry) = root.iter().find(|entry| entry.key == ENVIRONMENT) {
        check_environment(&entry.value, entry.line, notes);
    }
    notes.faults.is_empty().then_some(root)
}

/// `length` is that of the path to the map, in bytes.
fn check_map(map: &mut Map, depth: usize, length: usize, notes: &mut Notes) {
    for entry in &mut map.0 {
        let place = Place::Line(entry.line);
        let length = length + entry.key.len() + 1;
        if length > MAX_PATH {
            notes.fault(
                place,
                format!("The name of a setting, with those of its blocks, has at most {MAX_PATH} bytes."),
            );
        }
        if entry.key.is_empty() {
            notes.fault(place, "A key here is empty, which the client can't read. Give it a name.");
        } else if entry.key.contains(|c: char| matches!(c, '"' | '\\') || c < ' ') {
            let message = "A key here has a quote, backslash or control character in it, which the client takes for \
                           something else. Use other characters.";
            notes.fault(place, message);
        }
        check_value(&mut entry.value, entry.line, depth + 1, length, notes);
    }
}

/// `line` is that of the key that the value belongs to.
fn check_value(value: &mut Value, line: usize, depth: usize, length: usize, notes: &mut Notes) {
    let place = Place::Line(line);
    match value {
        Value::Text(text) => {
            if let Some(bad) = text.chars().find(|c| *c < ' ' && !matches!(c, '\n' | '\r' | '\t')) {
                let message = format!(
                    "There is a control character (U+{:04X}) in this value. Take it out.",
                    u32::from(bad)
                );
                notes.fault(place, message);
            }
        }
        Value::Number { text } if text.len() > MAX_DIGITS => {
            notes.fault(
                place,
                format!("A number may have at most {MAX_DIGITS} digits. Put it in quotes if it is a text."),
            );
        }
        Value::List(_) | Value::Map(_) if depth > MAX_DEPTH => {
            notes.fault(place, too_deep());
        }
        Value::List(items) => {
            // What the client does with a list; whoever typed one was warned where it stands.
            items.retain(|item| !matches!(item, Value::Text(text) if text.is_empty()));
            for item in items {
                if matches!(item, Value::List(inner) if inner.contains(&Value::Null)) {
                    notes.fault(place, "The client can't read null in a list within a list. Take it out.");
                }
                check_value(item, line, depth + 1, length, notes);
            }
        }
        Value::Map(map) => check_map(map, depth, length, notes),
        Value::Null | Value::Bool { .. } | Value::Number { .. } => {}
    }
}

fn check_environment(value: &Value, line: usize, notes: &mut Notes) {
    let Value::Map(variables) = value else {
        if *value != Value::Null {
            notes.fault(
                Place::Line(line),
                "environment has to be a block of variables. Write environment { NAME: value }.",
            );
        }
        return;
    };
    for entry in variables {
        let place = Place::Line(entry.line);
        if matches!(entry.value, Value::List(_) | Value::Map(_)) {
            let message = format!(
                "The variable “{}” needs a text, number or boolean. Put the value in quotes.",
                cut(&entry.key)
            );
            notes.fault(place, message);
        } else if !is_variable_name(&entry.key) {
            let message = format!(
                "“{}” is no name of a variable. Use letters a–z, digits and _, not starting with a digit.",
                cut(&entry.key)
            );
            notes.fault(place, message);
        }
    }
}
