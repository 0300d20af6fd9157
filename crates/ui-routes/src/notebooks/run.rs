//! Running a notebook as a job.

use std::collections::BTreeMap;

use accounts::groups::Group;
use axum::extract::State;
use axum::response::Response;
use base::{Action, Error, OpContext, Result};
use folders::Tree;
use serde::Deserialize;
use serde_json::Value;
use ui_pages::components::{Link, Tab};
use ui_pages::frame::Entry;
use ui_pages::notebooks::{NotebookFolder, NotebookRunForm, NotebookRunPage, NotebookRunStep};
use web_kit::{Answer, Ctx, FormBody, InGroup, Portal, QueryString};
use workloads::engine::Spec;
use workloads::jobs::{NewJob, TimeLimit};
use workloads::notebook_jobs::{NewNotebookJob, parse_list, parse_value, shown_value};

use crate::{choices, frame, view};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct RunQuery {
    folder: Option<String>,
    path: Option<String>,
    clone: Option<String>,
}

/// What the form holds, as typed.
#[derive(Debug, Default)]
struct Typed {
    path: String,
    name: String,
    instance_type: String,
    image: String,
    parameters: Vec<(String, String)>,
    variables: Vec<(String, String)>,
    timeout: String,
    timeout_unit: String,
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(query): QueryString<RunQuery>,
) -> Answer {
    ctx.require_in_group(Action::RunWorkload, group.id)?;
    let typed = if let Some(slug) = query.clone {
        like(&portal, &ctx, &group, &slug).await?
    } else if let Some(path) = query.path {
        let (timeout, unit) = view::time_limit_fields(group.default_time_limit_s);
        Typed {
            parameters: portal.workloads.declared_parameters(&ctx, &group, &path).await?,
            path,
            timeout,
            timeout_unit: unit.to_owned(),
            ..Typed::default()
        }
    } else {
        let folder = query.folder.unwrap_or_else(|| Tree::Home.shown("", &group.name));
        let step = NotebookRunStep::Choose(choose(&portal, &ctx, &group, &folder).await?);
        return Ok(view::page(&page(&portal, &ctx, &group, None, step).await?)?);
    };
    Ok(form(&portal, &ctx, &group, typed, None).await?)
}

/// What an earlier job ran, to be run again with changes.
async fn like(portal: &Portal, ctx: &OpContext, group: &Group, slug: &str) -> Result<Typed> {
    let job = portal.workloads.get_job(ctx, group, slug).await?;
    let notebook = job.spec.runs.notebook_file();
    let notebook = notebook.ok_or_else(|| Error::not_found("notebook that this job ran"))?;
    let (timeout, unit) = view::time_limit_fields(Some(job.summary.time_limit_s));
    Ok(Typed {
        path: notebook.tree.shown(&notebook.path, &group.name),
        name: job.summary.name,
        instance_type: job.summary.instance_type,
        image: job.summary.image,
        parameters: notebook
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), shown_value(value)))
            .collect(),
        variables: job.spec.variables.into_iter().collect(),
        timeout,
        timeout_unit: unit.to_owned(),
    })
}

async fn choose(portal: &Portal, ctx: &OpContext, group: &Group, folder: &str) -> Result<NotebookFolder> {
    let found = portal.workloads.notebook_folder(ctx, group, folder).await?;
    let url =
        |what: &str, path: &str| paths::query(url(group), &[(what, &found.tree.shown(path, &group.name))]);
    let below =
        |name: &str| if found.path.is_empty() { name.to_owned() } else { format!("{}/{name}", found.path) };
    let tree = |label: &str, tree: Tree| {
        let link = paths::query(self::url(group), &[("folder", &tree.shown("", &group.name))]);
        Tab::new(label, link, found.tree == tree)
    };
    let above = (!found.path.is_empty()).then(|| {
        let above = found.path.rsplit_once('/').map_or("", |(above, _)| above);
        Link::new(found.tree.shown(above, &group.name), url("folder", above))
    });
    Ok(NotebookFolder {
        places: vec![tree("My home", Tree::Home), tree("Shared files", Tree::Shared)],
        path: found.tree.shown(&found.path, &group.name),
        above,
        folders: found
            .folders
            .iter()
            .map(|name| Link::new(name.clone(), url("folder", &below(name))))
            .collect(),
        notebooks: found
            .notebooks
            .iter()
            .map(|name| Link::new(name.clone(), url("path", &below(name))))
            .collect(),
        is_cut: found.is_cut,
    })
}

fn url(group: &Group) -> String {
    paths::NotebookRun.link(&group.name)
}

async fn page(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    error: Option<&Error>,
    step: NotebookRunStep,
) -> Result<NotebookRunPage> {
    let framed = frame::build(portal, ctx, "Run a notebook as a job", Entry::Notebooks, Some(group)).await?;
    Ok(NotebookRunPage {
        frame: framed.frame,
        action: url(group),
        cancel_url: paths::Notebooks.link(&group.name),
        side_url: paths::JobSide.link(&group.name),
        error: view::form_error(error),
        step,
    })
}

async fn form(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    mut typed: Typed,
    error: Option<&Error>,
) -> Result<Response> {
    let offered = choices::Offered::read(portal, ctx, group).await?;
    let (size, image) = (&mut typed.instance_type, &mut typed.image);
    let chosen = offered.choose(portal, group, choices::first_type, size, image);
    let choices::Offered { types, images, usage } = &offered;
    let fields = NotebookRunForm {
        choose_url: url(group),
        path: view::field(typed.path, "path", error),
        name: view::field(typed.name, "name", error),
        instance_types: choices::type_cards(portal, group, types, &typed.instance_type),
        instance_type_error: view::field_error("instance_type", error),
        images: choices::image_cards(images, &typed.image),
        image_error: view::field_error("image", error),
        parameters: choices::env_rows(typed.parameters),
        parameters_error: view::field_error("parameters", error),
        env: choices::env_rows(typed.variables),
        env_error: view::field_error("environment", error),
        timeout: view::field(typed.timeout, "time_limit", error),
        timeout_units: view::time_limit_units(&typed.timeout_unit),
        timeout_help: choices::time_limit_help(portal, group),
        side: choices::quota_with(portal, group, usage, chosen),
    };
    let step = NotebookRunStep::Form(Box::new(fields));
    view::page_with(view::form_status(error), &page(portal, ctx, group, error, step).await?)
}

pub(crate) async fn submit(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    form_body: FormBody,
) -> Answer {
    let typed = Typed {
        path: form_body.text("path").to_owned(),
        name: form_body.text("name").to_owned(),
        instance_type: form_body.text("instance_type").to_owned(),
        image: form_body.text("image").to_owned(),
        parameters: view::pairs(&form_body, "parameter_name", "parameter_value"),
        variables: view::variables(&form_body),
        timeout: form_body.text("timeout").to_owned(),
        timeout_unit: form_body.text("timeout_unit").to_owned(),
    };
    match create(&portal, &ctx, &group, &typed).await {
        Ok(slug) => Ok(view::see_other(&paths::Job.link(&group.name, &slug))),
        Err(error) if view::is_no_matter_of_a_form(&error) => Err(error.into()),
        Err(error) => Ok(form(&portal, &ctx, &group, typed, Some(&error)).await?),
    }
}

/// The parameters by name. A row whose name holds `=` is a line of several, such as `a=1; b=2`.
fn parameters(rows: &[(String, String)]) -> Result<BTreeMap<String, Value>> {
    let refused = |text: String| Error::field("parameters", text);
    let mut parameters = BTreeMap::new();
    for (name, value) in rows {
        let list = if name.contains('=') && value.is_empty() {
            parse_list(name).map_err(refused)?
        } else {
            vec![(name.clone(), value.clone())]
        };
        for (name, value) in list {
            if parameters.insert(name.clone(), parse_value(&value)).is_some() {
                return Err(refused(format!("“{name}” is there twice. Remove one.")));
            }
        }
    }
    Ok(parameters)
}

async fn create(portal: &Portal, ctx: &OpContext, group: &Group, typed: &Typed) -> Result<String> {
    let time_limit = view::parse_time_limit(&typed.timeout, &typed.timeout_unit)
        .map_err(|text| Error::field("time_limit", text))?;
    let new = NewNotebookJob {
        path: typed.path.clone(),
        parameters: parameters(&typed.parameters)?,
        job: NewJob {
            name: typed.name.clone(),
            instance_type: typed.instance_type.clone(),
            image: typed.image.clone(),
            spec: Spec { variables: view::distinct_variables(&typed.variables)?, ..Spec::default() },
            time_limit: time_limit.map_or(TimeLimit::Default, TimeLimit::Seconds),
            copied_from: None,
            idempotency_key: None,
        },
    };
    Ok(portal.workloads.submit_notebook_job(ctx, group, new).await?.slug)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_and_lines_of_parameters_come_together() {
        let rows = |rows: &[(&str, &str)]| {
            parameters(
                &rows
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect::<Vec<_>>(),
            )
        };
        let all = rows(&[("a", "1"), ("b=2; c=x", ""), ("d", "a=b")]).unwrap();
        assert_eq!(json!(all), json!({ "a": 1, "b": 2, "c": "x", "d": "a=b" }));
        assert!(rows(&[("a", "1"), ("a=2", "")]).is_err());
    }
}
