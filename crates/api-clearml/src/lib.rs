//! ClearML's API, as its SDK and its agent speak it.
//!
//! An action is called by any of `GET`, `POST` and `PUT`, with or without a version, its arguments in the query, in the
//! body or in both; [`transport`] makes one form of them all. Every answer is an [`envelope`]. Callers sign in with an
//! access key ([`authentication`]), and act as its person in its group.

// An action that nothing calls is a row that somebody forgot.
#![deny(dead_code)]

mod auth;
mod authentication;
mod envelope;
mod ids;
mod server;
mod transport;
mod users;
mod vaults;

use web_kit::{AnswerKind, Authentication, Body, Dialect, GroupFrom, Limits, Policy, RouteTable};

pub use transport::normalised;

/// The version of the API that these answers are of.
pub const API_VERSION: &str = "2.34";
/// The version of ClearML's server that clients take this one for; they ask for features by it.
pub const SERVER_VERSION: &str = "2.3.0";

/// What all actions have in common.
pub const CLEARML: Dialect = Dialect {
    root: paths::clearml::ROOT,
    authentication: Authentication::Foreign(&authentication::AccessKeys),
    group: GroupFrom::Credential,
    body: Body::Json(Limits::USUAL),
    render: envelope::render,
};

/// Every action with its policy.
#[rustfmt::skip]
pub fn routes() -> RouteTable {
    use AnswerKind::Data;
    use Policy::{Public, Member};
    use paths::clearml as at;
    RouteTable::new(CLEARML)
        .post(at::AuthLogin, Member, Data, "clearml.auth.login", auth::login)
        .post(at::AuthCreateCredentials, Member, Data, "clearml.auth.create_credentials", auth::create_credentials)
        .post(at::AuthGetCredentials, Member, Data, "clearml.auth.get_credentials", auth::get_credentials)
        .post(at::AuthEditCredentials, Member, Data, "clearml.auth.edit_credentials", auth::edit_credentials)
        .post(at::AuthRevokeCredentials, Member, Data, "clearml.auth.revoke_credentials", auth::revoke_credentials)
        .post(at::DebugPing, Public, Data, "clearml.debug.ping", server::ping)
        .post(at::LoginSupportedModes, Public, Data, "clearml.login.supported_modes", server::supported_modes)
        .post(at::ServerConfig, Member, Data, "clearml.server.config", server::config)
        .post(at::ServerEndpoints, Member, Data, "clearml.server.endpoints", server::endpoints)
        .post(at::ServerInfo, Public, Data, "clearml.server.info", server::info)
        .post(at::ServerReportStatsOption, Member, Data, "clearml.server.report_stats_option", server::report_stats_option)
        .post(at::UsersGetCurrentUser, Member, Data, "clearml.users.get_current_user", users::get_current_user)
        .post(at::UsersGetPreferences, Member, Data, "clearml.users.get_preferences", users::get_preferences)
        .post(at::UsersSetPreferences, Member, Data, "clearml.users.set_preferences", users::set_preferences)
        .post(at::UsersGetVaults, Member, Data, "clearml.users.get_vaults", vaults::get_vaults)
        .post(at::UsersAddOrUpdateVault, Member, Data, "clearml.users.add_or_update_vault", vaults::add_or_update_vault)
        .post(at::UsersDeleteVaults, Member, Data, "clearml.users.delete_vaults", vaults::delete_vaults)
}
