//! One's public keys for SSH.

use accounts::ssh_keys::NewSshKey;
use axum::extract::{Path, State};
use axum::response::Response;
use base::{Error, OpContext, Result};
use ui_pages::ssh_keys::{SshKeyRow, SshKeysPage, SshServer};
use web_kit::state::SshPlace;
use web_kit::{Answer, Ctx, FormBody, LastGroup, Portal, QueryString};

use crate::flash::Done;
use crate::{frame, view};

pub(crate) fn server(place: &SshPlace) -> SshServer {
    SshServer { fingerprint: place.fingerprint.clone(), known_hosts: place.known_hosts() }
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    QueryString(done): QueryString<Done>,
) -> Answer {
    Ok(page(&portal, &ctx, &last, &FormBody::default(), &done, None).await?)
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    last: &LastGroup,
    typed: &FormBody,
    done: &Done,
    error: Option<&Error>,
) -> Result<Response> {
    let mut framed = frame::build_own(portal, ctx, "SSH keys", last).await?;
    framed.frame.flash = done.flash();
    let keys = portal.accounts.list_ssh_keys(ctx).await?;
    // A private key that was pasted by mistake must not come back.
    let key =
        Some(typed.text("key")).filter(|key| !key.contains("PRIVATE") && !key.contains("PuTTY-User-Key"));
    let page = SshKeysPage {
        keys: keys
            .into_iter()
            .map(|key| SshKeyRow {
                id: key.id.to_string(),
                name: key.name,
                algorithm: key.algorithm,
                fingerprint: key.fingerprint,
                created: framed.when(key.created_at),
                last_used: key.last_used_at.map(|at| framed.when(at)),
            })
            .collect(),
        server: portal.settings.ssh.as_ref().map(server),
        name: view::field(typed.text("name"), "name", error),
        public_key: view::field(key.unwrap_or_default(), "key", error),
        error: view::form_error(error),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

pub(crate) async fn add(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    typed: FormBody,
) -> Answer {
    let input = NewSshKey { name: typed.text("name").to_owned(), key: typed.text("key").to_owned() };
    match portal.accounts.add_ssh_key(&ctx, input).await {
        Ok(_) => Ok(view::see_done(paths::ProfileSshKeys.link(), "ssh-key")),
        Err(error) if matches!(error.kind(), base::ErrorKind::Invalid | base::ErrorKind::Conflict) => {
            Ok(page(&portal, &ctx, &last, &typed, &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn remove(State(portal): State<Portal>, Ctx(ctx): Ctx, Path(id): Path<String>) -> Answer {
    let id = id.parse().map_err(|_| Error::not_found("SSH key"))?;
    portal.accounts.remove_ssh_key(&ctx, id).await?;
    Ok(view::see_done(paths::ProfileSshKeys.link(), "ssh-key-removed"))
}
