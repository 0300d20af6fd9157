//! The images of a group, and their build logs.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use base::resources::bytes;
use base::{OpContext, Result};
use ui_pages::components::{Fact, LogView, Note, Status, Tone};
use ui_pages::frame::Entry;
use ui_pages::images::{ImagePage, ImageRow, ImagesPage};
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString, logs, sse};
use workloads::images::{BuildState, Image};

use crate::flash::Done;
use crate::frame::Framed;
use crate::{frame, view};

type Where = Path<(String, String)>;

pub(crate) fn status(image: &Image) -> Status {
    match image.state {
        BuildState::Queued => Status::Queued,
        BuildState::Building => Status::Building,
        BuildState::Ready => Status::Ready,
        BuildState::Failed => Status::Failed,
    }
}

pub(crate) fn list_page(framed: Framed, images: &[Image], base: &str, lead: &str) -> ImagesPage {
    let rows = images
        .iter()
        .map(|image| ImageRow {
            name: image.name.clone(),
            title: image.display_name.clone(),
            description: image.description.clone(),
            url: format!("{base}/{}", image.name),
            status: status(image),
            reason: if image.state == BuildState::Failed {
                first_line(&image.message)
            } else {
                String::new()
            },
            kind: "environment".to_owned(),
            python: if image.python_version.is_empty() {
                image.python.clone()
            } else {
                image.python_version.clone()
            },
            scope: if image.is_built_in { "Built in" } else { "All groups" }.to_owned(),
            size: image.size_bytes.map(bytes).unwrap_or_default(),
            built: image.finished_at.filter(|_| image.state == BuildState::Ready).map(|at| framed.when(at)),
        })
        .collect();
    ImagesPage {
        live_url: base.to_owned(),
        lead: lead.to_owned(),
        images: rows,
        error: None,
        frame: framed.frame,
    }
}

fn first_line(text: &str) -> String {
    base::names::cut(text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim(), 160)
}

pub(crate) async fn detail_page(
    portal: &Portal,
    framed: Framed,
    image: &Image,
    base: &str,
    may_rebuild: bool,
) -> ImagePage {
    let url = format!("{base}/{}", image.name);
    let mut facts = vec![
        Fact::new("Kind", "environment"),
        Fact::new(
            "Python",
            if image.python_version.is_empty() { &image.python } else { &image.python_version }.clone(),
        ),
        Fact::new(
            "Packages",
            if image.lock.is_empty() {
                "not resolved yet".to_owned()
            } else {
                image.lock.lines().filter(|line| line.contains("==")).count().to_string()
            },
        ),
    ];
    if let Some(size) = image.size_bytes {
        facts.push(Fact::new("Size", bytes(size)));
    }
    if let Some(finished) = image.finished_at {
        facts.push(Fact::time("Last build", framed.when(finished)));
    }
    if image.tries > 0 {
        facts.push(Fact::new("Builds", image.tries.to_string()));
    }
    if let Some(next) = image.next_try_at {
        facts.push(Fact::time("Next try", framed.when(next)));
    }
    facts.push(Fact { mono: true, ..Fact::new("Digest", base::names::cut(&image.digest, 20)) });
    let total = build_log(portal, image).lines(0, 0).await.map_or(0, |page| page.total);
    let note = match image.state {
        BuildState::Ready => None,
        BuildState::Queued => {
            Some(Note::new(Tone::Wait, "Queued.", "It is built as soon as the builder is free."))
        }
        BuildState::Building => {
            Some(Note::new(Tone::Info, "Being built.", "Jobs that need it start when it is ready."))
        }
        BuildState::Failed => Some(Note::new(Tone::Bad, "The last build failed.", image.message.clone())),
    };
    ImagePage {
        list_url: base.to_owned(),
        live_url: url.clone(),
        name: image.name.clone(),
        title: image.display_name.clone(),
        description: image.description.clone(),
        status: status(image),
        note,
        facts,
        requirements: image.requirements.clone(),
        builds: Vec::new(),
        rebuild_url: (may_rebuild && image.state == BuildState::Failed).then(|| format!("{url}/rebuild")),
        log: LogView {
            base: format!("{url}/log"),
            total,
            complete: matches!(image.state, BuildState::Ready | BuildState::Failed),
            note: (total == 0)
                .then(|| "No log of a build is kept here.".to_owned())
                .filter(|_| image.state == BuildState::Ready),
            ..LogView::default()
        },
        frame: framed.frame,
    }
}

pub(crate) async fn list(State(portal): State<Portal>, Ctx(ctx): Ctx, InGroup(group): InGroup) -> Answer {
    let framed = frame::build(&portal, &ctx, "Images", Entry::Images, Some(&group)).await?;
    let images = portal.workloads.images_for(&ctx, group.id).await?;
    let lead = "The software that jobs run in. Choose one when you submit a job.";
    Ok(view::page(&list_page(framed, &images, &format!("/g/{}/images", group.name), lead))?)
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let image = portal.workloads.image_for(&ctx, group.id, &name).await?;
    let mut framed = frame::build(&portal, &ctx, &image.display_name, Entry::Images, Some(&group)).await?;
    framed.frame.flash = done.flash();
    Ok(view::page(
        &detail_page(&portal, framed, &image, &format!("/g/{}/images", group.name), ctx.is_platform_admin())
            .await,
    )?)
}

pub(crate) async fn rebuild(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
) -> Answer {
    portal.workloads.rebuild_image(&ctx, &name).await?;
    Ok(view::see_other(&format!("/g/{}/images/{name}?done=build", group.name)))
}

/// The log of the newest build of an image's environment.
pub(crate) fn build_log(portal: &Portal, image: &Image) -> runner::LogReader {
    portal.build_log(&image.digest)
}

pub(crate) async fn lines_answer(portal: &Portal, image: &Image, wanted: &logs::Lines) -> Result<Response> {
    Ok(Json(logs::lines(&build_log(portal, image), wanted).await?).into_response())
}

pub(crate) async fn search_answer(portal: &Portal, image: &Image, wanted: &logs::Search) -> Result<Response> {
    Ok(Json(logs::search(&build_log(portal, image), wanted).await?).into_response())
}

pub(crate) fn stream_answer(portal: &Portal, ctx: OpContext, image: &Image, from: u64) -> Response {
    sse::log(portal, ctx, build_log(portal, image), from)
}

pub(crate) async fn log_lines(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    QueryString(wanted): QueryString<logs::Lines>,
) -> Answer {
    let image = portal.workloads.image_for(&ctx, group.id, &name).await?;
    Ok(lines_answer(&portal, &image, &wanted).await?)
}

pub(crate) async fn log_search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    QueryString(wanted): QueryString<logs::Search>,
) -> Answer {
    let image = portal.workloads.image_for(&ctx, group.id, &name).await?;
    Ok(search_answer(&portal, &image, &wanted).await?)
}

pub(crate) async fn log_stream(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
    QueryString(wanted): QueryString<logs::From>,
) -> Answer {
    let image = portal.workloads.image_for(&ctx, group.id, &name).await?;
    Ok(stream_answer(&portal, ctx, &image, wanted.from))
}

pub(crate) async fn log_download(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    Path((_, name)): Where,
) -> Answer {
    let image = portal.workloads.image_for(&ctx, group.id, &name).await?;
    Ok(logs::download(&build_log(&portal, &image), &name).await?)
}
