//! The person who signed in.

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use web_kit::{Answer, Ctx, InGroup, Portal};

use crate::auth::{self, Nothing};
use crate::envelope::Reply;
use crate::transport::Call;
use crate::{SERVER_VERSION, ids};

/// The most entries of a table that a client should download.
const MAX_DOWNLOAD_ITEMS: u32 = 1000;

pub(crate) async fn get_current_user(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Call { requested, .. }: Call<Nothing>,
) -> Answer<Reply<Value>> {
    let user = portal.accounts.me(&ctx).await?;
    let (given, family) = user.display_name.split_once(' ').unwrap_or((&user.display_name, ""));
    let user = json!({
        "id": ids::shown(user.id),
        "name": user.display_name,
        "given_name": given,
        "family_name": family,
        "avatar": null,
        "email": user.email,
        "role": auth::role(ctx.person()?),
        "company": { "id": ids::shown(group.id), "name": group.name },
        "preferences": portal.accounts.client_preferences(&ctx).await?,
        "created_in_version": SERVER_VERSION,
    });
    let settings = json!({ "max_download_items": MAX_DOWNLOAD_ITEMS });
    Ok(Reply::new(requested, json!({ "user": user, "getting_started": null, "settings": settings })))
}

pub(crate) async fn get_preferences(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Call { requested, .. }: Call<Nothing>,
) -> Answer<Reply<Value>> {
    let preferences = portal.accounts.client_preferences(&ctx).await?;
    Ok(Reply::new(requested, json!({ "preferences": preferences })))
}

#[derive(Deserialize)]
pub(crate) struct SetPreferences {
    preferences: Map<String, Value>,
    #[serde(default)]
    return_updated: bool,
}

pub(crate) async fn set_preferences(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Call { requested, arguments }: Call<SetPreferences>,
) -> Answer<Reply<Value>> {
    portal.accounts.set_client_preferences(&ctx, arguments.preferences).await?;
    let fields = if arguments.return_updated {
        json!({ "preferences": portal.accounts.client_preferences(&ctx).await? })
    } else {
        json!({})
    };
    Ok(Reply::new(requested, json!({ "updated": 1, "fields": fields })))
}
