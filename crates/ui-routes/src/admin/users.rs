//! Users.

use std::collections::HashSet;

use accounts::users::{NewUser, User, UserChange};
use axum::extract::{Path, State};
use axum::response::Response;
use base::{Error, OpContext, Result, Role, Secret};
use ui_pages::admin::{DeletePage, GoesWith, UserFormPage, UserRow, UsersPage};
use ui_pages::components::{Choice, Field, Link, Pager, Status};
use ui_pages::frame::Entry;
use web_kit::{Answer, Ctx, FormBody, Portal, QueryString};
use workloads::engine::FILES_STAY_DAYS;

use crate::admin::{AdminList, PAGE, delete_confirmed, is_for_form};
use crate::flash::Done;
use crate::{frame, view};

pub(crate) async fn list(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    QueryString(query): QueryString<AdminList>,
) -> Answer {
    let mut framed = frame::build(&portal, &ctx, "Users", Entry::AdminUsers, None).await?;
    framed.frame.flash = Done { done: query.done.clone() }.flash();
    let mut users = portal.accounts.list_users(&ctx, &query.q, query.after.as_deref(), PAGE + 1).await?;
    let more = users.len() as u64 > PAGE;
    users.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let ids: Vec<base::UserId> = users.iter().map(|user| user.id).collect();
    let groups = portal.accounts.group_names_of(&ctx, &ids).await?;
    let rows = users
        .iter()
        .map(|user| UserRow {
            username: user.name.clone(),
            display_name: user.display_name.clone(),
            email: user.email.clone().unwrap_or_default(),
            url: paths::admin::User.link(&user.name),
            admin: user.is_platform_admin,
            status: if user.enabled { Status::Enabled } else { Status::Disabled },
            groups: groups.get(&user.id).cloned().unwrap_or_default(),
            last_seen: user.last_sign_in_at.map(|at| framed.when(at)),
        })
        .collect();
    let list = paths::admin::Users.link();
    let next = users
        .last()
        .filter(|_| more)
        .map(|user| paths::query(&*list, &[("q", &query.q), ("after", &user.name)]));
    let page = UsersPage {
        q: query.q,
        summary: view::plural(users.len() as i64, "user", if more { " on this page" } else { "" }),
        rows,
        pager: Pager { prev: query.after.map(|_| list), next, shown: String::new() },
        frame: framed.frame,
    };
    Ok(view::page(&page)?)
}

/// The form's fields as text and switches.
struct Typed {
    name: String,
    display_name: String,
    email: String,
    admin: bool,
    enabled: bool,
    /// `None` takes those that the person is in.
    groups: Option<Vec<String>>,
}

impl Typed {
    fn read(form: &FormBody) -> Self {
        Self {
            name: form.text("username").to_owned(),
            display_name: form.text("display_name").to_owned(),
            email: form.text("email").trim().to_owned(),
            admin: form.is_on("admin"),
            enabled: form.is_on("enabled"),
            groups: Some(form.all("groups").map(str::to_owned).collect()),
        }
    }
    fn of(user: &User) -> Self {
        Self {
            name: user.name.clone(),
            display_name: user.display_name.clone(),
            email: user.email.clone().unwrap_or_default(),
            admin: user.is_platform_admin,
            enabled: user.enabled,
            groups: None,
        }
    }
}

/// Groups that the form offers.
const MOST_GROUPS: u64 = 500;

async fn group_names(portal: &Portal, ctx: &OpContext, user: &User) -> Result<Vec<String>> {
    Ok(portal.accounts.groups_of(ctx, user.id).await?.into_iter().map(|m| m.group.name).collect())
}

/// Makes the person a member of the chosen groups and of no others; a role that they have already stays.
async fn set_groups(portal: &Portal, ctx: &OpContext, user: &User, chosen: &[String]) -> Result<()> {
    let before = group_names(portal, ctx, user).await?;
    for group in chosen.iter().filter(|group| !before.contains(group)) {
        portal.accounts.add_member(ctx, group, &user.name, Role::Member).await?;
    }
    for group in before.iter().filter(|group| !chosen.contains(group)) {
        portal.accounts.remove_member(ctx, group, &user.name).await?;
    }
    Ok(())
}

async fn form(
    portal: &Portal,
    ctx: &OpContext,
    existing: Option<&User>,
    typed: Typed,
    done: &Done,
    error: Option<&Error>,
) -> Result<Response> {
    let title = existing.map_or("New user", |user| user.display_name.as_str());
    let mut framed = frame::build(portal, ctx, title, Entry::AdminUsers, None).await?;
    framed.frame.flash = done.flash();
    let all = portal.accounts.list_groups(ctx, "", None, MOST_GROUPS).await?;
    let chosen = match (existing, &typed.groups) {
        (_, Some(typed)) => typed.clone(),
        (Some(user), None) => group_names(portal, ctx, user).await?,
        (None, None) => Vec::new(),
    };
    let is_chosen: HashSet<&String> = chosen.iter().collect();
    // Told beside the switches that it is about.
    let switch_error = error
        .filter(|error| matches!(error.code(), "last_admin" | "own_account"))
        .map(|error| error.message().to_owned());
    let page = UserFormPage {
        existing: existing.map(|user| user.name.clone()),
        error: view::form_error(error.filter(|_| switch_error.is_none())),
        username: view::field(typed.name, "name", error),
        display_name: view::field(typed.display_name, "display_name", error),
        email: view::field(typed.email, "email", error),
        admin: typed.admin,
        enabled: typed.enabled,
        password: view::field("", "password", error),
        switch_error,
        groups: all
            .iter()
            .map(|group| {
                Choice::new(group.name.clone(), group.display_name.clone(), is_chosen.contains(&group.name))
            })
            .collect(),
        frame: framed.frame,
    };
    view::page_with(view::form_status(error), &page)
}

pub(crate) async fn new(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    let typed = Typed {
        name: String::new(),
        display_name: String::new(),
        email: String::new(),
        admin: false,
        enabled: true,
        groups: None,
    };
    Ok(form(&portal, &ctx, None, typed, &Done::default(), None).await?)
}

pub(crate) async fn create(State(portal): State<Portal>, Ctx(ctx): Ctx, body: FormBody) -> Answer {
    let typed = Typed::read(&body);
    let password = body.text("password");
    let input = NewUser {
        name: typed.name.clone(),
        display_name: typed.display_name.clone(),
        email: Some(typed.email.clone()),
        password: (!password.is_empty()).then(|| Secret::new(password)),
        is_platform_admin: typed.admin,
    };
    match portal.accounts.create_user(&ctx, input).await {
        Ok(user) => {
            set_groups(&portal, &ctx, &user, typed.groups.as_deref().unwrap_or_default()).await?;
            Ok(view::see_done(paths::admin::User.link(&user.name), "created"))
        }
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
    let user = portal.accounts.get_user(&ctx, &name).await?;
    Ok(form(&portal, &ctx, Some(&user), Typed::of(&user), &done, None).await?)
}

pub(crate) async fn update(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    let user = portal.accounts.get_user(&ctx, &name).await?;
    let typed = Typed { name: user.name.clone(), ..Typed::read(&body) };
    let change = UserChange {
        display_name: Some(typed.display_name.clone()),
        email: Some(Some(typed.email.clone())),
        is_platform_admin: Some(typed.admin),
        enabled: Some(typed.enabled),
    };
    match portal.accounts.update_user(&ctx, &name, change).await {
        Ok(user) => {
            set_groups(&portal, &ctx, &user, typed.groups.as_deref().unwrap_or_default()).await?;
            Ok(view::see_done(paths::admin::User.link(&name), "saved"))
        }
        Err(error) if is_for_form(&error) => {
            Ok(form(&portal, &ctx, Some(&user), typed, &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn set_password(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    body: FormBody,
) -> Answer {
    let user = portal.accounts.get_user(&ctx, &name).await?;
    match portal.accounts.set_password(&ctx, &name, Secret::new(body.text("password"))).await {
        Ok(()) => Ok(view::see_done(paths::admin::User.link(&name), "user-password")),
        Err(error) if is_for_form(&error) => {
            Ok(form(&portal, &ctx, Some(&user), Typed::of(&user), &Done::default(), Some(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn delete_page(portal: &Portal, ctx: &OpContext, name: &str, confirm: Field) -> Result<DeletePage> {
    let user = portal.accounts.get_user(ctx, name).await?;
    let framed = frame::build(portal, ctx, "Delete user", Entry::AdminUsers, None).await?;
    let groups = portal.accounts.groups_of(ctx, user.id).await?.len();
    Ok(DeletePage {
        frame: framed.frame,
        noun: "user".to_owned(),
        name: user.name.clone(),
        action: paths::admin::UserDelete.link(name),
        cancel_url: paths::admin::User.link(name),
        list: Link::new("Users", paths::admin::Users.link()),
        goes_with: [
            GoesWith::memberships(groups),
            GoesWith { count: "All".to_owned(), what: "sessions and API tokens".to_owned() },
        ]
        .into_iter()
        .filter(GoesWith::is_any)
        .collect(),
        stays: format!(
            "Jobs that the user submitted stay in their groups, under this name. The user's homes stay on disk for {FILES_STAY_DAYS} days more, then they are removed. To keep the account but lock it, switch it off instead."
        ),
        blocked: (ctx.actor_id() == Some(user.id))
            .then(|| "This is your own account. Ask another platform admin.".to_owned()),
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
    let delete = portal.accounts.delete_user(&ctx, &name);
    delete_confirmed(&body, &name, paths::admin::Users.link(), delete, ask_again).await
}
