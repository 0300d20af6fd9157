//! Portico's own REST API under `/api/v1`, described by OpenAPI 3.1 at `/api/v1/openapi.json`.
//!
//! Handlers parse, call one use case and answer JSON; errors are problem details (RFC 9457). Lists are keyset pages:
//! give `next` as `after` to read on. Bearer tokens come in the `Authorization` header, never in a URL.

mod account;
mod dto;
mod groups;
mod image_dto;
mod images;
mod instance_types;
mod jobs;
mod notebook_jobs;
mod notebooks;
mod openapi;
mod system;
mod system_images;
mod users;

use axum::response::Response;
use web_kit::guard::Guard;
use web_kit::{Policy, Portal, RouteTable, Scene, problem};

pub use openapi::{described, openapi_json};

fn render(scene: &Scene<'_>) -> Response {
    problem::response(scene.error, scene.status, &scene.ctx.request_id)
}

/// The guard of addresses that are no part of the API.
pub fn unknown(portal: &Portal) -> Guard {
    Guard { portal: portal.clone(), policy: Policy::Public, is_api: true, render }
}

/// Every call with its policy.
pub fn routes(portal: &Portal) -> RouteTable {
    use Policy::{GroupAdmin, Member, PlatformAdmin, Public, SignedIn};
    RouteTable::api(portal, render)
        .get("/api/v1/openapi.json", Public, openapi::serve)
        .get("/api/v1/me", SignedIn, account::me)
        .patch("/api/v1/me", SignedIn, account::update_me)
        .post("/api/v1/me/password", SignedIn, account::change_password)
        .get("/api/v1/me/sessions", SignedIn, account::list_sessions)
        .delete("/api/v1/me/sessions/{session}", SignedIn, account::revoke_session)
        .get("/api/v1/me/tokens", SignedIn, account::list_tokens)
        .post("/api/v1/me/tokens", SignedIn, account::create_token)
        .delete("/api/v1/me/tokens/{token}", SignedIn, account::revoke_token)
        .get("/api/v1/me/ssh-keys", SignedIn, account::list_ssh_keys)
        .post("/api/v1/me/ssh-keys", SignedIn, account::add_ssh_key)
        .delete("/api/v1/me/ssh-keys/{key}", SignedIn, account::remove_ssh_key)
        .get("/api/v1/groups", SignedIn, groups::list)
        .post("/api/v1/groups", PlatformAdmin, groups::create)
        .get("/api/v1/groups/{group}", Member, groups::get)
        .patch("/api/v1/groups/{group}", GroupAdmin, groups::update)
        .delete("/api/v1/groups/{group}", PlatformAdmin, groups::delete)
        .get("/api/v1/groups/{group}/members", Member, groups::list_members)
        .put("/api/v1/groups/{group}/members/{user}", PlatformAdmin, groups::put_member)
        .delete("/api/v1/groups/{group}/members/{user}", PlatformAdmin, groups::remove_member)
        .get("/api/v1/groups/{group}/usage", Member, groups::usage)
        .get("/api/v1/groups/{group}/events", Member, groups::events)
        .get("/api/v1/groups/{group}/instance-types", Member, instance_types::offered)
        .get("/api/v1/groups/{group}/images", Member, images::list)
        .post("/api/v1/groups/{group}/images", GroupAdmin, images::create)
        .get("/api/v1/groups/{group}/images/{image}", Member, images::get)
        .put("/api/v1/groups/{group}/images/{image}", GroupAdmin, images::update)
        .delete("/api/v1/groups/{group}/images/{image}", GroupAdmin, images::delete)
        .get("/api/v1/groups/{group}/images/{image}/uses", GroupAdmin, images::uses)
        .post("/api/v1/groups/{group}/images/{image}/rebuild", GroupAdmin, images::rebuild)
        .post("/api/v1/groups/{group}/images/{image}/cancel", GroupAdmin, images::cancel)
        .post("/api/v1/groups/{group}/images/{image}/deprecate", GroupAdmin, images::deprecate)
        .post("/api/v1/groups/{group}/images/{image}/restore", GroupAdmin, images::restore)
        .get("/api/v1/groups/{group}/images/{image}/log", Member, images::log)
        .get("/api/v1/groups/{group}/jobs", Member, jobs::list)
        .post("/api/v1/groups/{group}/jobs", Member, jobs::submit)
        .get("/api/v1/groups/{group}/jobs/{job}", Member, jobs::get)
        .post("/api/v1/groups/{group}/jobs/{job}/cancel", Member, jobs::cancel)
        .post("/api/v1/groups/{group}/jobs/{job}/rerun", Member, jobs::rerun)
        .get("/api/v1/groups/{group}/jobs/{job}/events", Member, jobs::events)
        .get("/api/v1/groups/{group}/jobs/{job}/log", Member, jobs::log)
        .get("/api/v1/groups/{group}/jobs/{job}/log/lines", Member, jobs::log_lines)
        .get("/api/v1/groups/{group}/jobs/{job}/log/search", Member, jobs::log_search)
        .get("/api/v1/groups/{group}/jobs/{job}/log/stream", Member, jobs::log_stream)
        .post("/api/v1/groups/{group}/notebook-jobs", Member, notebook_jobs::submit)
        .get("/api/v1/groups/{group}/notebook-files", Member, notebook_jobs::files)
        .get("/api/v1/groups/{group}/jobs/{job}/notebook", Member, notebook_jobs::executed)
        .get("/api/v1/groups/{group}/notebooks", Member, notebooks::list)
        .post("/api/v1/groups/{group}/notebooks", Member, notebooks::create)
        .get("/api/v1/groups/{group}/notebooks/{notebook}", Member, notebooks::get)
        .delete("/api/v1/groups/{group}/notebooks/{notebook}", Member, notebooks::delete)
        .post("/api/v1/groups/{group}/notebooks/{notebook}/start", Member, notebooks::start)
        .post("/api/v1/groups/{group}/notebooks/{notebook}/stop", Member, notebooks::stop)
        .post("/api/v1/groups/{group}/notebooks/{notebook}/restart", Member, notebooks::restart)
        .post("/api/v1/groups/{group}/notebooks/{notebook}/packages/reset", Member, notebooks::reset_packages)
        .post("/api/v1/groups/{group}/notebooks/{notebook}/snooze", Member, notebooks::snooze)
        .get("/api/v1/groups/{group}/notebooks/{notebook}/events", Member, notebooks::events)
        .get("/api/v1/groups/{group}/notebooks/{notebook}/log/lines", Member, notebooks::log_lines)
        .get("/api/v1/groups/{group}/notebooks/{notebook}/log/stream", Member, notebooks::log_stream)
        .get("/api/v1/groups/{group}/idle-rule", Member, notebooks::group_rule)
        .put("/api/v1/groups/{group}/idle-rule", GroupAdmin, notebooks::set_group_rule)
        .get("/api/v1/instance-types/{name}/idle-rule", PlatformAdmin, notebooks::type_rule)
        .put("/api/v1/instance-types/{name}/idle-rule", PlatformAdmin, notebooks::set_type_rule)
        .get("/api/v1/users", PlatformAdmin, users::list)
        .post("/api/v1/users", PlatformAdmin, users::create)
        .get("/api/v1/users/{user}", PlatformAdmin, users::get)
        .patch("/api/v1/users/{user}", PlatformAdmin, users::update)
        .delete("/api/v1/users/{user}", PlatformAdmin, users::delete)
        .put("/api/v1/users/{user}/password", PlatformAdmin, users::set_password)
        .get("/api/v1/instance-types", PlatformAdmin, instance_types::list)
        .post("/api/v1/instance-types", PlatformAdmin, instance_types::create)
        .put("/api/v1/instance-types/{name}", PlatformAdmin, instance_types::update)
        .delete("/api/v1/instance-types/{name}", PlatformAdmin, instance_types::delete)
        .get("/api/v1/images", PlatformAdmin, system_images::list)
        .post("/api/v1/images", PlatformAdmin, system_images::create)
        .get("/api/v1/images/{image}", PlatformAdmin, system_images::get)
        .put("/api/v1/images/{image}", PlatformAdmin, system_images::update)
        .delete("/api/v1/images/{image}", PlatformAdmin, system_images::delete)
        .get("/api/v1/images/{image}/uses", PlatformAdmin, system_images::uses)
        .post("/api/v1/images/{image}/rebuild", PlatformAdmin, system_images::rebuild)
        .post("/api/v1/images/{image}/cancel", PlatformAdmin, system_images::cancel)
        .post("/api/v1/images/{image}/deprecate", PlatformAdmin, system_images::deprecate)
        .post("/api/v1/images/{image}/restore", PlatformAdmin, system_images::restore)
        .get("/api/v1/images/{image}/log", PlatformAdmin, system_images::log)
        .get("/api/v1/system", PlatformAdmin, system::get)
}
