//! One's access keys.

use accounts::access_keys::{self, NewAccessKey};
use axum::extract::{Path, State};
use axum::response::Response;
use base::{Error, OpContext, Result, Secret};
use ui_pages::access_keys::{AccessKeyRow, AccessKeysPage, NewAccessKey as Shown};
use ui_pages::components::Choice;
use web_kit::{Answer, Ctx, FormBody, LastGroup, Portal, QueryString};

use crate::flash::Done;
use crate::{frame, view};

/// What a form sends for a key's life, in days.
const LIFETIMES: [(&str, &str); 4] =
    [("", "Until it is revoked"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year")];

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(page(&portal, &ctx, &last, &FormBody::default(), &done, None, None).await?)
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    last: &LastGroup,
    typed: &FormBody,
    done: &Done,
    created: Option<Shown>,
    error: Option<&Error>,
) -> Result<Response> {
    let mut framed = frame::build_own(portal, ctx, "Access keys", last).await?;
    framed.frame.flash = done.flash();
    let keys = portal.accounts.list_access_keys(ctx, None).await?;
    let now = ctx.now();
    let wanted = typed.text("group");
    let groups = &framed.memberships;
    let page = AccessKeysPage {
        keys: keys
            .into_iter()
            .map(|key| AccessKeyRow {
                group: groups
                    .iter()
                    .find(|one| one.group.id == key.group)
                    .map(|one| one.group.display_name.clone())
                    .unwrap_or_default(),
                label: key.label,
                access_key: key.access_key,
                created: framed.when(key.created_at),
                expires: key.expires_at.map(|at| framed.when(at)),
                is_expired: key.expires_at.is_some_and(|at| at <= now),
                last_used: key.last_used_at.map(|at| framed.when(at)),
                last_used_from: key.last_used_from,
            })
            .collect(),
        created,
        groups: groups
            .iter()
            .map(|one| Choice::new(&one.group.name, &one.group.display_name, one.group.name == wanted))
            .collect(),
        label_field: view::field(if error.is_some() { typed.text("label") } else { "" }, "label", error),
        lifetimes: LIFETIMES
            .iter()
            .map(|(value, label)| Choice::new(*value, *label, *value == typed.text("days")))
            .collect(),
        error: view::form_error(error),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

/// The answer shows the secret, once; it is never part of a redirect.
pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    typed: FormBody,
) -> Answer {
    let group = portal.accounts.get_group(&ctx, typed.text("group")).await?;
    let days = typed.text("days");
    let input = NewAccessKey {
        label: typed.text("label").to_owned(),
        days: (!days.is_empty()).then(|| days.parse().unwrap_or(0)),
    };
    match portal.accounts.create_access_key(&ctx, group.id, input).await {
        Ok((key, secret)) => {
            let url = &portal.settings.public_url;
            let text = |secret: Secret| secret.expose().to_owned();
            let shown = Shown {
                group: group.display_name,
                clearml_conf: text(access_keys::clearml_conf(url, &key.label, &key.access_key, &secret)),
                environment: text(access_keys::environment(url, &key.access_key, &secret)),
                notebook: text(access_keys::notebook(url, &key.access_key, &secret)),
                label: key.label,
            };
            let (typed, done) = (FormBody::default(), Done::default());
            Ok(page(&portal, &ctx, &last, &typed, &done, Some(shown), None).await?)
        }
        Err(error) if matches!(error.kind(), base::ErrorKind::Invalid | base::ErrorKind::Conflict) => {
            Ok(page(&portal, &ctx, &last, &typed, &Done::default(), None, Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn revoke(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(key): Path<String>) -> Answer {
    portal.accounts.revoke_access_key(&ctx, &key).await?;
    Ok(view::see_done(paths::ProfileAccessKeys.link(), "access-key"))
}
