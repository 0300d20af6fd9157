//! The API's description and its routes are the same list.

use std::collections::BTreeSet;

use serde_json::Value;
use test_kit::sqlite;
use web_kit::{AnswerKind, Body};

use crate::portal::TestPortal;

/// Method, address, name and description of every call.
fn described(document: &Value) -> Vec<(String, String, String, &Value)> {
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            calls.push((method.to_uppercase(), path.clone(), id, operation));
        }
    }
    calls
}

fn document() -> Value {
    serde_json::from_str(api_rest::openapi_json()).unwrap()
}

#[tokio::test]
async fn every_call_is_described_and_every_description_is_a_call() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let routes: BTreeSet<(String, String, String)> = portal
        .rows
        .iter()
        .filter(|row| row.takes_tokens() && row.path != "/api/v1/openapi.json")
        .map(|row| (row.method.to_string(), row.path.to_owned(), row.operation.to_owned()))
        .collect();
    let document = document();
    let calls = described(&document);
    let described =
        calls.iter().map(|(method, path, id, _)| (method.clone(), path.clone(), id.clone())).collect();
    assert_eq!(routes, described);
    assert_eq!(routes.iter().map(|(.., id)| id).collect::<BTreeSet<_>>().len(), routes.len());
    for (method, path, id, operation) in calls {
        let row = portal.rows.iter().find(|row| row.path == path && row.method == *method).unwrap();
        assert_eq!(matches!(row.body, Body::Json(_)), operation.get("requestBody").is_some(), "{id}");
        let is_stream = operation["responses"]["200"]["content"].get("text/event-stream").is_some();
        assert_eq!(row.answer == AnswerKind::Stream, is_stream, "{id}");
    }
}

#[test]
fn every_answer_has_a_schema_and_every_word_its_meaning() {
    let document = document();
    for (_, path, id, operation) in described(&document) {
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
        assert!(text(&operation["summary"]) && text(&operation["tags"][0]), "{id}");
        for (status, answer) in operation["responses"].as_object().unwrap() {
            assert!(text(&answer["description"]), "{id} {status}");
            let content = answer["content"].as_object();
            if status == "204" {
                assert!(content.is_none(), "{id} {status}");
                continue;
            }
            for (kind, content) in content.unwrap_or_else(|| panic!("{id} {status} has no content")) {
                // An empty schema is anything at all.
                let schema = content["schema"].as_object();
                assert!(schema.is_some_and(|schema| !schema.is_empty()), "{id} {status} {kind}");
            }
        }
        let problem = &operation["responses"]["4XX"]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(problem, "#/components/schemas/Problem", "{id}");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let of_path: Vec<&str> = parameters
            .iter()
            .filter(|one| one["in"] == "path")
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        let in_path: Vec<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(of_path, in_path, "{id}");
        for parameter in parameters {
            assert!(parameter["schema"].is_object(), "{id} {parameter}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|value| walk(value, found));
            }
            Value::Array(all) => all.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    walk(&document, &mut found);
    assert!(found.len() > 30, "{}", found.len());
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}
