//! The description of the API, made from the handlers.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::{
    account, groups, images, instance_types, jobs, notebook_jobs, notebooks, system, system_images, users,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Portico", description = "Groups, jobs, images and users of a Portico installation."),
    modifiers(&BearerToken),
    security(("token" = [])),
    paths(
        account::me, account::update_me, account::change_password, account::list_sessions, account::revoke_session,
        account::list_tokens, account::create_token, account::revoke_token,
        account::list_ssh_keys, account::add_ssh_key, account::remove_ssh_key,
        groups::list, groups::create, groups::get, groups::update, groups::delete, groups::list_members,
        groups::put_member, groups::remove_member, groups::usage, groups::events,
        images::list, images::create, images::get, images::update, images::delete, images::uses,
        images::rebuild, images::cancel, images::deprecate, images::restore, images::log,
        instance_types::offered, instance_types::list, instance_types::create, instance_types::update, instance_types::delete,
        jobs::list, jobs::submit, jobs::get, jobs::cancel, jobs::rerun, jobs::events, jobs::log, jobs::log_lines,
        jobs::log_search, jobs::log_stream,
        notebook_jobs::submit, notebook_jobs::files, notebook_jobs::executed,
        system_images::list, system_images::create, system_images::get, system_images::update, system_images::delete,
        system_images::uses, system_images::rebuild, system_images::cancel, system_images::deprecate, system_images::restore,
        system_images::log,
        notebooks::list, notebooks::create, notebooks::get, notebooks::delete, notebooks::start, notebooks::stop,
        notebooks::snooze, notebooks::restart, notebooks::reset_packages, notebooks::events, notebooks::log_lines, notebooks::log_stream, notebooks::group_rule,
        notebooks::set_group_rule, notebooks::type_rule, notebooks::set_type_rule,
        users::list, users::create, users::get, users::update, users::delete, users::set_password,
        system::get,
    )
)]
struct Description;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// The description as JSON, as `docs/api/openapi.json` holds it.
pub fn openapi_json() -> String {
    Description::openapi().to_pretty_json().unwrap_or_default()
}

pub(crate) async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi_json()).into_response()
}

/// Method and path of every described call; the test of the route table compares them.
pub fn described() -> Vec<(String, String)> {
    let description = serde_json::to_value(Description::openapi()).unwrap_or_default();
    let Some(paths) = description["paths"].as_object() else { return Vec::new() };
    paths
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .into_iter()
                .flatten()
                .map(move |(method, _)| (method.to_uppercase(), path.clone()))
        })
        .collect()
}
