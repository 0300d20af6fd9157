//! The description of the API, made from the rows and their handlers.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::dto::{Problem, ProblemField};

#[derive(OpenApi)]
#[openapi(
    info(title = "Portico", description = "Groups, jobs, notebooks, images and users of a Portico installation."),
    modifiers(&BearerToken),
    security(("token" = [])),
    components(schemas(Problem, ProblemField))
)]
struct Description;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// The description as JSON. It never changes while the program runs.
static JSON: LazyLock<String> = LazyLock::new(|| {
    let mut description = Description::openapi();
    let (paths, components) = crate::calls().describe_all();
    description.paths = paths;
    description.components.get_or_insert_with(Default::default).schemas.extend(components.schemas);
    description.to_pretty_json().unwrap_or_default()
});

/// The description as JSON, as `docs/api/openapi.json` holds it.
pub fn openapi_json() -> &'static str {
    &JSON
}

pub(crate) async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi_json()).into_response()
}
