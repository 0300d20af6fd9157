//! What the controller does with environments: queue, build, retry, collect garbage.

use base::{Error, ImageId, OpContext, Result, Timestamp};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::entity::{self, build, environment};
use super::update::save;
use super::{BuildState, Owner, Recipe, RecipeRequest, on_demand, store};
use crate::Workloads;

/// After so many failures a build waits for a person.
const MAX_TRIES: i64 = 5;
const LONGEST_MESSAGE: usize = 4000;

/// A built-in image, from the data file.
#[derive(Clone, Debug)]
pub struct ImageSeed {
    pub name: String,
    pub display_name: String,
    pub description: String,
    /// What people asked for, as pages show it.
    pub request: RecipeRequest,
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
    /// Which build of this environment it is, as a fencing token: the outcome of another one is ignored.
    pub number: i64,
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
    Failed {
        /// The tool's explanation.
        message: String,
        /// Whether the same may succeed later without anybody changing anything.
        try_again: bool,
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
                        let request = serde_json::to_string(&seed.request)
                            .map_err(|error| Error::internal_from("write the request for an image", error))?;
                        if store::environment(tx.connection(), &seed.digest).await?.is_none() {
                            store::want_environment(tx, &seed.digest, &seed.recipe, ctx.now()).await?;
                            if seed.on_demand {
                                on_demand::hold(tx, &seed.digest).await?;
                            }
                        }
                        match store::in_scope(tx.connection(), Owner::System, &seed.name).await? {
                            Some(row) => {
                                let mut active = row.into_active_model();
                                active.display_name = Set(seed.display_name);
                                active.description = Set(seed.description);
                                active.recipe = Set(request);
                                active.digest = Set(seed.digest);
                                active.next_digest = Set(String::new());
                                active.is_built_in = Set(true);
                                active.updated_at = Set(now);
                                active.update(tx.connection()).await.doing("write an image")?;
                            }
                            None => {
                                let row = entity::ActiveModel {
                                    id: Set(ImageId::new(&*ctx.clock).0),
                                    scope: Set(Owner::System.scope()),
                                    name: Set(seed.name),
                                    group_id: Set(None),
                                    display_name: Set(seed.display_name),
                                    description: Set(seed.description),
                                    kind: Set("environment".to_owned()),
                                    image_type: Set("universal".to_owned()),
                                    recipe: Set(request),
                                    reference: Set(String::new()),
                                    digest: Set(seed.digest),
                                    next_digest: Set(String::new()),
                                    previous_lock: Set(String::new()),
                                    is_built_in: Set(true),
                                    is_global: Set(true),
                                    cancelled_at: Set(None),
                                    deprecated_at: Set(None),
                                    successor: Set(String::new()),
                                    created_by: Set("Portico".to_owned()),
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
                    build::Entity::update_many()
                        .col_expr(build::Column::State, Expr::value(BuildState::Failed.as_str()))
                        .col_expr(
                            build::Column::Message,
                            Expr::value("The server stopped meanwhile; it was queued again."),
                        )
                        .col_expr(build::Column::FinishedAt, Expr::value(now))
                        .filter(build::Column::State.eq(BuildState::Building.as_str()))
                        .exec(tx.connection())
                        .await
                        .doing("close interrupted builds")?;
                    Ok(())
                })
            })
            .await
    }

    /// Takes the next environment to build, and marks it as being built.
    pub async fn take_due_build(&self, ctx: &OpContext) -> Result<Option<DueBuild>> {
        ctx.require_platform_admin()?;
        let ctx = ctx.clone();
        let due = Condition::any().add(on_demand::is_queued(self.image_users)).add(
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
                    tx.lock(db::Section::Images).await?;
                    let Some(row) = find.one(tx.connection()).await.doing("look for a due build")? else {
                        return Ok(None);
                    };
                    let recipe = serde_json::from_str(&row.recipe).unwrap_or_default();
                    let newest = store::builds(tx.connection(), &row.digest).await?.into_iter().next();
                    let number = newest.map_or(1, |newest| newest.number + 1);
                    let due = DueBuild { digest: row.digest.clone(), recipe, number };
                    let begun = build::ActiveModel {
                        digest: Set(row.digest.clone()),
                        number: Set(number),
                        state: Set(BuildState::Building.as_str().to_owned()),
                        message: Set(String::new()),
                        started_at: Set(ctx.now().micros()),
                        finished_at: Set(None),
                    };
                    begun.insert(tx.connection()).await.doing("note a build")?;
                    let mut active = row.into_active_model();
                    active.state = Set(BuildState::Building.as_str().to_owned());
                    active.started_at = Set(Some(ctx.now().micros()));
                    active.finished_at = Set(None);
                    active.next_try_at = Set(None);
                    active.update(tx.connection()).await.doing("start a build")?;
                    emit_changes(tx, &ctx, &due.digest).await?;
                    Ok(Some(due))
                })
            })
            .await
    }

    /// Whether this build is still wanted: nobody cancelled it.
    pub async fn is_build_wanted(&self, ctx: &OpContext, digest: &str, number: i64) -> Result<bool> {
        ctx.require_platform_admin()?;
        let row = build::Entity::find_by_id((digest.to_owned(), number))
            .one(self.db.reader())
            .await
            .doing("read a build")?;
        Ok(row.is_some_and(|row| row.state == BuildState::Building.as_str()))
    }

    /// Records how a build ended. One that failed for a transient reason is retried with exponential
    /// backoff. One that was cancelled meanwhile stays so.
    pub async fn finish_build(
        &self,
        ctx: &OpContext,
        digest: &str,
        number: i64,
        outcome: BuildOutcome,
    ) -> Result<()> {
        ctx.require_platform_admin()?;
        let (ctx, digest) = (ctx.clone(), digest.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(db::Section::Images).await?;
                    let now = ctx.now();
                    let (state, message) = match &outcome {
                        BuildOutcome::Built { lock, .. } => {
                            (BuildState::Ready, format!("{} packages", lock.lines().count()))
                        }
                        BuildOutcome::Failed { message, .. } => (BuildState::Failed, message.clone()),
                    };
                    if !close(tx, &digest, number, state, &message, now).await? {
                        return Ok(());
                    }
                    let Some(row) = store::environment(tx.connection(), &digest).await? else {
                        return Ok(());
                    };
                    let tries = row.tries + 1;
                    let mut active = row.into_active_model();
                    active.tries = Set(tries);
                    active.finished_at = Set(Some(now.micros()));
                    active.state = Set(state.as_str().to_owned());
                    match outcome {
                        BuildOutcome::Built { path, base_prefix, python_version, lock, size_bytes } => {
                            active.message = Set(String::new());
                            active.path = Set(path);
                            active.base_prefix = Set(base_prefix);
                            active.python_version = Set(python_version);
                            active.lock = Set(lock);
                            active.size_bytes = Set(i64::try_from(size_bytes).ok());
                        }
                        BuildOutcome::Failed { message, try_again } => {
                            active.message = Set(base::names::cut(&message, LONGEST_MESSAGE));
                            let wait = 30 << tries.min(10);
                            active.next_try_at = Set(
                                (try_again && tries < MAX_TRIES).then(|| now.plus_seconds(wait).micros())
                            );
                        }
                    }
                    active.update(tx.connection()).await.doing("finish a build")?;
                    if state == BuildState::Ready {
                        take_over(tx, &ctx, &digest).await?;
                    }
                    emit_changes(tx, &ctx, &digest).await
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
        let users = self.image_users;
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
                        let named = store::naming(tx.connection(), &row.digest).await?;
                        if !named.is_empty() || users.need(tx, &row.digest).await? {
                            continue;
                        }
                        build::Entity::delete_many()
                            .filter(build::Column::Digest.eq(&row.digest))
                            .exec(tx.connection())
                            .await
                            .doing("forget builds")?;
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

/// Ends a build that runs; `false` when it has ended already.
async fn close(
    tx: &Tx,
    digest: &str,
    number: i64,
    state: BuildState,
    message: &str,
    now: Timestamp,
) -> Result<bool> {
    let closed = build::Entity::update_many()
        .col_expr(build::Column::State, Expr::value(state.as_str()))
        .col_expr(build::Column::Message, Expr::value(base::names::cut(message, LONGEST_MESSAGE)))
        .col_expr(build::Column::FinishedAt, Expr::value(now.micros()))
        .filter(build::Column::Digest.eq(digest))
        .filter(build::Column::Number.eq(number))
        .filter(build::Column::State.eq(BuildState::Building.as_str()))
        .exec(tx.connection())
        .await
        .doing("end a build")?;
    Ok(closed.rows_affected > 0)
}

/// Ends the build of an environment that runs now, if one does.
pub(super) async fn close_newest(
    tx: &Tx,
    digest: &str,
    state: BuildState,
    message: &str,
    now: Timestamp,
) -> Result<()> {
    if let Some(newest) = store::builds(tx.connection(), digest).await?.first() {
        close(tx, digest, newest.number, state, message, now).await?;
    }
    Ok(())
}

/// The images that waited for this environment name it from now on.
async fn take_over(tx: &Tx, ctx: &OpContext, digest: &str) -> Result<()> {
    for mut row in store::naming(tx.connection(), digest).await? {
        if row.next_digest == digest {
            let before = store::environment(tx.connection(), &row.digest).await?;
            row.previous_lock = before.map(|before| before.lock).unwrap_or_default();
            row.digest = std::mem::take(&mut row.next_digest);
        }
        row.cancelled_at = None;
        save(tx, ctx, row).await?;
    }
    Ok(())
}

/// Every image that names the environment has changed.
async fn emit_changes(tx: &Tx, ctx: &OpContext, digest: &str) -> Result<()> {
    for image in store::naming(tx.connection(), digest).await? {
        store::emit(tx, ctx.now(), &image).await?;
    }
    Ok(())
}
