//! The list of a group's jobs.

use accounts::groups::Group;
use axum::extract::State;
use base::page::PageRequest;
use base::{Action, OpContext, Result};
use serde::Deserialize;
use ui_pages::components::{Chip, Direction, Pager, Sort};
use ui_pages::frame::Entry;
use ui_pages::jobs::{JobRow, JobsPage};
use ui_pages::quota::number;
use web_kit::{Answer, Ctx, InGroup, Portal, QueryString};
use workloads::engine::Phase;
use workloads::jobs::{JobFilter, JobSort};

use crate::flash::Done;
use crate::jobs::{actions, run_time, status};
use crate::people::People;
use crate::{frame, view};

const PAGE: u64 = 25;

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    q: Option<String>,
    status: Option<String>,
    mine: Option<String>,
    #[serde(rename = "type")]
    instance_type: Option<String>,
    sort: Option<String>,
    after: Option<String>,
    before: Option<String>,
    done: Option<String>,
}

impl ListQuery {
    fn search(&self) -> &str {
        self.q.as_deref().unwrap_or_default().trim()
    }
    fn filter(&self) -> JobFilter {
        let phases = match self.status.as_deref() {
            Some("active") => vec![Phase::Waiting, Phase::Preparing, Phase::Running],
            Some(one) => Phase::parse(one).into_iter().collect(),
            None => Vec::new(),
        };
        JobFilter {
            search: self.search().to_owned(),
            mine: self.mine.is_some(),
            phases,
            instance_type: self.instance_type.clone().filter(|kind| !kind.is_empty()),
            submitted_after: None,
        }
    }
    fn sort(&self) -> JobSort {
        self.sort.as_deref().and_then(|sort| JobSort::parse(sort).ok()).unwrap_or_default()
    }
    /// The same list with other filters, from its first page.
    fn url(&self, base: &str, change: impl FnOnce(&mut Self)) -> String {
        let mut query = Self { after: None, before: None, done: None, ..self.clone() };
        change(&mut query);
        query.to_url(base)
    }
    fn to_url(&self, base: &str) -> String {
        let pairs = self.pairs();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        paths::query(base, &pairs)
    }
    fn pairs(&self) -> Vec<(&'static str, String)> {
        [
            ("q", &self.q),
            ("status", &self.status),
            ("mine", &self.mine),
            ("type", &self.instance_type),
            ("sort", &self.sort),
            ("after", &self.after),
            ("before", &self.before),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone().filter(|value| !value.is_empty())?)))
        .collect()
    }
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Ctx(ctx): Ctx,
    InGroup(group): InGroup,
    QueryString(query): QueryString<ListQuery>,
) -> Answer {
    Ok(view::page(&build(&portal, &ctx, &group, query).await?)?)
}

async fn build(portal: &Portal, ctx: &OpContext, group: &Group, query: ListQuery) -> Result<JobsPage> {
    let mut framed = frame::build(portal, ctx, "Jobs", Entry::Jobs, Some(group)).await?;
    framed.frame.flash = Done { done: query.done.clone() }.flash();
    let (filter, sort) = (query.filter(), query.sort());
    let base = paths::Jobs.link(&group.name);
    let request = PageRequest::parse(Some(PAGE), PAGE, query.after.as_deref(), query.before.as_deref());
    // A place in the list that makes no sense, from an old link, leads to the first page.
    let request = request.unwrap_or(PageRequest { limit: PAGE, from: None });
    let (page, error) = match portal.workloads.list_jobs(ctx, group, &filter, sort, &request).await {
        Ok(page) => (page, None),
        Err(error) if error.kind() == base::ErrorKind::Invalid => {
            let first = PageRequest { limit: PAGE, from: None };
            (portal.workloads.list_jobs(ctx, group, &filter, sort, &first).await?, None)
        }
        Err(error) => {
            tracing::error!(error = ?error, "the jobs could not be read");
            (
                base::page::Page { items: Vec::new(), next: None, previous: None },
                Some(error.message().to_owned()),
            )
        }
    };
    // All on one page need no counting, which for a search takes as long as the search.
    let (count, more) = match (&page.next, &page.previous) {
        (None, None) => (i64::try_from(page.items.len()).unwrap_or(i64::MAX), false),
        _ => portal.workloads.count_jobs(ctx, group, &filter).await?,
    };
    let may_run = ctx.require_in_group(Action::RunWorkload, group.id).is_ok();
    let people = People::named(portal, ctx, page.items.iter().map(|job| job.user_name.as_str())).await?;
    let now = ctx.now();
    let is_filtered = filter != JobFilter::default();
    let plus = if more { "+" } else { "" };
    Ok(JobsPage {
        live_url: query.url(&base, |q| {
            q.after = query.after.clone();
            q.before = query.before.clone();
        }),
        base_url: base.clone(),
        q: query.search().to_owned(),
        kept: query
            .pairs()
            .into_iter()
            .filter(|(name, _)| !matches!(*name, "q" | "after" | "before"))
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        chips: chips(portal, ctx, group, &query, &base).await?,
        clear_url: is_filtered.then(|| base.clone()),
        summary: format!("{}{plus} {}", number(count as f64), if count == 1 { "job" } else { "jobs" }),
        rows: page
            .items
            .iter()
            .map(|job| JobRow {
                id: job.slug.clone(),
                name: job.name.clone(),
                url: paths::Job.link(&group.name, &job.slug),
                status: status(job),
                reason: job.reason.clone(),
                instance_type: job.instance_type.clone(),
                image: job.image.clone(),
                submitter: people.who(&job.user_name),
                submitted: framed.when(job.submitted_at),
                duration: run_time(job, now),
                actions: actions(job, &group.name, may_run),
            })
            .collect(),
        sort_name: sort_link(&query, &base, sort, JobSort::Name, JobSort::NameDown),
        sort_submitted: sort_link(&query, &base, sort, JobSort::Oldest, JobSort::Newest),
        pager: Pager {
            prev: page.previous.map(|before| query.url(&base, |q| q.before = Some(before))),
            next: page.next.map(|after| query.url(&base, |q| q.after = Some(after))),
            shown: String::new(),
        },
        new_url: may_run.then(|| paths::JobNew.link(&group.name)),
        notebook_url: may_run.then(|| paths::NotebookRun.link(&group.name)),
        snippet: snippet(portal, group),
        error,
        frame: framed.frame,
    })
}

/// A column's link: first down the natural way, then the other.
fn sort_link(query: &ListQuery, base: &str, now: JobSort, up: JobSort, down: JobSort) -> Sort {
    let next = if now == down { up } else { down };
    Sort {
        url: query.url(base, |q| q.sort = Some(next.as_str().to_owned())),
        direction: match now {
            _ if now == up => Some(Direction::Ascending),
            _ if now == down => Some(Direction::Descending),
            _ => None,
        },
    }
}

async fn chips(
    portal: &Portal,
    ctx: &OpContext,
    group: &Group,
    query: &ListQuery,
    base: &str,
) -> Result<Vec<Chip>> {
    let mut chips = vec![Chip {
        label: "Mine".to_owned(),
        on: query.mine.is_some(),
        url: query.url(base, |q| q.mine = if q.mine.is_some() { None } else { Some("1".to_owned()) }),
    }];
    let states = [
        ("active", "Active"),
        ("waiting", "Waiting"),
        ("running", "Running"),
        ("succeeded", "Succeeded"),
        ("failed", "Failed"),
        ("cancelled", "Cancelled"),
    ];
    for (value, label) in states {
        let on = query.status.as_deref() == Some(value);
        let url = query.url(base, |q| q.status = (!on).then(|| value.to_owned()));
        chips.push(Chip { label: label.to_owned(), on, url });
    }
    if let Some(kind) = &query.instance_type {
        chips.push(Chip { label: kind.clone(), on: true, url: query.url(base, |q| q.instance_type = None) });
    } else {
        for kind in portal.workloads.instance_types_for(ctx, group.id).await?.into_iter().take(3) {
            let url = query.url(base, |q| q.instance_type = Some(kind.name.clone()));
            chips.push(Chip { label: kind.name, on: false, url });
        }
    }
    Ok(chips)
}

/// How to submit a first job from a terminal.
fn snippet(portal: &Portal, group: &Group) -> String {
    format!(
        "curl {}{} \\\n  -H \"Authorization: Bearer $PORTICO_TOKEN\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{{\"name\": \"hello\", \"instance_type\": \"cpu-small\", \"image\": \"base\", \"command\": \"python --version\"}}'",
        portal.settings.public_url,
        paths::api::Jobs.link(&group.name)
    )
}
