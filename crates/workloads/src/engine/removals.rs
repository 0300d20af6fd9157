//! Files whose rows are gone.
//!
//! The database itself writes down what goes (migration `m0009_removals`), in the transaction in which it goes: so a
//! server killed between the rows and the files still removes the files, and no file is ever removed because a row is
//! not found, as it would not be after an old backup was restored.

use base::{AttemptId, GroupId, OpContext, Result, UserId};
use db::ResultExt as _;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::entity::removal::{Column, Entity, Model};
use crate::Workloads;

/// How many one clean-up takes at a time.
const BATCH: u64 = 200;

/// Days that the files of a deleted group or person stay, for whoever finds out too late that they were needed.
pub const FILES_STAY_DAYS: i64 = 7;

/// Whose files are to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// What the runner keeps of an attempt, and its results.
    Attempt(AttemptId),
    /// The shared files of a group and the homes in it.
    Group(GroupId),
    /// A person's homes in all groups.
    Person(UserId),
}

/// One entry of the list. It stays until [`Workloads::forget_removals`].
#[derive(Clone, Copy, Debug)]
pub struct Removal {
    pub id: i64,
    pub whose: Removed,
}

impl Removal {
    fn read(row: &Model) -> Option<Self> {
        let whose = match row.kind.as_str() {
            "attempt" => Removed::Attempt(AttemptId(row.subject)),
            "group" => Removed::Group(GroupId(row.subject)),
            "person" => Removed::Person(UserId(row.subject)),
            _ => return None,
        };
        Some(Self { id: row.id, whose })
    }
}

impl Workloads {
    /// What the server with this runner is to remove now, beginning behind the entry `after`; none when all is done.
    pub async fn due_removals(&self, ctx: &OpContext, runner: &str, after: i64) -> Result<Vec<Removal>> {
        ctx.require_platform_admin()?;
        let now = ctx.now();
        let later = now.plus_seconds(FILES_STAY_DAYS * 86_400).micros();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    Entity::update_many()
                        .col_expr(Column::DueAt, Expr::value(later))
                        .filter(Column::DueAt.is_null())
                        .filter(Column::Kind.ne("attempt"))
                        .exec(tx.connection())
                        .await
                        .doing("write down when files go")
                })
            })
            .await?;
        let is_due = Condition::any().add(Column::Kind.eq("attempt")).add(Column::DueAt.lte(now.micros()));
        let rows = Entity::find()
            .filter(Column::Runner.is_in([runner, ""]))
            .filter(is_due)
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(BATCH)
            .all(self.db.reader())
            .await
            .doing("look for files to remove")?;
        Ok(rows.iter().filter_map(Removal::read).collect())
    }

    /// Their files are gone.
    pub async fn forget_removals(&self, ctx: &OpContext, removals: Vec<i64>) -> Result<()> {
        ctx.require_platform_admin()?;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    Entity::delete_many()
                        .filter(Column::Id.is_in(removals))
                        .exec(tx.connection())
                        .await
                        .doing("forget what was removed")
                        .map(|_| ())
                })
            })
            .await
    }
}
