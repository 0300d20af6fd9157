//! Whether the sealing keys are those of the database.

use base::{OpContext, Result};
use db::ResultExt as _;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use crate::Accounts;
use crate::setup::entity;

/// The setting that holds a sealed word, and the place that it is sealed for.
const CHECK: &str = "sealing_check";
const WORD: &str = "portico";

impl Accounts {
    /// Compares the sealing keys with the database, which remembers the first ones that it saw. With other keys nothing
    /// is sealed or opened from then on; everything else works. Returns whether they are the right ones.
    pub async fn check_sealing_keys(&self, ctx: &OpContext) -> Result<bool> {
        ctx.require_platform_admin()?;
        let found = entity::Entity::find_by_id(CHECK).one(self.db.reader()).await.doing("read a setting")?;
        let Some(row) = found else {
            let sealed = self.keys.seal(&*ctx.clock, CHECK, WORD)?;
            let row = entity::ActiveModel {
                key: Set(CHECK.to_owned()),
                value: Set(sealed),
                updated_at: Set(ctx.now().micros()),
            };
            self.db
                .write(move |tx| {
                    Box::pin(async move {
                        entity::Entity::insert(row)
                            .on_conflict_do_nothing()
                            .exec_without_returning(tx.connection())
                            .await
                            .doing("remember the sealing keys")
                            .map(drop)
                    })
                })
                .await?;
            return Ok(true);
        };
        let opened = self.keys.open(CHECK, &row.value);
        let is_right = opened.is_ok_and(|word| word.expose() == WORD);
        if !is_right {
            self.keys
                .refuse("The server was started with other sealing keys than its database was sealed with.");
        }
        Ok(is_right)
    }

    /// After a new sealing key: seals everything with it; how many secrets that were. Access keys follow when they are
    /// used next, since nobody knows their secrets before.
    pub async fn reseal(&self, ctx: &OpContext) -> Result<u64> {
        ctx.require_platform_admin()?;
        let count = self.reseal_vaults(ctx).await?;
        let value = self.keys.seal(&*ctx.clock, CHECK, WORD)?;
        let now = ctx.now().micros();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    entity::Entity::update_many()
                        .col_expr(entity::Column::Value, Expr::value(value))
                        .col_expr(entity::Column::UpdatedAt, Expr::value(now))
                        .filter(entity::Column::Key.eq(CHECK))
                        .exec(tx.connection())
                        .await
                        .doing("seal the check again")
                        .map(drop)
                })
            })
            .await?;
        Ok(count)
    }
}
