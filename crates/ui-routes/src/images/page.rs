//! Images as the list and their own page show them.

use base::resources::bytes;
use base::{OpContext, Result};
use ui_pages::components::{Choice, Fact, Link, LogView, Note, Status, Tone, Who};
use ui_pages::images::{BuildRow, ChangeRow, DeprecateForm, ImagePage, ImageRow, ImagesPage};
use web_kit::Portal;
use workloads::images::{Build, BuildState, Image, ImageDetail, ImageKind};

use super::ImageScope;
use crate::frame::Framed;
use crate::people::People;
use crate::view;

/// What badge the image has where its builds are in this state.
pub(crate) fn badge(image: &Image, state: BuildState) -> Status {
    if image.refusal.is_some() {
        Status::Unusable
    } else if image.is_on_demand && state == BuildState::Queued {
        Status::NotBuilt
    } else {
        status(state)
    }
}

/// What badge a build's state has.
const fn status(state: BuildState) -> Status {
    match state {
        BuildState::Queued => Status::Queued,
        BuildState::Building => Status::Building,
        BuildState::Ready => Status::Ready,
        BuildState::Failed => Status::Failed,
        BuildState::Cancelled => Status::Cancelled,
    }
}

/// Whether work goes on with the build before the newest one.
fn has_older(image: &Image) -> bool {
    image.state == BuildState::Ready && image.newest_state != BuildState::Ready
}

pub(super) fn list(ctx: &OpContext, scope: &ImageScope, framed: Framed, images: &[Image]) -> ImagesPage {
    let rows = images
        .iter()
        .map(|image| ImageRow {
            name: image.name.clone(),
            title: image.display_name.clone(),
            description: image.description.clone(),
            url: scope.url(&image.name),
            status: badge(image, image.newest_state),
            reason: if image.newest_state == BuildState::Failed {
                first_line(&image.message)
            } else {
                String::new()
            },
            kind: image.kind.as_str().to_owned(),
            image_type: image.image_type.label().to_owned(),
            deprecated: image.is_deprecated(),
            python: python(image),
            scope: offered_to(image),
            size: image.size_bytes.map(bytes).unwrap_or_default(),
            built: image
                .finished_at
                .filter(|_| image.newest_state == BuildState::Ready)
                .map(|at| framed.when(at)),
        })
        .collect();
    ImagesPage {
        live_url: scope.list_link(),
        lead: match scope.group {
            Some(_) => "The software that notebooks and jobs run in. Choose one when you start them.",
            None => "System images, for every group or for chosen ones.",
        }
        .to_owned(),
        new_url: scope.may_make(ctx).then(|| scope.new_link()),
        images: rows,
        error: None,
        frame: framed.frame,
    }
}

fn first_line(text: &str) -> String {
    base::names::cut(text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim(), 160)
}

fn python(image: &Image) -> String {
    if image.python_version.is_empty() { &image.python } else { &image.python_version }.clone()
}

fn offered_to(image: &Image) -> String {
    match (image.group.is_some(), image.is_built_in, image.is_global) {
        (true, ..) => "Group",
        (false, true, true) => "Built in",
        (false, _, true) => "All groups",
        (false, _, false) => "Chosen groups",
    }
    .to_owned()
}

pub(super) async fn detail(
    portal: &Portal,
    ctx: &OpContext,
    scope: &ImageScope,
    framed: Framed,
    image: &Image,
) -> Result<ImagePage> {
    let name = &image.name;
    let may_manage = scope.may_manage(ctx, image);
    let found = portal.workloads.image_detail(image).await?;
    let maker = People::named(portal, ctx, [image.created_by.as_str()]).await?.who(&image.created_by);
    let log = portal.workloads.image_log(ctx, image)?;
    let total = log.lines(0, 0).await.map_or(0, |page| page.total);
    let under_way = image.newest_state.is_under_way() && !image.is_on_demand;
    let is_container = image.kind == ImageKind::Container;
    let may_cancel = under_way || image.next_try_at.is_some();
    let never_changes = image.is_built_in && image.newest_state == BuildState::Ready;
    let can_rebuild = !(is_container || under_way || never_changes);
    Ok(ImagePage {
        list_url: scope.list_link(),
        live_url: scope.url(name),
        name: image.name.clone(),
        title: image.display_name.clone(),
        description: image.description.clone(),
        status: badge(image, image.newest_state),
        note: note(image),
        deprecated: deprecated(scope, image),
        facts: facts(ctx, scope, &framed, image, &maker),
        requirements: image.requirements.clone(),
        lock: image.lock.lines().map(str::to_owned).collect(),
        changes: changes(&found),
        builds: found.builds.iter().map(|build| build_row(&framed, build)).collect(),
        is_container,
        has_log: !is_container && !image.is_on_demand,
        rebuild_url: (may_manage && can_rebuild).then(|| scope.rebuild_link(name)),
        cancel_url: (may_manage && may_cancel).then(|| scope.cancel_link(name)),
        edit_url: may_manage.then(|| scope.edit_link(name)),
        delete_url: (may_manage && !image.is_built_in).then(|| scope.delete_link(name)),
        deprecate: match may_manage {
            true => Some(deprecate_form(portal, ctx, scope, image).await?),
            false => None,
        },
        log: LogView {
            base: scope.log_link(name),
            // Another build of the same writes the same log anew.
            run: found
                .builds
                .first()
                .map_or_else(String::new, |build| format!("{}-{}", image.newest_digest, build.number)),
            total,
            complete: !under_way,
            note: (total == 0)
                .then(|| "No log of a build is kept here.".to_owned())
                .filter(|_| image.newest_state == BuildState::Ready),
        },
        frame: framed.frame,
    })
}

fn facts(ctx: &OpContext, scope: &ImageScope, framed: &Framed, image: &Image, maker: &Who) -> Vec<Fact> {
    let mut facts = vec![
        Fact::id("Name", image.name.clone()),
        Fact::new("Kind", image.kind.as_str()),
        Fact::new("Made for", image.image_type.label()),
    ];
    let offered = Fact::new("Scope", offered_to(image));
    let elsewhere = scope.group.is_some() && image.group.is_none() && ctx.is_platform_admin();
    facts.push(if elsewhere { offered.link(paths::admin::Image.link(&image.name)) } else { offered });
    if !image.reference.is_empty() {
        facts.push(Fact::id("Reference", image.reference.clone()));
    }
    if image.kind == ImageKind::Environment {
        facts.push(Fact::new("Python", python(image)));
        let count = image.lock.lines().filter(|line| line.contains("==")).count();
        let packages = if image.lock.is_empty() { "not resolved yet".to_owned() } else { count.to_string() };
        facts.push(Fact::new("Packages", packages));
    }
    for (label, name) in [("Base", &image.base), ("Uses", &image.existing)] {
        if let Some(name) = name {
            facts.push(Fact::new(label, name.clone()).link(scope.url(name)));
        }
    }
    if let Some(size) = image.size_bytes {
        facts.push(Fact::new("Size", bytes(size)));
    }
    if let Some(finished) = image.finished_at {
        facts.push(Fact::time("Last build", framed.when(finished)));
    }
    if let Some(next) = image.next_try_at {
        facts.push(Fact::time("Next try", framed.when(next)));
    }
    if !image.is_built_in {
        facts.push(Fact::who("Made by", maker));
    }
    if !image.digest.is_empty() {
        facts.push(Fact { mono: true, ..Fact::new("Digest", base::names::cut(&image.digest, 20)) });
    }
    facts
}

/// What there is to know of a container image that can run.
const PULLED: &str = "The machine's container engine fetches it when something first runs in it, and keeps it. The log of \
                      that run names its digest; with that in the reference it stays the same whatever becomes of a tag.";

fn note(image: &Image) -> Option<Note> {
    if image.kind == ImageKind::Container {
        let refused = image.refusal.map(|why| Note::new(Tone::Wait, "It can't run here.", why));
        let waits = image.wait.map(|what| Note::new(Tone::Wait, "Work in it waits.", what));
        return Some(
            refused.or(waits).unwrap_or_else(|| Note::new(Tone::Info, "Pulled, not built.", PULLED)),
        );
    }
    let meanwhile = if has_older(image) {
        "Until then work runs in the build before."
    } else {
        "Jobs that need it start when it is ready."
    };
    match image.newest_state {
        BuildState::Ready => None,
        BuildState::Queued if image.is_on_demand => Some(Note::new(
            Tone::Wait,
            "Not built yet.",
            "It is built when somebody first uses it, or when an admin builds it now.",
        )),
        BuildState::Queued => Some(Note::new(
            Tone::Wait,
            "Queued.",
            format!("It is built as soon as a builder is free. {meanwhile}"),
        )),
        BuildState::Building => Some(Note::new(Tone::Info, "Being built.", meanwhile)),
        BuildState::Cancelled => {
            Some(Note::new(Tone::Wait, "The build was cancelled.", "Rebuild it when you need it."))
        }
        BuildState::Failed => {
            let still = if has_older(image) { "\n\nWork goes on in the build before." } else { "" };
            Some(Note::new(Tone::Bad, "The last build failed.", format!("{}{still}", image.message)))
        }
    }
}

fn deprecated(scope: &ImageScope, image: &Image) -> Option<Note> {
    image.deprecated_at?;
    let text = if image.successor.is_some() {
        "It is not offered for new work. Use"
    } else {
        "It is not offered for new work."
    };
    let link = image.successor.as_ref().map(|name| Link::new(name.clone(), scope.url(name)));
    Some(Note { link, ..Note::new(Tone::Wait, "Deprecated.", text) })
}

fn changes(found: &ImageDetail) -> Vec<ChangeRow> {
    let row = |change: &workloads::images::PackageChange| ChangeRow {
        name: change.name.clone(),
        before: change.before.clone().unwrap_or_default(),
        after: change.after.clone().unwrap_or_default(),
    };
    found.changes.iter().map(row).collect()
}

fn build_row(framed: &Framed, build: &Build) -> BuildRow {
    BuildRow {
        number: u32::try_from(build.number).unwrap_or(u32::MAX),
        status: match build.state {
            BuildState::Ready => Status::Succeeded,
            state => status(state),
        },
        started: framed.when(build.started_at),
        duration: build
            .finished_at
            .map(|finished| view::span(build.started_at, finished))
            .unwrap_or_default(),
        outcome: first_line(&build.message),
    }
}

async fn deprecate_form(
    portal: &Portal,
    ctx: &OpContext,
    scope: &ImageScope,
    image: &Image,
) -> Result<DeprecateForm> {
    let mut successors = vec![Choice::new("", "Nothing in particular", true)];
    for other in scope.images(portal, ctx).await? {
        if other.name != image.name && !other.is_deprecated() {
            successors.push(Choice::new(other.name, other.display_name, false));
        }
    }
    Ok(DeprecateForm {
        action: scope.deprecate_link(&image.name),
        restore: image.is_deprecated().then(|| scope.restore_link(&image.name)),
        successors,
    })
}
