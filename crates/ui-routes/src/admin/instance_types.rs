//! Instance types.

use axum::extract::{Path, State};
use axum::response::Response;
use base::error::FieldErrors;
use base::resources::decimal;
use base::{Error, GroupId, OpContext, Resources, Result};
use ui_pages::admin::{DeletePage, GoesWith, InstanceTypeFormPage, InstanceTypeRow, InstanceTypesPage};
use ui_pages::components::{Choice, Field, Link};
use ui_pages::frame::Entry;
use web_kit::{Answer, Ctx, FormBody, Portal, QueryString};
use workloads::instance_types::{InstanceType, InstanceTypeInput};

use crate::admin::{delete_confirmed, is_for_form};
use crate::flash::Done;
use crate::notebooks::spans::Spans;
use crate::{frame, view};

/// Groups that the form offers to choose from.
const MOST_GROUPS: u64 = 500;

pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let mut framed = frame::build(&portal, &ctx, "Instance types", Entry::AdminInstanceTypes, None).await?;
    framed.frame.flash = done.flash();
    let capacity = portal.workloads.rules().capacity;
    let types = portal.workloads.list_instance_types(&ctx).await?;
    let rows = types
        .iter()
        .map(|kind| InstanceTypeRow {
            name: kind.name.clone(),
            display_name: kind.display_name.clone(),
            description: kind.description.clone(),
            url: paths::admin::InstanceType.link(&kind.name),
            cpu: base::resources::cores(kind.resources.cpu_milli),
            memory: base::resources::memory(kind.resources.memory_mib),
            gpu: kind.resources.gpu.to_string(),
            offered_to: match (kind.is_global, kind.groups.len()) {
                (true, _) => "All groups".to_owned(),
                (false, 0) => "No group".to_owned(),
                (false, count) => view::plural(i64::try_from(count).unwrap_or(i64::MAX), "group", ""),
            },
            warning: (!kind.resources.fits_in(capacity))
                .then(|| format!("Never fits: the machine has {}.", capacity.describe())),
        })
        .collect();
    Ok(view::page(&InstanceTypesPage { rows, frame: framed.frame })?)
}

/// The form's fields as text.
struct Typed {
    name: String,
    display_name: String,
    description: String,
    cpu: String,
    memory: String,
    gpu: String,
    global: bool,
    groups: Vec<String>,
    /// The limits of notebooks, where they were typed.
    spans: Option<Spans>,
}

impl Typed {
    fn read(form: &FormBody) -> Self {
        let text = |field: &str| form.text(field).trim().to_owned();
        Self {
            name: text("name"),
            display_name: text("display_name"),
            description: text("description"),
            cpu: text("cpu"),
            memory: text("memory"),
            gpu: text("gpu"),
            global: form.is_on("global"),
            groups: form.all("groups").map(str::to_owned).collect(),
            spans: None,
        }
    }
    /// As the type is.
    fn of(kind: InstanceType, groups: &[(GroupId, String)]) -> Self {
        Self {
            name: kind.name,
            display_name: kind.display_name,
            description: kind.description,
            cpu: decimal(kind.resources.cpu_milli),
            memory: decimal(kind.resources.memory_mib * 1000 / 1024),
            gpu: kind.resources.gpu.to_string(),
            global: kind.is_global,
            groups: groups
                .iter()
                .filter(|(id, _)| kind.groups.contains(id))
                .map(|(_, name)| name.clone())
                .collect(),
            spans: None,
        }
    }
    fn fresh() -> Self {
        let one = "1".to_owned();
        Self {
            name: String::new(),
            display_name: String::new(),
            description: String::new(),
            cpu: one.clone(),
            memory: one,
            gpu: "0".to_owned(),
            global: true,
            groups: Vec::new(),
            spans: None,
        }
    }
    fn parse(&self, groups: &[(GroupId, String)]) -> Result<InstanceTypeInput> {
        let mut errors = FieldErrors::default();
        let mut number = |field: &str, text: &str, size: f64| match text.replace(',', ".").parse::<f64>() {
            Ok(value) if value.is_finite() && value.abs() < 1e9 => (value * size).round() as i64,
            _ => {
                errors.add(field, "Write a number.");
                0
            }
        };
        let resources = Resources::new(
            number("cpu", &self.cpu, 1000.0),
            number("memory", &self.memory, 1024.0),
            number("gpu", if self.gpu.is_empty() { "0" } else { &self.gpu }, 1.0),
        );
        errors.finish()?;
        let chosen =
            groups.iter().filter(|(_, name)| self.groups.contains(name)).map(|(id, _)| *id).collect();
        Ok(InstanceTypeInput {
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            description: self.description.clone(),
            resources,
            is_global: self.global,
            groups: if self.global { Vec::new() } else { chosen },
        })
    }
}

async fn group_names(portal: &Portal, ctx: &OpContext) -> Result<Vec<(GroupId, String)>> {
    let groups = portal.accounts.list_groups(ctx, "", None, MOST_GROUPS).await?;
    Ok(groups.into_iter().map(|group| (group.id, group.name)).collect())
}

async fn form(
    portal: &Portal,
    ctx: &OpContext,
    existing: Option<&str>,
    typed: Typed,
    groups: &[(GroupId, String)],
    done: &Done,
    error: Option<&Error>,
) -> Result<Response> {
    let mut framed =
        frame::build(portal, ctx, existing.unwrap_or("New instance type"), Entry::AdminInstanceTypes, None)
            .await?;
    framed.frame.flash = done.flash();
    let spans = match (typed.spans, existing) {
        (Some(typed), _) => typed,
        (None, Some(name)) => Spans::of(portal.workloads.instance_type_idle_rule(ctx, name).await?),
        (None, None) => Spans::empty(),
    };
    let page = InstanceTypeFormPage {
        idle: view::field(spans.idle.0, "idle", error),
        idle_units: view::time_limit_units(&spans.idle.1),
        lifetime: view::field(spans.lifetime.0, "lifetime", error),
        lifetime_units: view::time_limit_units(&spans.lifetime.1),
        existing: existing.map(str::to_owned),
        error: view::form_error(error),
        name: view::field(typed.name, "name", error),
        display_name: view::field(typed.display_name, "display_name", error),
        description: view::field(typed.description, "description", error),
        cpu: view::field(typed.cpu, "cpu", error),
        memory: view::field(typed.memory, "memory", error),
        gpu: view::field(typed.gpu, "gpu", error),
        global: typed.global,
        groups: groups
            .iter()
            .map(|(_, name)| Choice::new(name.clone(), name.clone(), typed.groups.contains(name)))
            .collect(),
        groups_error: view::field_error("groups", error),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

pub(crate) async fn new(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    let groups = group_names(&portal, &ctx).await?;
    Ok(form(&portal, &ctx, None, Typed::fresh(), &groups, &Done::default(), None).await?)
}

pub(crate) async fn create(State(portal): State<Portal>, Ctx(ctx): Ctx, body: FormBody) -> Answer {
    let (typed, groups) = (Typed::read(&body), group_names(&portal, &ctx).await?);
    let result = match typed.parse(&groups) {
        Ok(input) => portal.workloads.create_instance_type(&ctx, input).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(_) => Ok(view::see_done(paths::admin::InstanceTypes.link(), "created")),
        Err(error) if is_for_form(&error) => {
            Ok(form(&portal, &ctx, None, typed, &groups, &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn find(portal: &Portal, ctx: &OpContext, name: &str) -> Result<InstanceType> {
    let types = portal.workloads.list_instance_types(ctx).await?;
    let found = types.into_iter().find(|kind| kind.name == name);
    found.ok_or_else(|| Error::not_found(format!("instance type named “{}”", base::names::cut(name, 63))))
}

/// Sets the limits of notebooks of this size.
pub(crate) async fn set_idle_rule(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    let spans = Spans::read(&body);
    let result = match spans.rule() {
        Ok(rule) => portal.workloads.set_instance_type_idle_rule(&ctx, &name, rule).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => Ok(view::see_done(paths::admin::InstanceType.link(&name), "saved")),
        Err(error) if is_for_form(&error) => {
            let groups = group_names(&portal, &ctx).await?;
            let kind = find(&portal, &ctx, &name).await?;
            let typed = Typed { spans: Some(spans), ..Typed::of(kind, &groups) };
            Ok(form(&portal, &ctx, Some(&name), typed, &groups, &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn edit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    QueryString(done): QueryString<Done>,
) -> Answer {
    let (kind, groups) = (find(&portal, &ctx, &name).await?, group_names(&portal, &ctx).await?);
    let typed = Typed::of(kind, &groups);
    Ok(form(&portal, &ctx, Some(&name), typed, &groups, &done, None).await?)
}

pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    let groups = group_names(&portal, &ctx).await?;
    let typed = Typed { name: name.clone(), ..Typed::read(&body) };
    let result = match typed.parse(&groups) {
        Ok(input) => portal.workloads.update_instance_type(&ctx, &name, input).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(_) => Ok(view::see_done(paths::admin::InstanceTypes.link(), "saved")),
        Err(error) if is_for_form(&error) => {
            Ok(form(&portal, &ctx, Some(&name), typed, &groups, &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn delete_page(portal: &Portal, ctx: &OpContext, name: &str, confirm: Field) -> Result<DeletePage> {
    let kind = find(portal, ctx, name).await?;
    let framed = frame::build(portal, ctx, "Delete instance type", Entry::AdminInstanceTypes, None).await?;
    let goes_with: Vec<GoesWith> = Vec::new();
    Ok(DeletePage {
        frame: framed.frame,
        noun: "instance type".to_owned(),
        name: kind.name,
        action: paths::admin::InstanceTypeDelete.link(name),
        cancel_url: paths::admin::InstanceType.link(name),
        list: Link::new("Instance types", paths::admin::InstanceTypes.link()),
        goes_with,
        stays: "Jobs that name it keep their size and go on. Running such a job again asks for another type."
            .to_owned(),
        blocked: None,
        confirm,
    })
}

pub(crate) async fn ask_delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Answer {
    Ok(view::page(&delete_page(&portal, &ctx, &name, Field::default()).await?)?)
}

pub(crate) async fn delete(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    let ask_again = async |confirm| delete_page(&portal, &ctx, &name, confirm).await;
    delete_confirmed(
        &body,
        &name,
        paths::admin::InstanceTypes.link(),
        portal.workloads.delete_instance_type(&ctx, &name),
        ask_again,
    )
    .await
}
