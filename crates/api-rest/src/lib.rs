//! Portico's own REST API under `/api/v1`, described by OpenAPI 3.1 at `/api/v1/openapi.json`.
//!
//! Handlers parse, call one use case and answer JSON; errors are problem details (RFC 9457). Lists are keyset pages:
//! give `next` as `after` to read on. Bearer tokens come in the `Authorization` header, never in a URL.

// A handler that nothing calls is a row that somebody forgot.
#![deny(dead_code)]

mod access_keys;
mod account;
mod calls;
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
mod vaults;

use axum::response::Response;
use web_kit::{
    AnswerKind, Authentication, Body, Dialect, GroupFrom, Limits, Policy, RouteTable, Scene, problem,
};

use calls::{Calls, described};
pub use openapi::openapi_json;

/// What all calls have in common: an API token or a session, JSON, and errors as problem details.
pub const REST: Dialect = Dialect {
    root: "/api/",
    authentication: Authentication::TokenOrSession,
    group: GroupFrom::Nowhere,
    body: Body::Json(Limits::USUAL),
    render,
};

fn render(scene: &Scene<'_>) -> Response {
    problem::response(scene.error, scene.status, &scene.ctx.request_id)
}

/// Every call with its policy, and the description of them all.
pub fn routes() -> RouteTable {
    let table = calls().into_table();
    table.get(paths::api::OpenApi, Policy::Public, AnswerKind::Data, "getOpenApi", openapi::serve)
}

/// Every call with its policy. One line says all of a row but what its handler says.
#[rustfmt::skip]
fn calls() -> Calls {
    use AnswerKind::{Data, File, Stream};
    use Policy::{GroupAdmin, Member, PlatformAdmin, SignedIn};
    use paths::api as at;
    Calls::new(REST)
        .get(at::Me, SignedIn, Data, "getMe", described!(account::me))
        .patch(at::Me, SignedIn, Data, "updateMe", described!(account::update_me))
        .post(at::MyPassword, SignedIn, Data, "changeMyPassword", described!(account::change_password))
        .get(at::MySessions, SignedIn, Data, "listMySessions", described!(account::list_sessions))
        .delete(at::MySession, SignedIn, Data, "revokeMySession", described!(account::revoke_session))
        .get(at::MyTokens, SignedIn, Data, "listMyTokens", described!(account::list_tokens))
        .post(at::MyTokens, SignedIn, Data, "createMyToken", described!(account::create_token))
        .delete(at::MyToken, SignedIn, Data, "revokeMyToken", described!(account::revoke_token))
        .get(at::MyAccessKeys, SignedIn, Data, "listMyAccessKeys", described!(access_keys::list))
        .post(at::MyAccessKeys, SignedIn, Data, "createMyAccessKey", described!(access_keys::create))
        .delete(at::MyAccessKey, SignedIn, Data, "revokeMyAccessKey", described!(access_keys::revoke))
        .get(at::MyVault, SignedIn, Data, "getMyVault", described!(vaults::get_own))
        .put(at::MyVault, SignedIn, Data, "putMyVault", described!(vaults::put_own))
        .get(at::MyVaultRevisions, SignedIn, Data, "listMyVaultRevisions", described!(vaults::list_own_revisions))
        .post(at::MyVaultRestore, SignedIn, Data, "restoreMyVault", described!(vaults::restore_own))
        .get(at::GroupVault, GroupAdmin, Data, "getGroupVault", described!(vaults::get_of_group))
        .put(at::GroupVault, GroupAdmin, Data, "putGroupVault", described!(vaults::put_of_group))
        .get(at::EffectiveVault, Member, Data, "getEffectiveVault", described!(vaults::effective))
        .get(at::MySshKeys, SignedIn, Data, "listMySshKeys", described!(account::list_ssh_keys))
        .post(at::MySshKeys, SignedIn, Data, "addMySshKey", described!(account::add_ssh_key))
        .delete(at::MySshKey, SignedIn, Data, "removeMySshKey", described!(account::remove_ssh_key))
        .get(at::Groups, SignedIn, Data, "listGroups", described!(groups::list))
        .post(at::Groups, PlatformAdmin, Data, "createGroup", described!(groups::create))
        .get(at::Group, Member, Data, "getGroup", described!(groups::get))
        .patch(at::Group, GroupAdmin, Data, "updateGroup", described!(groups::update))
        .delete(at::Group, PlatformAdmin, Data, "deleteGroup", described!(groups::delete))
        .get(at::Members, Member, Data, "listMembers", described!(groups::list_members))
        .put(at::Member, PlatformAdmin, Data, "putMember", described!(groups::put_member))
        .delete(at::Member, PlatformAdmin, Data, "removeMember", described!(groups::remove_member))
        .get(at::Usage, Member, Data, "getUsage", described!(groups::usage))
        .get(at::Events, Member, Stream, "followEvents", described!(groups::events))
        .get(at::GroupInstanceTypes, Member, Data, "listOfferedInstanceTypes", described!(instance_types::offered))
        .get(at::GroupImages, Member, Data, "listGroupImages", described!(images::list))
        .post(at::GroupImages, GroupAdmin, Data, "createGroupImage", described!(images::create))
        .get(at::GroupImage, Member, Data, "getGroupImage", described!(images::get))
        .put(at::GroupImage, GroupAdmin, Data, "updateGroupImage", described!(images::update))
        .delete(at::GroupImage, GroupAdmin, Data, "deleteGroupImage", described!(images::delete))
        .get(at::GroupImageUses, GroupAdmin, Data, "getGroupImageUses", described!(images::uses))
        .post(at::GroupImageRebuild, GroupAdmin, Data, "rebuildGroupImage", described!(images::rebuild)).without_body()
        .post(at::GroupImageCancel, GroupAdmin, Data, "cancelGroupImageBuild", described!(images::cancel)).without_body()
        .post(at::GroupImageDeprecate, GroupAdmin, Data, "deprecateGroupImage", described!(images::deprecate))
        .post(at::GroupImageRestore, GroupAdmin, Data, "restoreGroupImage", described!(images::restore)).without_body()
        .get(at::GroupImageLog, Member, File, "getGroupImageLog", described!(images::log))
        .get(at::Jobs, Member, Data, "listJobs", described!(jobs::list))
        .post(at::Jobs, Member, Data, "submitJob", described!(jobs::submit))
        .get(at::Job, Member, Data, "getJob", described!(jobs::get))
        .post(at::JobCancel, Member, Data, "cancelJob", described!(jobs::cancel)).without_body()
        .post(at::JobRerun, Member, Data, "rerunJob", described!(jobs::rerun)).without_body()
        .get(at::JobEvents, Member, Data, "listJobEvents", described!(jobs::events))
        .get(at::JobLog, Member, File, "getJobLog", described!(jobs::log))
        .get(at::JobLogLines, Member, Data, "getJobLogLines", described!(jobs::log_lines))
        .get(at::JobLogSearch, Member, Data, "searchJobLog", described!(jobs::log_search))
        .get(at::JobLogStream, Member, Stream, "followJobLog", described!(jobs::log_stream))
        .post(at::NotebookJobs, Member, Data, "submitNotebookJob", described!(notebook_jobs::submit))
        .get(at::NotebookFiles, Member, Data, "listNotebookFiles", described!(notebook_jobs::files))
        .get(at::JobNotebook, Member, File, "getExecutedNotebook", described!(notebook_jobs::executed))
        .get(at::Notebooks, Member, Data, "listNotebooks", described!(notebooks::list))
        .post(at::Notebooks, Member, Data, "createNotebook", described!(notebooks::create))
        .get(at::Notebook, Member, Data, "getNotebook", described!(notebooks::get))
        .delete(at::Notebook, Member, Data, "deleteNotebook", described!(notebooks::delete))
        .post(at::NotebookStart, Member, Data, "startNotebook", described!(notebooks::start))
        .post(at::NotebookStop, Member, Data, "stopNotebook", described!(notebooks::stop)).without_body()
        .post(at::NotebookRestart, Member, Data, "restartNotebook", described!(notebooks::restart)).without_body()
        .post(at::NotebookPackagesReset, Member, Data, "resetNotebookPackages", described!(notebooks::reset_packages)).without_body()
        .post(at::NotebookSnooze, Member, Data, "snoozeNotebook", described!(notebooks::snooze)).without_body()
        .get(at::NotebookEvents, Member, Data, "listNotebookEvents", described!(notebooks::events))
        .get(at::NotebookLogLines, Member, Data, "getNotebookLogLines", described!(notebooks::log_lines))
        .get(at::NotebookLogStream, Member, Stream, "followNotebookLog", described!(notebooks::log_stream))
        .get(at::GroupIdleRule, Member, Data, "getGroupIdleRule", described!(notebooks::group_rule))
        .put(at::GroupIdleRule, GroupAdmin, Data, "setGroupIdleRule", described!(notebooks::set_group_rule))
        .get(at::InstanceTypeIdleRule, PlatformAdmin, Data, "getInstanceTypeIdleRule", described!(notebooks::type_rule))
        .put(at::InstanceTypeIdleRule, PlatformAdmin, Data, "setInstanceTypeIdleRule", described!(notebooks::set_type_rule))
        .get(at::Users, PlatformAdmin, Data, "listUsers", described!(users::list))
        .post(at::Users, PlatformAdmin, Data, "createUser", described!(users::create))
        .get(at::User, PlatformAdmin, Data, "getUser", described!(users::get))
        .patch(at::User, PlatformAdmin, Data, "updateUser", described!(users::update))
        .delete(at::User, PlatformAdmin, Data, "deleteUser", described!(users::delete))
        .put(at::UserPassword, PlatformAdmin, Data, "setUserPassword", described!(users::set_password))
        .get(at::InstanceTypes, PlatformAdmin, Data, "listInstanceTypes", described!(instance_types::list))
        .post(at::InstanceTypes, PlatformAdmin, Data, "createInstanceType", described!(instance_types::create))
        .put(at::InstanceType, PlatformAdmin, Data, "updateInstanceType", described!(instance_types::update))
        .delete(at::InstanceType, PlatformAdmin, Data, "deleteInstanceType", described!(instance_types::delete))
        .get(at::Images, PlatformAdmin, Data, "listSystemImages", described!(system_images::list))
        .post(at::Images, PlatformAdmin, Data, "createSystemImage", described!(system_images::create))
        .get(at::Image, PlatformAdmin, Data, "getSystemImage", described!(system_images::get))
        .put(at::Image, PlatformAdmin, Data, "updateSystemImage", described!(system_images::update))
        .delete(at::Image, PlatformAdmin, Data, "deleteSystemImage", described!(system_images::delete))
        .get(at::ImageUses, PlatformAdmin, Data, "getSystemImageUses", described!(system_images::uses))
        .post(at::ImageRebuild, PlatformAdmin, Data, "rebuildSystemImage", described!(system_images::rebuild)).without_body()
        .post(at::ImageCancel, PlatformAdmin, Data, "cancelSystemImageBuild", described!(system_images::cancel)).without_body()
        .post(at::ImageDeprecate, PlatformAdmin, Data, "deprecateSystemImage", described!(system_images::deprecate))
        .post(at::ImageRestore, PlatformAdmin, Data, "restoreSystemImage", described!(system_images::restore)).without_body()
        .get(at::ImageLog, PlatformAdmin, File, "getSystemImageLog", described!(system_images::log))
        .get(at::System, PlatformAdmin, Data, "getSystem", described!(system::get))
}
