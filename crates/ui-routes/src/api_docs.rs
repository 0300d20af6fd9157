//! The REST API as a page, made of its OpenAPI description.

use std::sync::Arc;

use axum::response::Response;
use base::{OpContext, Result};
use serde_json::Value;
use ui_pages::api_docs::{ApiAnswer, ApiCall, ApiDocsPage, ApiField, ApiParameters, ApiSection, Words};
use web_kit::{LastGroup, Portal};

use crate::{frame, view};

/// How deep the fields of fields are shown.
const DEEPEST: usize = 4;

/// The page, which shows the same to everybody.
pub(crate) async fn page(
    portal: &Portal,
    ctx: &OpContext,
    last: &LastGroup,
    sections: Arc<Vec<ApiSection>>,
) -> Result<Response> {
    let framed = frame::build_own(portal, ctx, "REST API", last).await?;
    view::page(&ApiDocsPage { frame: framed.frame, url: portal.settings.public_url.clone(), sections })
}

/// What the page shows of a description.
pub(crate) fn sections(openapi: &str) -> Vec<ApiSection> {
    let document: Value = serde_json::from_str(openapi).unwrap_or_default();
    let reader = Reader { document: &document };
    let mut sections: Vec<ApiSection> = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let title = text(&operation["tags"][0]);
            let call = reader.call(&method.to_uppercase(), path, operation);
            match sections.iter_mut().find(|section| section.title == title) {
                Some(section) => section.calls.push(call),
                None => sections.push(ApiSection { title, calls: vec![call] }),
            }
        }
    }
    sections.sort_by(|one, other| one.title.cmp(&other.title));
    sections
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().replace('\n', " ")
}

struct Reader<'a> {
    document: &'a Value,
}

impl Reader<'_> {
    fn call(&self, method: &str, path: &str, operation: &Value) -> ApiCall {
        let mut parameters: Vec<ApiParameters> = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let place = text(&parameter["in"]);
            let field = ApiField {
                name: text(&parameter["name"]),
                // What is left out is no null.
                kind: self.kind(&parameter["schema"]).trim_end_matches(" or null").to_owned(),
                required: parameter["required"] == true,
                about: Words(text(&parameter["description"])),
            };
            match parameters.iter_mut().find(|known| known.place == place) {
                Some(known) => known.fields.push(field),
                None => parameters.push(ApiParameters { place, fields: vec![field] }),
            }
        }
        let answers = operation["responses"].as_object().into_iter().flatten();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        ApiCall {
            id: text(&operation["operationId"]),
            method: method.to_owned(),
            path: path.to_owned(),
            summary: Words(text(&operation["summary"])),
            about: Words(text(&operation["description"])),
            parameters,
            body: self.fields(body),
            answers: answers.map(|(status, answer)| self.answer(status, answer)).collect(),
            curl: self.curl(method, path, operation, body),
        }
    }

    fn answer(&self, status: &str, answer: &Value) -> ApiAnswer {
        let content = answer["content"].as_object().and_then(|content| content.iter().next());
        let schema = content.map(|(_, content)| &content["schema"]);
        let is_list = schema.is_some_and(|schema| schema["type"] == "array");
        ApiAnswer {
            status: status.to_owned(),
            about: Words(text(&answer["description"])),
            content: content.map(|(kind, _)| kind.clone()).unwrap_or_default(),
            kind: if is_list { "a list".to_owned() } else { String::new() },
            fields: schema.map(|schema| self.fields(schema)).unwrap_or_default(),
        }
    }

    /// What a schema refers to, if to another.
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        reference.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(schema)
    }

    /// The one of several that is not null.
    fn known<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let choices = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
        let choice = choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null"));
        self.resolved(choice.unwrap_or(schema))
    }

    fn fields(&self, schema: &Value) -> Vec<ApiField> {
        let mut fields = Vec::new();
        self.collect(schema, "", 0, &mut fields);
        fields
    }

    fn collect(&self, schema: &Value, before: &str, depth: usize, fields: &mut Vec<ApiField>) {
        let schema = self.known(schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.collect(part, before, depth, fields);
        }
        if schema["type"] == "array" {
            // What a list answers is shown as one of its items.
            self.collect(&schema["items"], before, depth, fields);
        }
        let required = |name: &str| {
            schema["required"].as_array().is_some_and(|required| required.iter().any(|one| one == name))
        };
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let own = self.known(field);
            let name_here = format!("{before}{name}");
            let about = [field, &field["oneOf"][0], own].into_iter().map(|said| text(&said["description"]));
            fields.push(ApiField {
                name: name_here.clone(),
                kind: self.kind(field),
                required: required(name),
                about: Words(about.into_iter().find(|said| !said.is_empty()).unwrap_or_default()),
            });
            if depth < DEEPEST {
                let list = if is_of(own, "array") { "[]" } else { "" };
                self.collect(own, &format!("{name_here}{list}."), depth + 1, fields);
            }
        }
    }

    /// What a value is, in words.
    fn kind(&self, schema: &Value) -> String {
        let own = self.known(schema);
        let is_nullable =
            schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
                || schema["oneOf"]
                    .as_array()
                    .is_some_and(|kinds| kinds.iter().any(|kind| kind["type"] == "null"));
        let kind = if is_of(own, "string") {
            "text".to_owned()
        } else if is_of(own, "integer") {
            "whole number".to_owned()
        } else if is_of(own, "number") {
            "number".to_owned()
        } else if is_of(own, "boolean") {
            "true or false".to_owned()
        } else if is_of(own, "array") {
            format!("list of {}", self.kind(&own["items"]))
        } else if own["additionalProperties"].is_object() {
            format!("object of {}", self.kind(&own["additionalProperties"]))
        } else if is_of(own, "object") || own["allOf"].is_array() {
            "object".to_owned()
        } else {
            "anything".to_owned()
        };
        if is_nullable { format!("{kind} or null") } else { kind }
    }

    /// A command that makes the call, with variables where the path has parameters.
    fn curl(&self, method: &str, path: &str, operation: &Value, body: &Value) -> String {
        let parts: Vec<String> = path
            .split('/')
            .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => format!("${}", name.to_uppercase()),
                None => part.to_owned(),
            })
            .collect();
        let how = match method {
            "GET" if operation["responses"]["200"]["content"].get("text/event-stream").is_some() => "-N ",
            "GET" => "",
            "DELETE" => "-X DELETE ",
            "PUT" => "-X PUT ",
            "PATCH" => "-X PATCH ",
            _ => "-X POST ",
        };
        let mut curl = format!(
            "curl {how}\"$PORTICO_URL{}\" \\\n  -H \"Authorization: Bearer $PORTICO_TOKEN\"",
            parts.join("/")
        );
        if !body.is_null() {
            let example = self.example(body, 0).to_string().replace('\'', "'\\''");
            curl.push_str(&format!(" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{example}'"));
        }
        curl
    }

    /// What a body may look like: the fields that it must have.
    fn example(&self, schema: &Value, depth: usize) -> Value {
        let schema = self.known(schema);
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        if is_of(schema, "string") {
            return Value::from("…");
        }
        if is_of(schema, "integer") || is_of(schema, "number") {
            return Value::from(1);
        }
        if is_of(schema, "boolean") {
            return Value::from(true);
        }
        if is_of(schema, "array") || depth > DEEPEST {
            return Value::Array(Vec::new());
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let fields =
            required.map(|name| (name.to_owned(), self.example(&schema["properties"][name], depth + 1)));
        Value::Object(fields.collect())
    }
}

/// Whether a schema is of this type, perhaps besides null.
fn is_of(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_description_becomes_words() {
        let document = json!({
            "paths": { "/api/v1/groups/{group}/jobs": { "post": {
                "operationId": "submitJob", "tags": ["jobs"], "summary": "Submits a job.",
                "parameters": [{ "name": "group", "in": "path", "required": true, "schema": { "type": "string" } }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/New" } } } },
                "responses": { "201": { "description": "Made.", "content": { "application/json": { "schema":
                    { "type": "array", "items": { "$ref": "#/components/schemas/New" } } } } } }
            } } },
            "components": { "schemas": {
                "New": { "type": "object", "required": ["name"], "properties": {
                    "name": { "type": "string", "example": "it's" },
                    "sizes": { "type": "array", "items": { "type": "object", "properties": { "cpu": { "type": ["number", "null"] } } } }
                } }
            } }
        });
        let sections = sections(&document.to_string());
        let call = &sections[0].calls[0];
        assert_eq!(
            (sections[0].title.as_str(), call.id.as_str(), call.method.as_str()),
            ("jobs", "submitJob", "POST")
        );
        let fields: Vec<String> = call
            .body
            .iter()
            .map(|field| format!("{}: {}{}", field.name, field.kind, if field.required { "" } else { "?" }))
            .collect();
        assert_eq!(fields, ["name: text", "sizes: list of object?", "sizes[].cpu: number or null?"]);
        assert_eq!(call.answers[0].fields, call.body);
        assert_eq!(call.answers[0].kind, "a list");
        assert!(
            call.curl.starts_with("curl -X POST \"$PORTICO_URL/api/v1/groups/$GROUP/jobs\""),
            "{}",
            call.curl
        );
        assert!(call.curl.ends_with("-d '{\"name\":\"it'\\''s\"}'"), "{}", call.curl);
    }
}
