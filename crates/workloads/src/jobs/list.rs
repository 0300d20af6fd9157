//! Looking at jobs: lists with filters in keyset pages, one job whole.

use std::collections::HashMap;

use accounts::groups::Group;
use base::page::{Cursor, CursorKey, Edge, Page, PageRequest};
use base::{Action, Error, GroupId, OpContext, Result, Timestamp};
use db::ResultExt as _;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbBackend, EntityTrait as _, Order, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
};

use uuid::Uuid;

use super::model::{Job, JobSummary};
use super::store;
use crate::Workloads;
use crate::engine::entity::{Column, Entity, Model};
use crate::engine::{self, Kind, Phase, WorkloadEvent};

/// Counting stops here: "10,000+" tells a person as much as the exact number.
const MOST_COUNTED: i64 = 10_000;

/// Which jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Part of a name, or the start of an id.
    pub search: String,
    pub mine: bool,
    pub phases: Vec<Phase>,
    pub instance_type: Option<String>,
    pub submitted_after: Option<Timestamp>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobSort {
    #[default]
    Newest,
    Oldest,
    Name,
    NameDown,
}

impl JobSort {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Name => "name",
            Self::NameDown => "name-down",
        }
    }
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "newest" => Ok(Self::Newest),
            "oldest" => Ok(Self::Oldest),
            "name" => Ok(Self::Name),
            "name-down" => Ok(Self::NameDown),
            _ => Err("Sort by newest, oldest, name or name-down.".to_owned()),
        }
    }
    const fn column(self) -> Column {
        match self {
            Self::Newest | Self::Oldest => Column::SubmittedAt,
            Self::Name | Self::NameDown => Column::NameFolded,
        }
    }
    const fn descends(self) -> bool {
        matches!(self, Self::Newest | Self::NameDown)
    }
    fn cursor(self, row: &Model) -> Cursor {
        let key = match self {
            Self::Newest | Self::Oldest => CursorKey::Number(row.submitted_at),
            Self::Name | Self::NameDown => CursorKey::Text(row.name_folded.clone()),
        };
        Cursor { key, id: row.id }
    }
}

fn filtered(
    ctx: &OpContext,
    group: GroupId,
    filter: &JobFilter,
    backend: DbBackend,
) -> Result<Select<Entity>> {
    let mut query =
        Entity::find().filter(Column::GroupId.eq(group.0)).filter(Column::Kind.eq(Kind::Job.as_str()));
    let search = db::search_text(&filter.search)?.to_lowercase();
    if !search.is_empty() {
        let mut found = Condition::any().add(db::holds(Column::NameFolded, &search, backend));
        if search.starts_with("job-") {
            found = found.add(Column::Slug.like(db::like(&search, db::Match::Start)));
        }
        query = query.filter(found);
    }
    if filter.mine
        && let Some(user) = ctx.actor_id()
    {
        query = query.filter(Column::UserId.eq(user.0));
    }
    if !filter.phases.is_empty() {
        query = query.filter(Column::Phase.is_in(filter.phases.iter().map(|phase| phase.as_str())));
    }
    if let Some(kind) = &filter.instance_type {
        query = query.filter(Column::InstanceType.eq(kind));
    }
    if let Some(after) = filter.submitted_after {
        query = query.filter(Column::SubmittedAt.gte(after.micros()));
    }
    Ok(query)
}

/// Rows behind (or in front of) the cursor in the order, one more than the page holds.
fn paged(query: Select<Entity>, sort: JobSort, page: &PageRequest) -> Result<Select<Entity>> {
    let backwards = matches!(page.from, Some(Edge::Before(_)));
    let descends = sort.descends() != backwards;
    let order = if descends { Order::Desc } else { Order::Asc };
    let mut query =
        query.order_by(sort.column(), order.clone()).order_by(Column::Id, order).limit(page.limit + 1);
    if let Some(Edge::After(cursor) | Edge::Before(cursor)) = &page.from {
        let value: sea_orm::Value = match (&cursor.key, sort) {
            (CursorKey::Number(number), JobSort::Newest | JobSort::Oldest) => (*number).into(),
            (CursorKey::Text(text), JobSort::Name | JobSort::NameDown) => text.clone().into(),
            _ => {
                return Err(Error::field(
                    "after",
                    "This place belongs to a list in another order. Start again from the first page.",
                ));
            }
        };
        let column = sort.column();
        let (beyond, next) = if descends {
            (column.lt(value.clone()), Column::Id.lt(cursor.id))
        } else {
            (column.gt(value.clone()), Column::Id.gt(cursor.id))
        };
        query =
            query.filter(Condition::any().add(beyond).add(Condition::all().add(column.eq(value)).add(next)));
    }
    Ok(query)
}

impl Workloads {
    pub async fn list_jobs(
        &self,
        ctx: &OpContext,
        group: &Group,
        filter: &JobFilter,
        sort: JobSort,
        page: &PageRequest,
    ) -> Result<Page<JobSummary>> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let reader = self.db.reader();
        let query = paged(filtered(ctx, group.id, filter, reader.get_database_backend())?, sort, page)?;
        let rows = if filter.search.trim().is_empty() {
            query.all(reader).await.doing("list jobs")?
        } else {
            // Looking through an index alone is much faster than through whole rows.
            let ids: Vec<Uuid> =
                query.select_only().column(Column::Id).into_tuple().all(reader).await.doing("find jobs")?;
            let found = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(reader).await;
            let mut rows: HashMap<Uuid, Model> =
                found.doing("list jobs")?.into_iter().map(|row| (row.id, row)).collect();
            ids.iter().filter_map(|id| rows.remove(id)).collect()
        };
        page.finish(rows, |row| sort.cursor(row)).try_map(JobSummary::from_row)
    }

    /// How many jobs the filter lets through, counted up to 10,000; the flag says that there are more.
    pub async fn count_jobs(
        &self,
        ctx: &OpContext,
        group: &Group,
        filter: &JobFilter,
    ) -> Result<(i64, bool)> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let inner = filtered(ctx, group.id, filter, self.db.reader().get_database_backend())?
            .select_only()
            .column(Column::Id)
            .limit(u64::try_from(MOST_COUNTED).unwrap_or(0) + 1)
            .into_query();
        let query = sea_orm::sea_query::Query::select()
            .expr_as(sea_orm::sea_query::Func::count(sea_orm::sea_query::Expr::cust("*")), "n")
            .from_subquery(inner, "counted")
            .to_owned();
        let row = self.db.reader().query_one(&query).await.doing("count jobs")?;
        let count: i64 = match row {
            Some(row) => row.try_get("", "n").doing("count jobs")?,
            None => 0,
        };
        Ok((Ord::min(count, MOST_COUNTED), count > MOST_COUNTED))
    }

    pub async fn get_job(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Job> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let reader = self.db.reader();
        let row = store::require(reader, group.id, slug).await?;
        let id = row.workload();
        let ahead = match row.phase()? {
            Phase::Waiting => Some(engine::store::ahead(reader, &row).await?),
            _ => None,
        };
        let mut spec = engine::store::spec(reader, id).await?;
        if !engine::may_see(ctx, &row) {
            engine::hide(&row.slug, &mut spec.variables);
        }
        let attempts = engine::store::attempts(reader, id).await?.into_iter().map(Into::into).collect();
        Ok(Job { summary: JobSummary::from_row(row)?, spec, attempts, ahead })
    }

    /// What happened to a job, oldest first.
    pub async fn job_events(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Vec<WorkloadEvent>> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let row = store::require(self.db.reader(), group.id, slug).await?;
        let rows = engine::store::events(self.db.reader(), row.workload()).await?;
        Ok(rows.into_iter().map(WorkloadEvent::from).collect())
    }
}
