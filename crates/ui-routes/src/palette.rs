//! What the command palette finds: rows of the menus' table, and things and people by name.

use accounts::groups::Group;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use base::page::PageRequest;
use base::{Action, OpContext, Result, Role};
use serde::Deserialize;
use ui_pages::menu::{ROWS, Rank, Viewer, rank};
use ui_pages::palette::PaletteItem;
use web_kit::{Answer, Ctx, LastGroup, Portal, QueryString};
use workloads::jobs::{JobFilter, JobSort};

use crate::people::People;
use crate::{frame, jobs, notebooks};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct PaletteQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    group: String,
}

/// How many things of one kind are shown.
const MOST: usize = 6;
/// How many of one kind are read, of which the best are shown.
const MOST_READ: u64 = 30;
/// Things are looked for by words of at least this many characters.
const SHORTEST: usize = 2;

pub(crate) async fn search(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    last: LastGroup,
    QueryString(query): QueryString<PaletteQuery>,
) -> Answer {
    let group = match query.group.as_str() {
        "" => frame::last_group(&portal, &ctx, &last).await?,
        name => portal.accounts.get_group(&ctx, name).await.ok(),
    };
    let typed = query.q.trim();
    let mut found = Found { typed, items: rows(&ctx, group.as_ref(), typed) };
    let looks_for_things = typed.chars().count() >= SHORTEST;
    if let (Some(group), true) = (&group, looks_for_things) {
        found.add(notebooks(&portal, &ctx, group, typed).await?);
        found.add(jobs(&portal, &ctx, group, typed).await?);
        found.add(images(&portal, &ctx, group).await?);
    }
    let is_of_page = |name: &str| group.as_ref().is_some_and(|group| group.name == name);
    let memberships = portal.accounts.my_groups(&ctx).await?;
    let others = memberships.iter().map(|membership| &membership.group).filter(|to| !is_of_page(&to.name));
    found.add(others.map(|to| {
        let url = paths::Home.link(&to.name);
        Candidate::new("users", [&to.display_name, &to.name], "Switch to this group".to_owned(), url)
    }));
    if looks_for_things && ctx.is_platform_admin() {
        found.add(users(&portal, &ctx, typed).await?);
        found.add(all_groups(&portal, &ctx, typed).await?);
        found.add(instance_types(&portal, &ctx).await?);
    } else if let (Some(group), true) = (&group, looks_for_things) {
        found.add(members(&portal, &ctx, group).await?);
    }
    Ok(Json(found.best_first()).into_response())
}

/// Something that may fit what was typed.
struct Candidate {
    names: [String; 2],
    /// The database says that it fits, perhaps by what is not shown.
    fits: bool,
    item: PaletteItem,
}

impl Candidate {
    /// With the name that is shown and the one in addresses.
    fn new(icon: &'static str, names: [&str; 2], subtitle: String, url: String) -> Self {
        let item = PaletteItem::link(icon, names[0], subtitle, url);
        Self { names: names.map(str::to_owned), fits: false, item }
    }

    /// What a search of the database gave.
    fn found(self) -> Self {
        Self { fits: true, ..self }
    }
}

struct Found<'a> {
    typed: &'a str,
    items: Vec<(Rank, PaletteItem)>,
}

impl Found<'_> {
    /// Adds the best of one kind.
    fn add(&mut self, candidates: impl IntoIterator<Item = Candidate>) {
        let mut ranked: Vec<(Rank, PaletteItem)> = candidates
            .into_iter()
            .filter_map(|Candidate { names: [name, other], fits, item }| {
                let rank = rank(self.typed, &[&name, &other], "");
                Some((rank.or(fits.then_some(Rank::Words))?, item))
            })
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.truncate(MOST);
        self.items.extend(ranked);
    }

    fn best_first(mut self) -> Vec<PaletteItem> {
        if !self.typed.is_empty() {
            self.items.sort_by_key(|(rank, _)| *rank);
        }
        self.items.into_iter().map(|(_, item)| item).collect()
    }
}

/// Pages and actions that are for this person.
fn rows(ctx: &OpContext, group: Option<&Group>, typed: &str) -> Vec<(Rank, PaletteItem)> {
    let may = |action| group.is_some_and(|group| ctx.require_in_group(action, group.id).is_ok());
    let viewer = Viewer {
        group: group.map(|group| group.name.as_str()),
        is_member: may(Action::RunWorkload),
        is_group_admin: may(Action::ManageGroup),
        is_platform_admin: ctx.is_platform_admin(),
    };
    let name = group.map_or("", |group| group.display_name.as_str());
    let fitting = ROWS.iter().filter_map(|row| {
        let rank = rank(typed, &[row.label], row.words)?;
        Some((rank, PaletteItem::of_row(row, viewer, name)?))
    });
    fitting.collect()
}

async fn notebooks(portal: &Portal, ctx: &OpContext, group: &Group, typed: &str) -> Result<Vec<Candidate>> {
    let list = portal.workloads.list_notebooks(ctx, group).await?;
    let others = list.others.iter().filter(|notebook| rank(typed, &[&notebook.name], "").is_some());
    let owners = People::named(portal, ctx, others.map(|notebook| notebook.user_name.as_str())).await?;
    let candidate = |notebook: &workloads::notebooks::Notebook, subtitle| {
        let url = notebooks::url(group, notebook);
        Candidate::new("notebook", [&notebook.name, &notebook.slug], subtitle, url)
    };
    let mine = list
        .mine
        .iter()
        .map(|notebook| candidate(notebook, format!("{} notebook", notebooks::status(notebook).word())));
    let others = list.others.iter().map(|notebook| {
        let owner = owners.who(&notebook.user_name).display_name;
        candidate(notebook, format!("{} notebook · {owner}", notebooks::status(notebook).word()))
    });
    Ok(mine.chain(others).collect())
}

async fn jobs(portal: &Portal, ctx: &OpContext, group: &Group, typed: &str) -> Result<Vec<Candidate>> {
    let filter = JobFilter { search: typed.to_owned(), ..JobFilter::default() };
    let request = PageRequest { limit: MOST_READ, from: None };
    let found = portal.workloads.list_jobs(ctx, group, &filter, JobSort::Newest, &request).await?.items;
    let people = People::named(portal, ctx, found.iter().map(|job| job.user_name.as_str())).await?;
    let candidates = found.iter().map(|job| {
        let who = people.who(&job.user_name).display_name;
        let subtitle = format!("{} · {who}", jobs::status(job).word());
        let url = paths::Job.link(&group.name, &job.slug);
        Candidate::new("play", [&job.name, &job.slug], subtitle, url).found()
    });
    Ok(candidates.collect())
}

async fn images(portal: &Portal, ctx: &OpContext, group: &Group) -> Result<Vec<Candidate>> {
    let images = portal.workloads.images_for(ctx, group.id).await?;
    let candidates = images.iter().map(|image| {
        let url = paths::Image.link(&group.name, &image.name);
        Candidate::new("layers", [&image.display_name, &image.name], "Image".to_owned(), url)
    });
    Ok(candidates.collect())
}

/// The people of a group, with its page of them.
async fn members(portal: &Portal, ctx: &OpContext, group: &Group) -> Result<Vec<Candidate>> {
    let members = portal.accounts.list_members(ctx, group.id).await?;
    let candidates = members.iter().map(|member| {
        let role = if member.role == Role::Admin { "Group admin" } else { "Member" };
        let subtitle = format!("{role} of {}", group.display_name);
        let url = paths::Settings.link(&group.name);
        Candidate::new("user", [&member.display_name, &member.name], subtitle, url)
    });
    Ok(candidates.collect())
}

async fn users(portal: &Portal, ctx: &OpContext, typed: &str) -> Result<Vec<Candidate>> {
    let users = portal.accounts.list_users(ctx, typed, None, MOST_READ).await?;
    let candidates = users.iter().map(|user| {
        let url = paths::admin::User.link(&user.name);
        Candidate::new("user", [&user.display_name, &user.name], format!("User {}", user.name), url).found()
    });
    Ok(candidates.collect())
}

async fn all_groups(portal: &Portal, ctx: &OpContext, typed: &str) -> Result<Vec<Candidate>> {
    let groups = portal.accounts.list_groups(ctx, typed, None, MOST_READ).await?;
    let candidates = groups.iter().map(|group| {
        let url = paths::admin::Group.link(&group.name);
        let names = [group.display_name.as_str(), group.name.as_str()];
        Candidate::new("users", names, "Group · Admin portal".to_owned(), url).found()
    });
    Ok(candidates.collect())
}

async fn instance_types(portal: &Portal, ctx: &OpContext) -> Result<Vec<Candidate>> {
    let types = portal.workloads.list_instance_types(ctx).await?;
    let candidates = types.iter().map(|kind| {
        let url = paths::admin::InstanceType.link(&kind.name);
        Candidate::new("cpu", [&kind.display_name, &kind.name], "Instance type".to_owned(), url)
    });
    Ok(candidates.collect())
}
