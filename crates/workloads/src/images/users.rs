//! What images ask about the workloads that use them. The engine, which lies above, answers.

use base::Result;
use db::Tx;
use futures::future::BoxFuture;
use sea_orm::sea_query::SelectStatement;

use super::entity::Model;

/// The workloads that use images.
pub(crate) trait ImageUsers: Send + Sync {
    /// The digests of the environments that something waits for, as a subquery of one column.
    fn awaited(&self) -> SelectStatement;

    /// Whether something that waits or runs needs the environment.
    fn need<'a>(&self, tx: &'a Tx, digest: &'a str) -> BoxFuture<'a, Result<bool>>;

    /// What waits for the environment `broken` of an image waits for the one that the image names now.
    fn follow<'a>(&self, tx: &'a Tx, image: &'a Model, broken: &'a str) -> BoxFuture<'a, Result<()>>;
}
