//! Who changed what: a row in the same transaction as the change.

use base::ids::uuid_v7;
use base::{GroupId, OpContext, Result};
use db::Tx;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait as _;

pub mod entity {
    //! Table `audit`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub at: i64,
        pub actor_id: Option<Uuid>,
        pub actor_name: String,
        pub action: String,
        pub group_id: Option<Uuid>,
        pub subject: String,
        pub detail: String,
        pub address: String,
        pub request_id: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One change, in words that stay readable years later.
#[derive(Debug, Default)]
pub struct Entry<'a> {
    /// `noun.verb`, such as `job.submit`.
    pub action: &'a str,
    pub group: Option<GroupId>,
    /// What it was done to.
    pub subject: &'a str,
    /// What changed; never a secret.
    pub detail: String,
}

/// Writes the entry in the transaction of the change.
pub async fn record(tx: &Tx, ctx: &OpContext, entry: Entry<'_>) -> Result<()> {
    let row = entity::ActiveModel {
        id: Set(uuid_v7(&*ctx.clock)),
        at: Set(ctx.now().micros()),
        actor_id: Set(ctx.actor_id().map(|id| id.0)),
        actor_name: Set(ctx.actor_name().to_owned()),
        action: Set(entry.action.to_owned()),
        group_id: Set(entry.group.map(|id| id.0)),
        subject: Set(base::names::cut(entry.subject, 200)),
        detail: Set(base::redact::for_log(&entry.detail, 2000)),
        address: Set(ctx.address.map(|address| address.to_string()).unwrap_or_default()),
        request_id: Set(ctx.request_id.clone()),
    };
    tx.insert_later(entity::Entity::insert(row))
}
