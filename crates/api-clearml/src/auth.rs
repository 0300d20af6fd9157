//! Signing in, and the access keys of whoever signed in (ClearML calls them credentials).

use accounts::access_keys::{KeyHolder, NewAccessKey};
use axum::extract::State;
use base::{Error, Person, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use web_kit::{Answer, Ctx, InGroup, Portal};

use crate::envelope::Reply;
use crate::transport::Call;
use crate::{API_VERSION, SERVER_VERSION, ids};

/// How long a token lives where the client does not say, in seconds. Clients ask for a new one some minutes before.
const USUAL_SECONDS: i64 = 12 * 3600;
/// The longest that a client may ask for.
const MOST_SECONDS: i64 = 365 * 86_400;
/// Clients sign in before every call when a token lives shorter.
const LEAST_SECONDS: i64 = 600;

#[derive(Deserialize)]
pub(crate) struct LogIn {
    expiration_sec: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct Token {
    token: String,
}

/// A token for the pair, or a fresh one for a token that is still good.
pub(crate) async fn login(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Call { requested, arguments }: Call<LogIn>,
) -> Answer<Reply<Token>> {
    let holder = portal.accounts.holder_of_credential(&ctx).await?;
    let now = ctx.now().micros() / 1_000_000;
    let seconds = arguments.expiration_sec.unwrap_or(USUAL_SECONDS).clamp(LEAST_SECONDS, MOST_SECONDS);
    let of_key = holder.expires_at.map_or(i64::MAX, |expires_at| expires_at.micros() / 1_000_000);
    let expires_at = (now + seconds).min(of_key);
    let token = portal.accounts.client_token(&holder.access_key, expires_at, claims(&holder, now))?;
    Ok(Reply::new(requested, Token { token: token.expose().to_owned() }))
}

/// What clients read out of a token. Any other word than `basic` makes them ask for vaults.
fn claims(holder: &KeyHolder, now: i64) -> Map<String, Value> {
    let company = ids::shown(holder.group);
    let claims = json!({
        "iat": now,
        "api_version": API_VERSION,
        "server_version": SERVER_VERSION,
        "server_build": "portico",
        "feature_set": "advanced",
        "auth_type": "Bearer",
        "env": "portico",
        "tenant": company,
        "identity": {
            "user": ids::shown(holder.person.id),
            "company": company,
            "role": role(&holder.person),
            "user_name": holder.person.name,
            "company_name": holder.group_name,
        },
    });
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

/// ClearML's word for the role in the group.
pub(crate) fn role(person: &Person) -> &'static str {
    match person.roles.first() {
        Some((_, Role::Admin)) => "admin",
        _ => "user",
    }
}

#[derive(Deserialize)]
pub(crate) struct CreateCredentials {
    #[serde(default)]
    label: Option<String>,
    expiration_sec: Option<i64>,
}

/// The only time that a secret is told.
pub(crate) async fn create_credentials(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Call { requested, arguments }: Call<CreateCredentials>,
) -> Answer<Reply<Value>> {
    let input = NewAccessKey {
        label: arguments.label.unwrap_or_default(),
        days: arguments.expiration_sec.map(|seconds| seconds.saturating_add(86_399) / 86_400),
    };
    let (key, secret) = portal.accounts.create_access_key(&ctx, group.id, input).await?;
    let credentials =
        json!({ "access_key": key.access_key, "secret_key": secret.expose(), "label": key.label });
    Ok(Reply::new(requested, json!({ "credentials": credentials })))
}

#[derive(Deserialize)]
pub(crate) struct Nothing {}

pub(crate) async fn get_credentials(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Call { requested, .. }: Call<Nothing>,
) -> Answer<Reply<Value>> {
    let keys = portal.accounts.list_access_keys(&ctx, None).await?;
    let credentials: Vec<Value> = keys
        .into_iter()
        .map(|key| {
            json!({
                "access_key": key.access_key,
                "label": key.label,
                "last_used": key.last_used_at.map(|at| at.to_rfc3339()),
                "last_used_from": key.last_used_from,
            })
        })
        .collect();
    Ok(Reply::new(requested, json!({ "credentials": credentials, "additional_credentials": {} })))
}

#[derive(Deserialize)]
pub(crate) struct EditCredentials {
    access_key: String,
    #[serde(default)]
    label: Option<String>,
}

pub(crate) async fn edit_credentials(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Call { requested, arguments }: Call<EditCredentials>,
) -> Answer<Reply<Value>> {
    let label = arguments.label.unwrap_or_default();
    let renamed = portal.accounts.rename_access_key(&ctx, &arguments.access_key, &label).await;
    renamed.map_err(as_unknown_key)?;
    Ok(Reply::new(requested, json!({ "updated": 1 })))
}

#[derive(Deserialize)]
pub(crate) struct RevokeCredentials {
    access_key: String,
}

pub(crate) async fn revoke_credentials(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Call { requested, arguments }: Call<RevokeCredentials>,
) -> Answer<Reply<Value>> {
    portal.accounts.revoke_access_key(&ctx, &arguments.access_key).await.map_err(as_unknown_key)?;
    Ok(Reply::new(requested, json!({ "revoked": 1 })))
}

fn as_unknown_key(error: Error) -> Error {
    match error.kind() {
        base::ErrorKind::NotFound => error.with_code("invalid_access_key"),
        _ => error,
    }
}
