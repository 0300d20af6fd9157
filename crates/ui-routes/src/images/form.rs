//! The form that makes or changes an image.

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Error, GroupId, OpContext, Result};
use runner::Containers;
use ui_pages::components::{Card, Choice};
use ui_pages::images::{ImageFormPage, OfferFields};
use web_kit::{Answer, Ctx, FormBody, Portal};
use workloads::images::{Base, BuildState, Image, ImageInput, ImageKind, ImageType, PackageFile, Source};

use super::{ImagePath, ImageScope};
use crate::admin::is_for_form;
use crate::view;

/// Groups that the form offers to choose from.
const MOST_GROUPS: u64 = 500;

/// The form's fields as text.
#[derive(Clone, Debug, Default)]
struct Typed {
    display_name: String,
    name: String,
    description: String,
    image_type: String,
    source: String,
    base: String,
    python: String,
    packages: String,
    file: Option<PackageFile>,
    existing: String,
    reference: String,
    global: bool,
    groups: Vec<String>,
}

impl Typed {
    fn read(form: &FormBody) -> Self {
        let text = |field: &str| form.text(field).trim().to_owned();
        Self {
            display_name: text("display_name"),
            name: text("name"),
            description: text("description"),
            image_type: text("type"),
            source: text("source"),
            base: text("base"),
            python: text("python"),
            packages: form.text("packages").to_owned(),
            file: form
                .file("file")
                .map(|file| PackageFile { name: file.name.clone(), content: file.content.clone() }),
            existing: text("existing"),
            reference: text("reference"),
            global: form.is_on("global"),
            groups: form.all("groups").map(str::to_owned).collect(),
        }
    }

    fn of(image: &Image, groups: &[(GroupId, String)]) -> Self {
        let source = match (image.existing.is_some(), image.kind) {
            (true, _) => "existing",
            (false, ImageKind::Container) => "container",
            (false, ImageKind::Environment) => "build",
        };
        let offered = groups.iter().filter(|(id, _)| image.groups.contains(id)).map(|(_, name)| name.clone());
        Self {
            display_name: image.display_name.clone(),
            name: image.name.clone(),
            description: image.description.clone(),
            image_type: image.image_type.as_str().to_owned(),
            source: source.to_owned(),
            base: image.base.clone().unwrap_or_default(),
            python: if image.base.is_some() { String::new() } else { image.python.clone() },
            packages: image.requirements.join("\n"),
            file: None,
            existing: image.existing.clone().unwrap_or_default(),
            reference: image.reference.clone(),
            global: image.is_global,
            groups: offered.collect(),
        }
    }

    fn source(&self) -> Option<Source> {
        let lines =
            || self.packages.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty());
        match self.source.as_str() {
            "build" => Some(Source::Build {
                base: if self.base.is_empty() {
                    Base::Python(self.python.clone())
                } else {
                    Base::Image(self.base.clone())
                },
                packages: lines().collect(),
                file: self.file.clone(),
            }),
            "existing" => Some(Source::Existing { image: self.existing.clone() }),
            "container" => Some(Source::Container { reference: self.reference.clone() }),
            _ => None,
        }
    }

    fn input(&self, groups: &[(GroupId, String)]) -> Result<ImageInput> {
        let image_type = match self.image_type.as_str() {
            "" => ImageType::default(),
            text => ImageType::parse(text).map_err(|text| Error::field("type", text))?,
        };
        let chosen = groups.iter().filter(|(_, name)| self.groups.contains(name)).map(|(id, _)| *id);
        Ok(ImageInput {
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            description: self.description.clone(),
            image_type,
            source: self.source(),
            is_global: self.global,
            groups: if self.global { Vec::new() } else { chosen.collect() },
        })
    }
}

/// The groups that a system image can be offered to.
async fn group_names(portal: &Portal, ctx: &OpContext, scope: &ImageScope) -> Result<Vec<(GroupId, String)>> {
    if scope.group.is_some() {
        return Ok(Vec::new());
    }
    let groups = portal.accounts.list_groups(ctx, "", None, MOST_GROUPS).await?;
    Ok(groups.into_iter().map(|group| (group.id, group.name)).collect())
}

async fn form(
    portal: &Portal,
    ctx: &OpContext,
    scope: &ImageScope,
    existing: Option<&Image>,
    typed: Typed,
    error: Option<&Error>,
) -> Result<Response> {
    let title = existing.map_or("New image", |image| image.display_name.as_str());
    let framed = scope.frame(portal, ctx, title).await?;
    let images = scope.images(portal, ctx).await?;
    let groups = group_names(portal, ctx, scope).await?;
    let offer = scope.group.is_none().then(|| OfferFields {
        global: typed.global,
        groups: groups
            .iter()
            .map(|(_, name)| Choice::new(name.clone(), name.clone(), typed.groups.contains(name)))
            .collect(),
        error: view::field_error("groups", error),
    });
    let containers = portal.workloads.containers().await;
    let page = ImageFormPage {
        existing_title: existing.map(|image| image.display_name.clone()),
        list_url: scope.list_link(),
        action: existing.map_or_else(|| scope.new_link(), |image| scope.edit_link(&image.name)),
        cancel_url: existing.map_or_else(|| scope.list_link(), |image| scope.url(&image.name)),
        error: view::form_error(error),
        display_name: view::field(typed.display_name, "display_name", error),
        name: view::field(typed.name, "name", error),
        description: view::field(typed.description, "description", error),
        types: ImageType::ALL
            .map(|kind| Choice::new(kind.as_str(), kind.label(), kind.as_str() == typed.image_type))
            .to_vec(),
        sources: if existing.is_some_and(|image| image.is_built_in) {
            Vec::new()
        } else {
            sources(&typed.source, existing)
        },
        source_error: view::field_error("source", error),
        bases: bases(&images, existing, &typed.base),
        base_error: view::field_error("base", error),
        python: view::field(typed.python, "python", error),
        packages: view::field(typed.packages, "packages", error),
        file_error: view::field_error("file", error),
        existing: others(&images, existing, &typed.existing),
        existing_error: view::field_error("existing", error),
        reference: view::field(typed.reference, "reference", error),
        no_containers: match containers {
            Containers::Run => "",
            Containers::Away => {
                "It can be kept, and runs when the container engine of the machine answers again."
            }
            Containers::None => "It can be kept, but this server finds no container engine now.",
        }
        .to_owned(),
        offer,
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

/// Where an image can come from. An existing one stays of its kind.
fn sources(selected: &str, existing: Option<&Image>) -> Vec<Card> {
    let cards = [
        ("build", "Build", "A base and Python packages", Some(ImageKind::Environment)),
        ("existing", "Use existing", "Another image under a name of its own", None),
        ("container", "Container image", "A reference in a registry", Some(ImageKind::Container)),
    ];
    let fits =
        |kind: Option<ImageKind>| existing.is_none_or(|image| kind.is_none_or(|kind| kind == image.kind));
    cards
        .into_iter()
        .filter(|(.., kind)| fits(*kind))
        .map(|(value, title, detail, _)| Card {
            value: value.to_owned(),
            title: title.to_owned(),
            detail: detail.to_owned(),
            selected: value == selected,
            ..Card::default()
        })
        .collect()
}

/// What packages can be added to; what is chosen already stays in the list.
fn bases(images: &[Image], existing: Option<&Image>, selected: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Python alone", selected.is_empty())];
    let is_base = |image: &&Image| {
        image.kind == ImageKind::Environment && image.state == BuildState::Ready && !image.is_deprecated()
    };
    for image in images.iter().filter(|image| is_base(image) || image.name == selected) {
        if existing.is_some_and(|existing| existing.id == image.id) {
            continue;
        }
        let label = format!("{} (Python {})", image.display_name, image.python_version);
        choices.push(Choice::new(image.name.clone(), label, image.name == selected));
    }
    if !selected.is_empty() && !choices.iter().any(|choice| choice.selected) {
        choices.push(Choice::new(selected, format!("{selected} (gone)"), true));
    }
    choices
}

fn others(images: &[Image], existing: Option<&Image>, selected: &str) -> Vec<Choice> {
    images
        .iter()
        .filter(|image| {
            existing.is_none_or(|existing| existing.id != image.id && existing.kind == image.kind)
        })
        .filter(|image| !image.is_deprecated() || image.name == selected)
        .map(|image| Choice::new(image.name.clone(), image.display_name.clone(), image.name == selected))
        .collect()
}

pub(crate) async fn new(State(portal): State<Portal>, Ctx(ctx): Ctx, scope: ImageScope) -> Answer {
    let images = scope.images(&portal, &ctx).await?;
    let base = images.iter().find(|image| {
        image.kind == ImageKind::Environment && image.state == BuildState::Ready && !image.is_deprecated()
    });
    let typed = Typed {
        image_type: ImageType::default().as_str().to_owned(),
        source: "build".to_owned(),
        base: base.map(|image| image.name.clone()).unwrap_or_default(),
        global: true,
        ..Typed::default()
    };
    Ok(form(&portal, &ctx, &scope, None, typed, None).await?)
}

pub(crate) async fn create(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    body: FormBody,
) -> Answer {
    let typed = Typed::read(&body);
    let result = match typed.input(&group_names(&portal, &ctx, &scope).await?) {
        Ok(input) => portal.workloads.create_image(&ctx, scope.owner(), input).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(image) => Ok(view::see_done(scope.url(&image.name), "created")),
        Err(error) if is_for_form(&error) => {
            Ok(form(&portal, &ctx, &scope, None, typed, Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The image, if it is changed here: a group's pages change only its own.
async fn own(portal: &Portal, ctx: &OpContext, scope: &ImageScope, name: &str) -> Result<Image> {
    let image = scope.image(portal, ctx, name).await?;
    if image.owner() == scope.owner() {
        Ok(image)
    } else {
        Err(Error::forbidden("A system image is changed in the admin portal.")
            .with_hint("Ask a platform admin."))
    }
}

pub(crate) async fn edit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
) -> Answer {
    let image = own(&portal, &ctx, &scope, &image).await?;
    let typed = Typed::of(&image, &group_names(&portal, &ctx, &scope).await?);
    Ok(form(&portal, &ctx, &scope, Some(&image), typed, None).await?)
}

pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    scope: ImageScope,
    Path(ImagePath { image }): Path<ImagePath>,
    body: FormBody,
) -> Answer {
    let image = own(&portal, &ctx, &scope, &image).await?;
    let groups = group_names(&portal, &ctx, &scope).await?;
    let (typed, before) = (Typed::read(&body), Typed::of(&image, &groups));
    let result = match typed.input(&groups) {
        Ok(mut input) => {
            // Who changes only words needs no base that is ready.
            if image.is_built_in || input.source == before.source() {
                input.source = None;
            }
            portal.workloads.update_image(&ctx, scope.owner(), &image.name, input).await
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(_) => Ok(view::see_done(scope.url(&image.name), "saved")),
        Err(error) if is_for_form(&error) => {
            Ok(form(&portal, &ctx, &scope, Some(&image), typed, Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}
