//! Samples of [`ApiDocsPage`].

use std::sync::Arc;

use crate::api_docs::{ApiAnswer, ApiCall, ApiDocsPage, ApiField, ApiParameters, ApiSection};
use crate::frame::Entry;
use crate::samples::{self, Samples};

fn field(name: &str, kind: &str, required: bool, about: &str) -> ApiField {
    ApiField { name: name.into(), kind: kind.into(), required, about: about.into() }
}

fn problem() -> ApiAnswer {
    ApiAnswer {
        status: "4XX".into(),
        about: "What is wrong, and what to do next.".into(),
        content: "application/problem+json".into(),
        kind: String::new(),
        fields: vec![
            field("code", "text", true, "A stable word for programs."),
            field("errors[].field", "text", true, ""),
        ],
    }
}

fn in_path(name: &str, about: &str) -> ApiParameters {
    ApiParameters { place: "path".into(), fields: vec![field(name, "text", true, about)] }
}

impl Samples for ApiDocsPage {
    const NAME: &'static str = "api-docs";

    fn samples() -> Vec<(&'static str, Self)> {
        let list = ApiCall {
            id: "listJobs".into(),
            method: "GET".into(),
            path: "/api/v1/groups/{group}/jobs".into(),
            summary: "The group's jobs in keyset pages.".into(),
            parameters: vec![
                in_path("group", "The group's name."),
                ApiParameters {
                    place: "query".into(),
                    fields: vec![
                        field("search", "text", false, "Part of a name, or the start of an id."),
                        field("limit", "whole number", false, "1 to 200; 25 when left out."),
                    ],
                },
            ],
            answers: vec![
                ApiAnswer {
                    status: "200".into(),
                    about: "What was asked for.".into(),
                    content: "application/json".into(),
                    kind: String::new(),
                    fields: vec![
                        field("items[].id", "text", true, ""),
                        field("items[].phase", "text", true, "waiting, preparing, running or a final one."),
                        field("next", "text or nothing", false, "Give it as `after` to read on."),
                    ],
                },
                problem(),
            ],
            curl: "curl \"$PORTICO_URL/api/v1/groups/$GROUP/jobs\" \\\n  -H \"Authorization: Bearer $PORTICO_TOKEN\"".into(),
            ..ApiCall::default()
        };
        let submit = ApiCall {
            id: "submitJob".into(),
            method: "POST".into(),
            path: "/api/v1/groups/{group}/jobs".into(),
            summary: "Submits a job.".into(),
            about: "When this answers, the job is on disk.".into(),
            parameters: vec![in_path("group", "The group's name.")],
            body: vec![
                field("name", "text", true, "At most 100 characters."),
                field("environment", "object of texts", false, "Environment variables."),
            ],
            curl: "curl -X POST \"$PORTICO_URL/api/v1/groups/$GROUP/jobs\" \\\n  -H \"Authorization: Bearer $PORTICO_TOKEN\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{\"name\": \"digits-baseline\"}'".into(),
            ..list.clone()
        };
        let delete = ApiCall {
            id: "deleteNotebook".into(),
            method: "DELETE".into(),
            path: "/api/v1/groups/{group}/notebooks/{notebook}/a-part-with-a-name-that-is-longer-than-all-others/packages/reset".into(),
            summary: "Deletes a notebook that does not run.".into(),
            answers: vec![
                ApiAnswer { status: "204".into(), about: "Done. The answer is empty.".into(), ..ApiAnswer::default() },
                problem(),
            ],
            ..list.clone()
        };
        let section = |title: &str, calls: Vec<ApiCall>| ApiSection { title: title.into(), calls };
        let typical = ApiDocsPage {
            frame: samples::frame("REST API", Entry::Other),
            url: "https://portico.example".into(),
            sections: Arc::new(vec![section("jobs", vec![list, submit]), section("notebooks", vec![delete])]),
        };
        vec![("typical", typical)]
    }
}
