//! What the controller does with environments: queue, build, retry, forget.

use base::{Error, ImageId, OpContext, Result, Timestamp};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};

use super::entity::{self, environment};
use super::{BuildState, on_demand, store};
use crate::Workloads;

/// After so many failures a build waits for a person.
const MAX_TRIES: i64 = 5;

/// What an environment is made of, as kept in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    pub python: String,
    pub requirements: Vec<String>,
}

/// A built-in image, from the data file.
#[derive(Clone, Debug)]
pub struct ImageSeed {
    pub name: String,
    pub display_name: String,
    pub description: String,
    /// What people asked for, as pages show it.
    pub asked: Recipe,
    /// What to build: the same with every package that comes with it, each at one version.
    pub recipe: Recipe,
    pub digest: String,
    /// Whether it is built only when somebody first uses it.
    pub on_demand: bool,
}

/// An environment whose build is due.
#[derive(Clone, Debug)]
pub struct DueBuild {
    pub digest: String,
    pub recipe: Recipe,
    pub tries: i64,
}

/// How a build ended.
#[derive(Clone, Debug)]
pub enum BuildOutcome {
    Built {
        path: String,
        base_prefix: String,
        python_version: String,
        lock: String,
        size_bytes: u64,
    },
    /// The tool's explanation.
    Failed {
        message: String,
    },
}

impl Workloads {
    /// Makes the images match the data file of this version: new ones appear, changed recipes get a new environment.
    pub async fn sync_built_in_images(&self, ctx: &OpContext, seeds: Vec<ImageSeed>) -> Result<()> {
        ctx.require_platform_admin()?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let now = ctx.now().micros();
                    for seed in seeds {
                        let write = |recipe| {
                            serde_json::to_string(recipe)
                                .map_err(|error| Error::internal_from("write a recipe", error))
                        };
                        let (asked, recipe) = (write(&seed.asked)?, write(&seed.recipe)?);
                        if store::environment(tx.connection(), &seed.digest).await?.is_none() {
                            let row = environment::ActiveModel {
                                digest: Set(seed.digest.clone()),
                                recipe: Set(recipe),
                                state: Set(BuildState::Queued.as_str().to_owned()),
                                message: Set(String::new()),
                                lock: Set(String::new()),
                                path: Set(String::new()),
                                base_prefix: Set(String::new()),
                                python_version: Set(String::new()),
                                size_bytes: Set(None),
                                tries: Set(0),
                                next_try_at: Set(None),
                                started_at: Set(None),
                                finished_at: Set(None),
                                created_at: Set(now),
                                last_used_at: Set(now),
                            };
                            row.insert(tx.connection()).await.doing("write an environment")?;
                            if seed.on_demand {
                                on_demand::hold(tx, &seed.digest).await?;
                            }
                        }
                        match store::by_name(tx.connection(), &seed.name).await? {
                            Some(row) => {
                                let mut active = row.into_active_model();
                                active.display_name = Set(seed.display_name);
                                active.description = Set(seed.description);
                                active.recipe = Set(asked);
                                active.digest = Set(seed.digest);
                                active.updated_at = Set(now);
                                active.update(tx.connection()).await.doing("write an image")?;
                            }
                            None => {
                                let row = entity::ActiveModel {
                                    id: Set(ImageId::new(&*ctx.clock).0),
                                    name: Set(seed.name),
                                    group_id: Set(None),
                                    display_name: Set(seed.display_name),
                                    description: Set(seed.description),
                                    kind: Set("environment".to_owned()),
                                    recipe: Set(asked),
                                    digest: Set(seed.digest),
                                    is_built_in: Set(true),
                                    created_at: Set(now),
                                    updated_at: Set(now),
                                };
                                row.insert(tx.connection()).await.doing("write an image")?;
                            }
                        }
                    }
                    // A build that a killed server left behind starts over.
                    environment::Entity::update_many()
                        .col_expr(environment::Column::State, Expr::value(BuildState::Queued.as_str()))
                        .filter(environment::Column::State.eq(BuildState::Building.as_str()))
                        .exec(tx.connection())
                        .await
                        .doing("queue interrupted builds")?;
                    Ok(())
                })
            })
            .await
    }

    /// Takes the next environment to build, and marks it as being built.
    pub async fn take_due_build(&self, ctx: &OpContext) -> Result<Option<DueBuild>> {
        ctx.require_platform_admin()?;
        let ctx = ctx.clone();
        let due = Condition::any().add(on_demand::is_queued()).add(
            Condition::all()
                .add(environment::Column::State.eq(BuildState::Failed.as_str()))
                .add(environment::Column::NextTryAt.lte(ctx.now().micros())),
        );
        let find =
            environment::Entity::find().filter(due).order_by_asc(environment::Column::CreatedAt).limit(1);
        // Asked of a reader first: most of the time nothing is due, and then nothing need be written.
        if find.clone().one(self.db.reader()).await.doing("look for a due build")?.is_none() {
            return Ok(None);
        }
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let Some(row) = find.one(tx.connection()).await.doing("look for a due build")? else {
                        return Ok(None);
                    };
                    let recipe = serde_json::from_str(&row.recipe).unwrap_or_default();
                    let due = DueBuild { digest: row.digest.clone(), recipe, tries: row.tries };
                    let mut active = row.into_active_model();
                    active.state = Set(BuildState::Building.as_str().to_owned());
                    active.started_at = Set(Some(ctx.now().micros()));
                    active.finished_at = Set(None);
                    active.next_try_at = Set(None);
                    active.update(tx.connection()).await.doing("start a build")?;
                    tell(tx, &ctx, &due.digest).await?;
                    Ok(Some(due))
                })
            })
            .await
    }

    /// Records how a build ended; a failed one is tried again later, each time after twice as long.
    pub async fn finish_build(&self, ctx: &OpContext, digest: &str, outcome: BuildOutcome) -> Result<()> {
        ctx.require_platform_admin()?;
        let (ctx, digest) = (ctx.clone(), digest.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let Some(row) = store::environment(tx.connection(), &digest).await? else {
                        return Ok(());
                    };
                    let tries = row.tries + 1;
                    let mut active = row.into_active_model();
                    active.tries = Set(tries);
                    active.finished_at = Set(Some(ctx.now().micros()));
                    match outcome {
                        BuildOutcome::Built { path, base_prefix, python_version, lock, size_bytes } => {
                            active.state = Set(BuildState::Ready.as_str().to_owned());
                            active.message = Set(String::new());
                            active.path = Set(path);
                            active.base_prefix = Set(base_prefix);
                            active.python_version = Set(python_version);
                            active.lock = Set(lock);
                            active.size_bytes = Set(i64::try_from(size_bytes).ok());
                        }
                        BuildOutcome::Failed { message } => {
                            active.state = Set(BuildState::Failed.as_str().to_owned());
                            active.message = Set(base::names::cut(&message, 4000));
                            let wait = 30 << tries.min(10);
                            active.next_try_at =
                                Set((tries < MAX_TRIES).then(|| ctx.now().plus_seconds(wait).micros()));
                        }
                    }
                    active.update(tx.connection()).await.doing("finish a build")?;
                    tell(tx, &ctx, &digest).await
                })
            })
            .await
    }

    /// Environments that no image names, no waiting or running workload needs and nobody used since `before`:
    /// their rows go; the caller removes their files.
    pub async fn forget_unused_environments(
        &self,
        ctx: &OpContext,
        before: Timestamp,
    ) -> Result<Vec<String>> {
        ctx.require_platform_admin()?;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let rows = environment::Entity::find()
                        .filter(environment::Column::LastUsedAt.lt(before.micros()))
                        .filter(environment::Column::State.ne(BuildState::Building.as_str()))
                        .all(tx.connection())
                        .await
                        .doing("look for unused environments")?;
                    let mut forgotten = Vec::new();
                    for row in rows {
                        let named = entity::Entity::find()
                            .filter(entity::Column::Digest.eq(&row.digest))
                            .one(tx.connection())
                            .await
                            .doing("look for images of an environment")?;
                        if named.is_some()
                            || crate::engine::needs_environment(tx.connection(), &row.digest).await?
                        {
                            continue;
                        }
                        environment::Entity::delete_by_id(row.digest.clone())
                            .exec(tx.connection())
                            .await
                            .doing("forget an environment")?;
                        forgotten.push(row.digest);
                    }
                    Ok(forgotten)
                })
            })
            .await
    }

    /// The digests that have rows; every other environment on disk is garbage.
    pub async fn known_environments(&self, ctx: &OpContext) -> Result<Vec<String>> {
        ctx.require_platform_admin()?;
        environment::Entity::find()
            .select_only()
            .column(environment::Column::Digest)
            .into_tuple()
            .all(self.db.reader())
            .await
            .doing("list environments")
    }
}

/// Every image that names the environment has changed.
async fn tell(tx: &Tx, ctx: &OpContext, digest: &str) -> Result<()> {
    let images = entity::Entity::find()
        .filter(entity::Column::Digest.eq(digest))
        .all(tx.connection())
        .await
        .doing("look for images of an environment")?;
    for image in images {
        tx.emit(ctx.now(), image.group_id.map(base::GroupId), Topic::Images, image.name).await?;
    }
    Ok(())
}
