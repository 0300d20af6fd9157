//! What clients ask of the server itself.

use axum::extract::State;
use serde_json::{Value, json};
use web_kit::{Answer, Portal};

use crate::auth::Nothing;
use crate::envelope::{ACTIONS, Reply};
use crate::transport::Call;
use crate::{API_VERSION, SERVER_VERSION};

pub(crate) async fn ping(Call { requested, .. }: Call<Nothing>) -> Answer<Reply<Value>> {
    Ok(Reply::new(requested, json!({ "msg": "Portico answers for ClearML's server." })))
}

pub(crate) async fn info(
    State(portal): State<Portal>,
    Call { requested, .. }: Call<Nothing>,
) -> Answer<Reply<Value>> {
    let build = format!("portico-{}", portal.settings.version);
    let info = json!({ "version": SERVER_VERSION, "build": build, "commit": "", "api_version": API_VERSION });
    Ok(Reply::new(requested, info))
}

/// Nothing of the configuration is for clients.
pub(crate) async fn config(Call { requested, .. }: Call<Nothing>) -> Answer<Reply<Value>> {
    Ok(Reply::new(requested, json!({})))
}

pub(crate) async fn endpoints(Call { requested, .. }: Call<Nothing>) -> Answer<Reply<Value>> {
    let endpoints: Vec<Value> =
        ACTIONS.iter().map(|action| json!({ "name": action, "min_version": "2.1" })).collect();
    Ok(Reply::new(requested, json!({ "endpoints": endpoints })))
}

/// Nothing is ever sent anywhere by this server.
pub(crate) async fn report_stats_option(Call { requested, .. }: Call<Nothing>) -> Answer<Reply<Value>> {
    Ok(Reply::new(requested, json!({ "supported": false, "enabled": false })))
}

/// People sign in on the portal's pages, and clients with access keys.
pub(crate) async fn supported_modes(Call { requested, .. }: Call<Nothing>) -> Answer<Reply<Value>> {
    let modes = json!({
        "basic": { "enabled": false, "guest": { "enabled": false } },
        "sso": {},
        "sso_providers": [],
        "server_errors": { "missed_es_upgrade": false, "es_connection_error": false },
        "authenticated": false,
    });
    Ok(Reply::new(requested, modes))
}
