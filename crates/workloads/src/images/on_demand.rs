//! Built-in images so large that they are built only when somebody first uses them.
//!
//! Such an environment is queued like any other and held back there until a workload waits for it, so nothing has
//! to be done when one is submitted.

use base::Result;
use db::{ResultExt as _, Tx};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _};

use super::entity::environment;
use super::{BuildState, ImageUsers};

/// The number of tries of an environment that nobody has asked for yet. Its first try, or a rebuild that somebody
/// asks for, ends that.
const HELD: i64 = -1;

/// Whether an environment is held back.
pub(super) const fn is_held(row: &environment::Model) -> bool {
    row.tries == HELD
}

/// Holds back an environment that was just queued.
pub(super) async fn hold(tx: &Tx, digest: &str) -> Result<()> {
    environment::Entity::update_many()
        .col_expr(environment::Column::Tries, Expr::value(HELD))
        .filter(environment::Column::Digest.eq(digest))
        .exec(tx.connection())
        .await
        .doing("hold back a build")?;
    Ok(())
}

/// Which environments are queued and not held back.
pub(super) fn is_queued(users: &dyn ImageUsers) -> Condition {
    Condition::all().add(environment::Column::State.eq(BuildState::Queued.as_str())).add(
        Condition::any()
            .add(environment::Column::Tries.ne(HELD))
            .add(environment::Column::Digest.in_subquery(users.awaited())),
    )
}
