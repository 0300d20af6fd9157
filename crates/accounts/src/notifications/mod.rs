//! Notifications: what happened elsewhere, for one person, until it was read.

use base::ids::uuid_v7;
use base::{OpContext, Result, Timestamp, UserId};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use crate::{Accounts, users};

pub mod entity {
    //! Table `notifications`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notifications")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub at: i64,
        pub text: String,
        /// A path of the portal.
        pub link: String,
        pub read_at: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The menu shows so many.
const SHOWN: u64 = 20;
/// Older ones are forgotten.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// A message to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub at: Timestamp,
    pub text: String,
    /// A path of the portal.
    pub link: String,
    pub is_read: bool,
}

/// Tells somebody something, in the transaction that did it; nothing when their account is gone.
pub async fn notify(tx: &Tx, ctx: &OpContext, user: UserId, text: String, link: String) -> Result<()> {
    if users::store::by_id(tx.connection(), user).await?.is_none() {
        return Ok(());
    }
    let row = entity::ActiveModel {
        id: Set(uuid_v7(&*ctx.clock)),
        user_id: Set(user.0),
        at: Set(ctx.now().micros()),
        text: Set(text),
        link: Set(link),
        read_at: Set(None),
    };
    entity::Entity::insert(row)
        .exec_without_returning(tx.connection())
        .await
        .doing("write a notification")?;
    tx.emit(ctx.now(), None, Topic::Notifications, user.to_string()).await
}

impl Accounts {
    /// The newest messages to the acting person, and how many they have not read.
    pub async fn my_notifications(&self, ctx: &OpContext) -> Result<(Vec<Notification>, u64)> {
        let me = ctx.person()?.id;
        let mine = || entity::Entity::find().filter(entity::Column::UserId.eq(me.0));
        let rows = mine()
            .order_by_desc(entity::Column::At)
            .limit(SHOWN)
            .all(self.db.reader())
            .await
            .doing("read notifications")?;
        let unread = mine()
            .filter(entity::Column::ReadAt.is_null())
            .count(self.db.reader())
            .await
            .doing("count notifications")?;
        let notifications = rows.into_iter().map(|row| Notification {
            at: Timestamp(row.at),
            text: row.text,
            link: row.link,
            is_read: row.read_at.is_some(),
        });
        Ok((notifications.collect(), unread))
    }

    /// Marks everything that the acting person has as read, and forgets what is old.
    pub async fn read_my_notifications(&self, ctx: &OpContext) -> Result<()> {
        let me = ctx.person()?.id;
        ctx.require_write()?;
        let now = ctx.now();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    entity::Entity::update_many()
                        .col_expr(entity::Column::ReadAt, Expr::value(now.micros()))
                        .filter(entity::Column::UserId.eq(me.0))
                        .filter(entity::Column::ReadAt.is_null())
                        .exec(tx.connection())
                        .await
                        .doing("mark notifications as read")?;
                    entity::Entity::delete_many()
                        .filter(entity::Column::UserId.eq(me.0))
                        .filter(entity::Column::At.lt(now.plus_seconds(-KEPT_SECONDS).micros()))
                        .exec(tx.connection())
                        .await
                        .doing("forget old notifications")?;
                    tx.emit(now, None, Topic::Notifications, me.to_string()).await
                })
            })
            .await
    }
}
