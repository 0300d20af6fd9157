//! Groups, their quotas and members.

use accounts::groups::{Group, GroupChange, NewGroup};
use axum::extract::{Path, State};
use axum::response::Response;
use base::error::FieldErrors;
use base::resources::{Quota, decimal};
use base::{Error, OpContext, Result, Role};
use ui_pages::admin::{AdminGroupRow, DeletePage, GoesWith, GroupFormPage, GroupsPage};
use ui_pages::components::{Choice, Field, Link, Pager};
use ui_pages::frame::Entry;
use web_kit::{Answer, Ctx, FormBody, Portal, QueryString};
use workloads::engine::FILES_STAY_DAYS;

use crate::admin::{AdminList, PAGE, delete_confirmed, is_for_form};
use crate::flash::Done;
use crate::{frame, settings, view};

pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    QueryString(query): QueryString<AdminList>,
) -> Answer {
    let mut framed = frame::build(&portal, &ctx, "Groups", Entry::AdminGroups, None).await?;
    framed.frame.flash = Done { done: query.done.clone() }.flash();
    let mut groups = portal.accounts.list_groups(&ctx, &query.q, query.after.as_deref(), PAGE + 1).await?;
    let more = groups.len() as u64 > PAGE;
    groups.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let ids: Vec<base::GroupId> = groups.iter().map(|group| group.id).collect();
    let members = portal.accounts.count_members(&ctx, &ids).await?;
    let rows = groups
        .iter()
        .map(|group| {
            let say = |value: Option<i64>, of: fn(i64) -> String| value.map_or_else(|| "∞".to_owned(), of);
            let (u, g) = (&group.user_quota, &group.group_quota);
            AdminGroupRow {
                slug: group.name.clone(),
                display_name: group.display_name.clone(),
                url: paths::admin::Group.link(&group.name),
                members: members.get(&group.id).copied().unwrap_or(0),
                user_cpu: say(u.cpu_milli, decimal),
                user_memory: say(u.memory_mib, base::resources::memory),
                user_gpu: say(u.gpu, |count| count.to_string()),
                group_cpu: say(g.cpu_milli, decimal),
                group_memory: say(g.memory_mib, base::resources::memory),
                group_gpu: say(g.gpu, |count| count.to_string()),
            }
        })
        .collect();
    let list = paths::admin::Groups.link();
    let next = groups
        .last()
        .filter(|_| more)
        .map(|group| paths::query(&*list, &[("q", &query.q), ("after", &group.name)]));
    let page = GroupsPage {
        q: query.q,
        summary: view::plural(groups.len() as i64, "group", if more { " on this page" } else { "" }),
        rows,
        pager: Pager { prev: query.after.map(|_| list), next, shown: String::new() },
        frame: framed.frame,
    };
    Ok(view::page(&page)?)
}

/// The form's fields as text.
struct Typed {
    name: String,
    display_name: String,
    quotas: [String; 6],
    timeout: String,
    unit: String,
}

const QUOTA_FIELDS: [&str; 6] =
    ["user_cpu", "user_memory", "user_gpu", "group_cpu", "group_memory", "group_gpu"];

impl Typed {
    fn read(form: &FormBody) -> Self {
        Self {
            name: form.text("name").to_owned(),
            display_name: form.text("display_name").to_owned(),
            quotas: QUOTA_FIELDS.map(|field| form.text(field).trim().to_owned()),
            timeout: form.text("timeout").to_owned(),
            unit: form.text("timeout_unit").to_owned(),
        }
    }
    /// What the form of a new group starts with: PrimeHub's defaults.
    fn fresh() -> Self {
        let quotas = ["0.5", "", "0", "", "", ""].map(str::to_owned);
        Self {
            name: String::new(),
            display_name: String::new(),
            quotas,
            timeout: String::new(),
            unit: "hours".to_owned(),
        }
    }
    fn of(group: &Group) -> Self {
        let (u, g) = (&group.user_quota, &group.group_quota);
        let text = |value: Option<i64>, say: fn(i64) -> String| value.map(say).unwrap_or_default();
        let gib: fn(i64) -> String = |mib| decimal(mib * 1000 / 1024);
        let whole: fn(i64) -> String = |count| count.to_string();
        let (timeout, unit) = view::time_limit_fields(group.default_time_limit_s);
        Self {
            name: group.name.clone(),
            display_name: group.display_name.clone(),
            quotas: [
                text(u.cpu_milli, decimal),
                text(u.memory_mib, gib),
                text(u.gpu, whole),
                text(g.cpu_milli, decimal),
                text(g.memory_mib, gib),
                text(g.gpu, whole),
            ],
            timeout,
            unit: unit.to_owned(),
        }
    }
    fn parse(&self) -> Result<(Quota, Quota, Option<i64>)> {
        let mut errors = FieldErrors::default();
        let mut number = |index: usize, size: f64| {
            let text: &str = &self.quotas[index];
            if text.is_empty() {
                return None;
            }
            match text.replace(',', ".").parse::<f64>() {
                Ok(value) if value.is_finite() && value.abs() < 1e12 => Some((value * size).round() as i64),
                _ => {
                    errors.add(QUOTA_FIELDS[index], "Write a number, or leave it empty for unlimited.");
                    None
                }
            }
        };
        let user = Quota { cpu_milli: number(0, 1000.0), memory_mib: number(1, 1024.0), gpu: number(2, 1.0) };
        let group =
            Quota { cpu_milli: number(3, 1000.0), memory_mib: number(4, 1024.0), gpu: number(5, 1.0) };
        let limit = errors.check("default_time_limit", view::parse_time_limit(&self.timeout, &self.unit));
        errors.finish()?;
        Ok((user, group, limit.flatten()))
    }
}

async fn form(
    portal: &Portal,
    ctx: &OpContext,
    existing: Option<&Group>,
    typed: Typed,
    done: &Done,
    error: Option<&Error>,
) -> Result<Response> {
    let title = existing.map_or("New group", |group| group.display_name.as_str());
    let mut framed = frame::build(portal, ctx, title, Entry::AdminGroups, None).await?;
    framed.frame.flash = done.flash();
    let members = match existing {
        Some(group) => portal.accounts.list_members(ctx, group.id).await?,
        None => Vec::new(),
    };
    let people = portal.accounts.list_users(ctx, "", None, 200).await?;
    let [user_cpu, user_memory, user_gpu, group_cpu, group_memory, group_gpu] = typed.quotas;
    let page = GroupFormPage {
        existing: existing.map(|group| group.name.clone()),
        error: view::form_error(error),
        name: view::field(typed.name, "name", error),
        display_name: view::field(typed.display_name, "display_name", error),
        user_cpu: view::field(user_cpu, "user_cpu", error),
        user_memory: view::field(user_memory, "user_memory", error),
        user_gpu: view::field(user_gpu, "user_gpu", error),
        group_cpu: view::field(group_cpu, "group_cpu", error),
        group_memory: view::field(group_memory, "group_memory", error),
        group_gpu: view::field(group_gpu, "group_gpu", error),
        timeout: view::field(typed.timeout, "default_time_limit", error),
        timeout_units: view::time_limit_units(&typed.unit),
        add_username: view::field("", "user", error),
        people: people
            .into_iter()
            .filter(|person| members.iter().all(|member| member.name != person.name))
            .map(|person| Choice::new(person.name, person.display_name, false))
            .collect(),
        members: settings::member_rows(&members),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

pub(crate) async fn new(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    Ok(form(&portal, &ctx, None, Typed::fresh(), &Done::default(), None).await?)
}

pub(crate) async fn create(State(portal): State<Portal>, Ctx(ctx): Ctx, body: FormBody) -> Answer {
    let typed = Typed::read(&body);
    let result = match typed.parse() {
        Ok((user_quota, group_quota, default_time_limit_s)) => {
            let (name, display_name) = (typed.name.clone(), typed.display_name.clone());
            let input = NewGroup { name, display_name, user_quota, group_quota, default_time_limit_s };
            portal.accounts.create_group(&ctx, input).await
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(group) => Ok(view::see_done(paths::admin::Group.link(&group.name), "created")),
        Err(error) if is_for_form(&error) => {
            Ok(form(&portal, &ctx, None, typed, &Done::default(), Some(&error)).await?)
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
    let group = portal.accounts.get_group(&ctx, &name).await?;
    Ok(form(&portal, &ctx, Some(&group), Typed::of(&group), &done, None).await?)
}

pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    let group = portal.accounts.get_group(&ctx, &name).await?;
    let typed = Typed { name: group.name.clone(), ..Typed::read(&body) };
    let result = match typed.parse() {
        Ok((user_quota, group_quota, limit)) => {
            let change = GroupChange {
                display_name: Some(typed.display_name.clone()),
                user_quota: Some(user_quota),
                group_quota: Some(group_quota),
                default_time_limit_s: Some(limit),
            };
            portal.accounts.update_group(&ctx, &name, change).await
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(_) => Ok(view::see_done(paths::admin::Group.link(&name), "saved")),
        Err(error) if is_for_form(&error) => {
            Ok(form(&portal, &ctx, Some(&group), typed, &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn add_member(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    let group = portal.accounts.get_group(&ctx, &name).await?;
    let result = match Role::parse(body.text("role")) {
        Ok(role) => portal.accounts.add_member(&ctx, &name, body.text("username"), role).await,
        Err(text) => Err(Error::field("role", text)),
    };
    match result {
        Ok(()) => Ok(view::see_done(paths::admin::Group.link(&name), "member")),
        Err(error) if is_for_form(&error) => {
            Ok(form(&portal, &ctx, Some(&group), Typed::of(&group), &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn remove_member(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path((name, user)): Path<(String, String)>,
) -> Answer {
    portal.accounts.remove_member(&ctx, &name, &user).await?;
    Ok(view::see_done(paths::admin::Group.link(&name), "removed"))
}

async fn delete_page(portal: &Portal, ctx: &OpContext, name: &str, confirm: Field) -> Result<DeletePage> {
    let group = portal.accounts.get_group(ctx, name).await?;
    let framed = frame::build(portal, ctx, "Delete group", Entry::AdminGroups, None).await?;
    let members = portal.accounts.list_members(ctx, group.id).await?.len();
    let active = portal.workloads.active_jobs(ctx, &group).await?;
    let (jobs, more) =
        portal.workloads.count_jobs(ctx, &group, &workloads::jobs::JobFilter::default()).await?;
    let number = |count: i64| ui_pages::quota::number(count as f64);
    Ok(DeletePage {
        frame: framed.frame,
        noun: "group".to_owned(),
        name: group.name.clone(),
        action: paths::admin::GroupDelete.link(name),
        cancel_url: paths::admin::Group.link(name),
        list: Link::new("Groups", paths::admin::Groups.link()),
        goes_with: [
            GoesWith {
                count: format!("{}{}", number(jobs), if more { "+" } else { "" }),
                what: if jobs == 1 { "job with its log" } else { "jobs with their logs" }.to_owned(),
            },
            GoesWith::memberships(members),
        ]
        .into_iter()
        .filter(GoesWith::is_any)
        .collect(),
        stays: format!(
            "The members' accounts stay. The group's shared files and the homes in it stay on disk for {FILES_STAY_DAYS} days more, then they are removed too."
        ),
        blocked: (active > 0).then(|| {
            format!(
                "{} still waiting or running. Cancel them first.",
                view::plural(i64::try_from(active).unwrap_or(i64::MAX), "job is", "")
            )
        }),
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
    let delete = portal.workloads.delete_group(&ctx, &name);
    delete_confirmed(&body, &name, paths::admin::Groups.link(), delete, ask_again).await
}
