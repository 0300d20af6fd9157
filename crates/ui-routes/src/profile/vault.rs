//! One's configuration vault.

use accounts::vaults::{Layer, NewContent, Owner, Vault};
use axum::extract::State;
use axum::response::Response;
use base::{Error, ErrorKind, OpContext, Result, Secret};
use serde::Deserialize;
use ui_pages::components::Choice;
use ui_pages::vault::{EffectiveRow, EffectiveTable, VaultPage, VaultProblem, VaultRevision};
use vault_format::{Effective, Format, Problem};
use web_kit::{Answer, Ctx, FormBody, LastGroup, Portal, QueryString};

use crate::flash::Done;
use crate::frame::{self, Framed};
use crate::view;

const FORMATS: [(Format, &str); 3] =
    [(Format::Hocon, "HOCON"), (Format::Json, "JSON"), (Format::Yaml, "YAML")];

/// Which group's clients are shown, and whether with their secrets.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    done: Option<String>,
    #[serde(default)]
    group: String,
    #[serde(default)]
    reveal: String,
}

fn own(ctx: &OpContext) -> Result<Owner> {
    Ok(Owner::Person(ctx.person()?.id))
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    QueryString(wanted): QueryString<Wanted>,
) -> Answer {
    Ok(page(&portal, &ctx, &last, &wanted, None).await?)
}

/// What was typed, and why it was not taken.
struct Refused<'a> {
    typed: &'a FormBody,
    error: &'a Error,
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    last: &LastGroup,
    wanted: &Wanted,
    refused: Option<Refused<'_>>,
) -> Result<Response> {
    let mut framed = frame::build_own(portal, ctx, "Configuration vault", last).await?;
    framed.frame.flash = Done { done: wanted.done.clone() }.flash();
    let owner = own(ctx)?;
    let vault = portal.accounts.get_vault(ctx, owner).await?;
    let revisions = portal.accounts.list_vault_revisions(ctx, owner).await?;
    let present = vault.as_ref().map_or(0, |vault| vault.revision);
    let format = vault.as_ref().map_or(Format::Hocon, |vault| vault.format);
    let error = refused.as_ref().map(|refused| refused.error);
    let is_conflict = error.is_some_and(|error| error.kind() == ErrorKind::Conflict);
    let page = VaultPage {
        content: match (&refused, &vault) {
            (Some(refused), _) => refused.typed.text("content").to_owned(),
            (None, Some(vault)) => vault.content.expose().to_owned(),
            (None, None) => String::new(),
        },
        formats: {
            let typed = refused.as_ref().and_then(|refused| Format::parse(refused.typed.text("format")));
            let chosen = typed.unwrap_or(format);
            let choice =
                |(format, label): (Format, &str)| Choice::new(format.as_str(), label, format == chosen);
            FORMATS.into_iter().map(choice).collect()
        },
        // After a conflict the next save is made from what the page shows beside.
        revision: match &refused {
            Some(refused) if !is_conflict => refused.typed.text("revision").parse().unwrap_or(present),
            _ => present,
        },
        is_enabled: vault.as_ref().is_some_and(|vault| vault.is_enabled),
        problems: error.map(problems).unwrap_or_default(),
        warnings: match (&refused, &vault) {
            (None, Some(vault)) => warnings(vault),
            _ => Vec::new(),
        },
        theirs: vault.as_ref().filter(|_| is_conflict).map(|vault| vault.content.expose().to_owned()),
        revisions: revisions
            .into_iter()
            .map(|revision| VaultRevision {
                is_present: revision.number == present,
                number: revision.number,
                action: acted(&revision.action).to_owned(),
                made: framed.when(revision.made_at),
                made_by: revision.made_by,
            })
            .collect(),
        effective: effective(portal, ctx, &framed, wanted).await?,
        error: error
            .filter(|error| error.fields().is_empty())
            .and_then(|error| view::form_error(Some(error))),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

fn acted(action: &str) -> &'static str {
    match action {
        "enable" => "enabled",
        "disable" => "disabled",
        "restore" => "restored",
        _ => "edited",
    }
}

/// The lines that were refused: each is a field error whose text begins with its place.
fn problems(error: &Error) -> Vec<VaultProblem> {
    let split = |text: &str| {
        let (place, message) = text.split_once(": ").unwrap_or(("", text));
        VaultProblem { place: place.to_owned(), message: message.to_owned() }
    };
    error.fields().iter().map(|field| split(&field.message)).collect()
}

fn warnings(vault: &Vault) -> Vec<VaultProblem> {
    let read = vault_format::read(vault.content.expose().as_bytes(), vault.format);
    let shown = |problem: Problem| VaultProblem {
        place: format!("Line {}, column {}", problem.line, problem.column),
        message: problem.message,
    };
    read.map(|read| read.warnings.into_iter().map(shown).collect()).unwrap_or_default()
}

async fn effective(
    portal: &Portal,
    ctx: &OpContext,
    framed: &Framed,
    wanted: &Wanted,
) -> Result<Option<EffectiveTable>> {
    let groups = &framed.memberships;
    let chosen = groups.iter().find(|one| one.group.name == wanted.group).or(groups.first());
    let Some(chosen) = chosen else { return Ok(None) };
    let group = &chosen.group;
    let is_revealed = wanted.reveal == "1";
    let settings = portal.accounts.effective_vault(ctx, group.id).await?;
    let source = |layer: Layer, line: usize| match layer {
        Layer::Platform => format!("platform, line {line}"),
        Layer::Group => format!("group {}, line {line}", group.name),
        Layer::Person => format!("yours, line {line}"),
    };
    let row = |setting: Effective<Layer>| {
        let value = vault_format::shown(&setting.value);
        let hides: Vec<String> = setting.hides.iter().map(|(layer, line)| source(*layer, *line)).collect();
        EffectiveRow {
            is_masked: !is_revealed && is_secret(&setting.path, &value),
            path: setting.path,
            value,
            source: source(setting.layer, setting.line),
            hides: hides.join("; "),
        }
    };
    let link = paths::ProfileVault.link();
    let reveal = if is_revealed { "" } else { "1" };
    Ok(Some(EffectiveTable {
        groups: groups
            .iter()
            .map(|one| Choice::new(&one.group.name, &one.group.display_name, one.group.id == group.id))
            .collect(),
        rows: settings.into_iter().map(row).collect(),
        is_revealed,
        toggle_url: paths::query(link, &[("group", &group.name), ("reveal", reveal)]) + "#effective",
    }))
}

/// Whether a setting is hidden until somebody asks for it: by a word in its path, or in a list of blocks in its value.
fn is_secret(path: &str, value: &str) -> bool {
    let tells = |text: &str| base::redact::is_secret_name(text) || text.to_ascii_uppercase().contains("PASS");
    tells(path) || (value.starts_with(['[', '{']) && tells(value))
}

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    typed: FormBody,
) -> Answer {
    let content = typed.text("content");
    let input = NewContent {
        format: Format::parse(typed.text("format")).unwrap_or_else(|| Format::guess(content)),
        content: Secret::new(content),
        based_on: typed.text("revision").parse().ok(),
        enable: None,
    };
    match portal.accounts.set_vault(&ctx, own(&ctx)?, input).await {
        Ok(_) => Ok(view::see_done(paths::ProfileVault.link(), "vault")),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => {
            let refused = Refused { typed: &typed, error: &error };
            Ok(page(&portal, &ctx, &last, &Wanted::default(), Some(refused)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn enable(State(portal): State<Portal>, Ctx(ctx): Ctx, typed: FormBody) -> Answer {
    let enable = typed.is_on("enable");
    portal.accounts.enable_vault(&ctx, own(&ctx)?, enable).await?;
    let done = if enable { "vault-enabled" } else { "vault-disabled" };
    Ok(view::see_done(paths::ProfileVault.link(), done))
}

pub(crate) async fn restore(State(portal): State<Portal>, Ctx(ctx): Ctx, typed: FormBody) -> Answer {
    let number = typed.text("revision").parse().map_err(|_| Error::not_found("revision of this vault"))?;
    portal.accounts.restore_vault(&ctx, own(&ctx)?, number).await?;
    Ok(view::see_done(paths::ProfileVault.link(), "vault"))
}
