//! The settings as documentation and as a JSON schema.

use serde_json::{Value, json};

use super::settings::{SETTINGS, Shape};

/// `docs/configuration.md`.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         Portico runs without any. Settings come from a TOML file (`--config FILE`, `PORTICO_CONFIG`, or `portico.toml` in the data \
         directory) and from the environment, which wins. A variable with `_FILE` behind its name holds the path of a file with the \
         value, for secrets. `portico config show` prints every value and where it came from, secrets hidden.\n\n\
         | setting | variable | default | what it is |\n|-|-|-|-|\n",
    );
    for setting in SETTINGS {
        let default =
            if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        let shape = match setting.shape {
            Shape::Text | Shape::Path => String::new(),
            shape => format!(" ({})", shape.describe()),
        };
        let secret = if setting.is_secret { " Secret." } else { "" };
        text.push_str(&format!(
            "| `{}` | `{}` | {default} | {}{secret}{shape} |\n",
            setting.key,
            setting.variable(),
            setting.about
        ));
    }
    text
}

/// `docs/config.schema.json`: JSON Schema 2020-12 of the TOML file.
pub fn json_schema() -> Value {
    let properties: serde_json::Map<String, Value> = SETTINGS
        .iter()
        .map(|setting| {
            let mut schema = match setting.shape {
                Shape::Text | Shape::Path => json!({ "type": "string" }),
                Shape::Flag => json!({ "type": "boolean" }),
                Shape::Whole(least) => json!({ "type": "integer", "minimum": least }),
                Shape::Count => json!({ "type": "integer", "minimum": 0 }),
                Shape::Amount => json!({ "type": "number", "exclusiveMinimum": 0 }),
                Shape::OneOf(words) => json!({ "enum": words }),
                Shape::Addresses | Shape::Networks => {
                    json!({ "type": "array", "items": { "type": "string" } })
                }
            };
            schema["description"] = json!(setting.about);
            if !setting.default.is_empty() {
                schema["default"] = match setting.shape {
                    Shape::Flag => json!(setting.default == "true"),
                    Shape::Whole(_) => json!(setting.default.parse::<i64>().unwrap_or_default()),
                    _ => json!(setting.default),
                };
            }
            (setting.key.to_owned(), schema)
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Portico configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}
