//! Actions of ClearML's API, below [`ROOT`], and the root of its file server.
//!
//! Its clients put a version in front of an action (`/v2.23/tasks.create`); the API takes it out before routing.

use crate::pattern::paths;

/// What is below it is answered as ClearML does.
pub const ROOT: &str = "/clearml/api/";
/// Where clients find the API, below the portal's address.
pub const API: &str = "/clearml/api";
/// Where clients find the file server, below the portal's address.
pub const FILES: &str = "/clearml/files";

paths! {
    AuthLogin() = "/clearml/api/auth.login";
    AuthCreateCredentials() = "/clearml/api/auth.create_credentials";
    AuthGetCredentials() = "/clearml/api/auth.get_credentials";
    AuthEditCredentials() = "/clearml/api/auth.edit_credentials";
    AuthRevokeCredentials() = "/clearml/api/auth.revoke_credentials";
    DebugPing() = "/clearml/api/debug.ping";
    LoginSupportedModes() = "/clearml/api/login.supported_modes";
    ServerConfig() = "/clearml/api/server.config";
    ServerEndpoints() = "/clearml/api/server.endpoints";
    ServerInfo() = "/clearml/api/server.info";
    ServerReportStatsOption() = "/clearml/api/server.report_stats_option";
    UsersGetCurrentUser() = "/clearml/api/users.get_current_user";
    UsersGetPreferences() = "/clearml/api/users.get_preferences";
    UsersSetPreferences() = "/clearml/api/users.set_preferences";
    UsersGetVaults() = "/clearml/api/users.get_vaults";
    UsersAddOrUpdateVault() = "/clearml/api/users.add_or_update_vault";
    UsersDeleteVaults() = "/clearml/api/users.delete_vaults";
}
