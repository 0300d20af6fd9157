//! Who calls: an access key as `Basic`, or the token that `auth.login` gave for it as `Bearer`.

use axum::http::{header, request::Parts};
use base::{Error, OpContext, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use web_kit::Portal;
use web_kit::routes::{Caller, ForeignAuthentication};

#[derive(Debug)]
pub(crate) struct AccessKeys;

impl ForeignAuthentication for AccessKeys {
    fn authenticate<'a>(
        &'a self,
        portal: &'a Portal,
        ctx: &'a OpContext,
        request: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Caller>>> {
        Box::pin(async move {
            let Some(value) = request.headers.get(header::AUTHORIZATION) else { return Ok(None) };
            let (scheme, rest) =
                value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(unreadable)?;
            let rest = rest.trim();
            let holder = if scheme.eq_ignore_ascii_case("basic") {
                let pair = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let pair = pair.ok_or_else(unreadable)?;
                let (key, secret) = pair.split_once(':').ok_or_else(unreadable)?;
                portal.accounts.authenticate_access_key(ctx, key, secret).await?
            } else if scheme.eq_ignore_ascii_case("bearer") {
                portal.accounts.authenticate_client_token(ctx, rest).await?
            } else {
                return Err(unreadable());
            };
            Ok(Some(Caller {
                person: holder.person,
                credential: holder.credential,
                group: Some(holder.group_name),
            }))
        })
    }
}

fn unreadable() -> Error {
    Error::unauthenticated("The Authorization header is not understood.")
        .with_code("bad_authorization")
        .with_hint("Send an access key as Basic, or the token of auth.login as Bearer.")
}
