//! Queries over images and environments.

use std::collections::BTreeSet;

use base::{Error, GroupId, Result, Timestamp};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::entity::{Column, Entity, Model, build, environment, group};
use super::{BuildState, Owner, Recipe, on_demand};

/// Images with the groups that each is offered to.
pub(crate) type WithOffers = (Model, Vec<GroupId>);

/// Every system image.
pub(crate) async fn of_system<C: ConnectionTrait>(connection: &C) -> Result<Vec<WithOffers>> {
    with_offers(connection, Condition::all().add(Column::GroupId.is_null())).await
}

/// The group's own images, and the system images that are offered to it.
pub(crate) async fn for_group<C: ConnectionTrait>(connection: &C, to: GroupId) -> Result<Vec<WithOffers>> {
    let condition = Condition::any().add(Column::GroupId.is_null()).add(Column::GroupId.eq(to.0));
    let mut found = with_offers(connection, condition).await?;
    found.retain(|(row, groups)| is_offered(row, groups, to));
    Ok(found)
}

fn is_offered(row: &Model, groups: &[GroupId], to: GroupId) -> bool {
    row.group_id == Some(to.0) || (row.group_id.is_none() && (row.is_global || groups.contains(&to)))
}

async fn with_offers<C: ConnectionTrait>(connection: &C, condition: Condition) -> Result<Vec<WithOffers>> {
    let rows = Entity::find()
        .filter(condition)
        .order_by_asc(Column::Name)
        .all(connection)
        .await
        .doing("list images")?;
    let offers = group::Entity::find().all(connection).await.doing("list offers of images")?;
    let of = |id: Uuid| offers.iter().filter(|o| o.image_id == id).map(|o| GroupId(o.group_id)).collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let groups = of(row.id);
            (row, groups)
        })
        .collect())
}

/// The image that the group knows by this name: its own, or a system image that is offered to it.
pub(crate) async fn known_to<C: ConnectionTrait>(
    connection: &C,
    to: GroupId,
    name: &str,
) -> Result<Option<Model>> {
    if let Some(own) = in_scope(connection, Owner::Group(to), name).await? {
        return Ok(Some(own));
    }
    let Some(row) = in_scope(connection, Owner::System, name).await? else { return Ok(None) };
    if row.is_global {
        return Ok(Some(row));
    }
    let offer =
        group::Entity::find_by_id((row.id, to.0)).one(connection).await.doing("read an offer of an image")?;
    Ok(offer.map(|_| row))
}

/// The image that `owner` may build upon, point to or copy.
pub(crate) async fn known_to_owner<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    name: &str,
) -> Result<Option<Model>> {
    match owner {
        Owner::System => in_scope(connection, Owner::System, name).await,
        Owner::Group(group) => known_to(connection, group, name).await,
    }
}

/// The image of this owner, and of nobody else.
pub(crate) async fn in_scope<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    name: &str,
) -> Result<Option<Model>> {
    Entity::find()
        .filter(Column::Scope.eq(owner.scope()))
        .filter(Column::Name.eq(name))
        .one(connection)
        .await
        .doing("read an image")
}

pub(crate) async fn require<C: ConnectionTrait>(connection: &C, owner: Owner, name: &str) -> Result<Model> {
    in_scope(connection, owner, name).await?.ok_or_else(|| missing(name))
}

pub(crate) fn missing(name: &str) -> Error {
    Error::not_found(format!("image named “{}”", base::names::cut(name, 63)))
}

/// The groups that a system image is offered to from now on.
pub(crate) async fn offer(tx: &Tx, image: Uuid, groups: &[GroupId]) -> Result<()> {
    group::Entity::delete_many()
        .filter(group::Column::ImageId.eq(image))
        .exec(tx.connection())
        .await
        .doing("clear offers of an image")?;
    // Whoever names a group twice means it once.
    for to in BTreeSet::from_iter(groups) {
        let row = group::ActiveModel { image_id: Set(image), group_id: Set(to.0) };
        row.insert(tx.connection()).await.doing("offer an image")?;
    }
    Ok(())
}

pub(crate) async fn environments<C: ConnectionTrait>(
    connection: &C,
    digests: Vec<String>,
) -> Result<Vec<environment::Model>> {
    environment::Entity::find()
        .filter(environment::Column::Digest.is_in(digests))
        .all(connection)
        .await
        .doing("read environments")
}

pub(crate) async fn environment<C: ConnectionTrait>(
    connection: &C,
    digest: &str,
) -> Result<Option<environment::Model>> {
    environment::Entity::find_by_id(digest.to_owned()).one(connection).await.doing("read an environment")
}

/// The images that name an environment, now or when it is built.
pub(crate) async fn naming<C: ConnectionTrait>(connection: &C, digest: &str) -> Result<Vec<Model>> {
    Entity::find()
        .filter(Condition::any().add(Column::Digest.eq(digest)).add(Column::NextDigest.eq(digest)))
        .all(connection)
        .await
        .doing("look for images of an environment")
}

/// Every build of an environment, newest first.
pub(crate) async fn builds<C: ConnectionTrait>(connection: &C, digest: &str) -> Result<Vec<build::Model>> {
    build::Entity::find()
        .filter(build::Column::Digest.eq(digest))
        .order_by_desc(build::Column::Number)
        .all(connection)
        .await
        .doing("list builds")
}

/// Makes sure that there is an environment of the recipe, and that it is built unless it is there.
pub(crate) async fn want_environment(
    tx: &Tx,
    digest: &str,
    recipe: &Recipe,
    now: Timestamp,
) -> Result<BuildState> {
    if let Some(row) = environment(tx.connection(), digest).await? {
        let state = BuildState::parse(&row.state);
        if matches!(state, BuildState::Failed | BuildState::Cancelled) || on_demand::is_held(&row) {
            requeue(tx, row).await?;
            return Ok(BuildState::Queued);
        }
        return Ok(state);
    }
    let recipe =
        serde_json::to_string(recipe).map_err(|error| Error::internal_from("write a recipe", error))?;
    let row = environment::ActiveModel {
        digest: Set(digest.to_owned()),
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
        created_at: Set(now.micros()),
        last_used_at: Set(now.micros()),
    };
    row.insert(tx.connection()).await.doing("write an environment")?;
    Ok(BuildState::Queued)
}

/// Asks for another build of the same.
pub(crate) async fn requeue(tx: &Tx, row: environment::Model) -> Result<()> {
    let mut active = row.into_active_model();
    active.state = Set(BuildState::Queued.as_str().to_owned());
    active.next_try_at = Set(None);
    active.tries = Set(0);
    active.update(tx.connection()).await.doing("queue a build")?;
    Ok(())
}

/// Emits that an image changed, to those who see it.
pub(crate) async fn emit(tx: &Tx, now: Timestamp, row: &Model) -> Result<()> {
    tx.emit(now, row.group_id.map(GroupId), Topic::Images, row.name.clone()).await
}
