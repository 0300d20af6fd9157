//! One's API tokens.

use accounts::tokens::NewToken;
use axum::extract::{Path, State};
use axum::response::Response;
use base::{Error, OpContext, Result, Secret, TokenScope};
use ui_pages::components::Choice;
use ui_pages::tokens::{self as tokens_page, Scope, TokenRow, TokensPage};
use web_kit::{Answer, Ctx, FormBody, LastGroup, Portal, QueryString};

use crate::flash::Done;
use crate::{frame, view};

/// What a form sends for a token's life, in days.
const LIFETIMES: [(&str, &str); 4] =
    [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year")];

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(page(&portal, &ctx, &last, &FormBody::default(), &done, None, None).await?)
}

fn scope_of(text: &str) -> Scope {
    if text == "read" { Scope::Read } else { Scope::Write }
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    last: &LastGroup,
    typed: &FormBody,
    done: &Done,
    created: Option<(String, Secret)>,
    error: Option<&Error>,
) -> Result<Response> {
    let mut framed = frame::build_own(portal, ctx, "API tokens", last).await?;
    framed.frame.flash = done.flash();
    let tokens = portal.accounts.list_tokens(ctx).await?;
    let now = ctx.now();
    let days = Some(typed.text("expires_days")).filter(|days| !days.is_empty()).unwrap_or("90");
    let me = portal.settings.public_url.clone() + &paths::api::Me.link();
    let page = TokensPage {
        tokens: tokens
            .iter()
            .map(|token| TokenRow {
                id: token.id.to_string(),
                name: token.name.clone(),
                prefix: format!("ptk_…{}", token.ending),
                scope: if token.scope == TokenScope::Read { Scope::Read } else { Scope::Write },
                created: framed.when(token.created_at),
                expires: Some(framed.when(token.expires_at)),
                expired: token.expires_at <= now,
                last_used: token.last_used_at.map(|at| framed.when(at)),
            })
            .collect(),
        created: created.map(|(name, secret)| {
            let secret = secret.expose().to_owned();
            tokens_page::NewToken {
                name,
                curl: format!("curl -H \"Authorization: Bearer {secret}\" {me}"),
                python: format!(
                    "import requests\n\nme = requests.get(\"{me}\", headers={{\"Authorization\": \"Bearer {secret}\"}})\nprint(me.json())"
                ),
                secret,
            }
        }),
        name: view::field(if error.is_some() { typed.text("name") } else { "" }, "name", error),
        lifetimes: LIFETIMES.iter().map(|(value, label)| Choice::new(*value, *label, *value == days)).collect(),
        lifetime_error: view::field_error("days", error),
        scope: scope_of(typed.text("scope")),
        error: view::form_error(error),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

/// The answer shows the token, once; it is never part of a redirect.
pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    typed: FormBody,
) -> Answer {
    let scope =
        if scope_of(typed.text("scope")) == Scope::Read { TokenScope::Read } else { TokenScope::Write };
    let input = NewToken {
        name: typed.text("name").to_owned(),
        scope,
        days: typed.text("expires_days").parse().unwrap_or(0),
    };
    match portal.accounts.create_token(&ctx, input).await {
        Ok((token, secret)) => Ok(page(
            &portal,
            &ctx,
            &last,
            &FormBody::default(),
            &Done::default(),
            Some((token.name, secret)),
            None,
        )
        .await?),
        Err(error) if matches!(error.kind(), base::ErrorKind::Invalid | base::ErrorKind::Conflict) => {
            Ok(page(&portal, &ctx, &last, &typed, &Done::default(), None, Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn revoke(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(id): Path<String>) -> Answer {
    let id = id.parse().map_err(|_| Error::not_found("token"))?;
    portal.accounts.revoke_token(&ctx, id).await?;
    Ok(view::see_done(paths::ProfileTokens.link(), "token"))
}
