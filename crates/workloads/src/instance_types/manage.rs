//! What platform admins do with instance types, and what groups see of them.

use std::collections::BTreeSet;

use accounts::audit::{self, Entry};
use base::error::FieldErrors;
use base::{Action, Error, GroupId, InstanceTypeId, OpContext, Resources, Result, names};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, ModelTrait as _,
    QueryFilter as _,
};

use super::{InstanceType, entity, store};
use crate::Workloads;

/// A type to make, or what an existing one shall become.
#[derive(Clone, Debug, Default)]
pub struct InstanceTypeInput {
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub resources: Resources,
    pub is_global: bool,
    /// The groups that it is offered to when it is not for all.
    pub groups: Vec<GroupId>,
}

pub(super) fn check(input: &InstanceTypeInput) -> Result<InstanceTypeInput> {
    let mut errors = FieldErrors::default();
    let name = errors.check("name", names::resource_name(&input.name));
    let display_name = if input.display_name.trim().is_empty() { &input.name } else { &input.display_name };
    let display_name = errors.check("display_name", names::display_name(display_name, 80));
    if input.description.chars().count() > 500 {
        errors.add("description", "Use at most 500 characters.");
    } else if input.description.contains('\0') {
        errors.add("description", "It holds a NUL character. Remove it.");
    }
    let Resources { cpu_milli, memory_mib, gpu } = input.resources;
    if !(1..=10_000_000).contains(&cpu_milli) || cpu_milli % 500 != 0 {
        errors.add("cpu", "Use 0.5 cores or more, in steps of 0.5.");
    }
    if !(64..=100_000_000).contains(&memory_mib) {
        errors.add("memory", "Use at least 64 MiB.");
    }
    if !(0..=1024).contains(&gpu) {
        errors.add("gpu", "Use 0 to 1,024 GPUs.");
    }
    match (name, display_name) {
        (Some(name), Some(display_name)) if errors.is_empty() => Ok(InstanceTypeInput {
            name,
            display_name,
            description: input.description.trim().to_owned(),
            ..input.clone()
        }),
        _ => Err(errors.into_error()),
    }
}

pub(super) async fn insert(tx: &Tx, ctx: &OpContext, input: InstanceTypeInput) -> Result<InstanceType> {
    if store::by_name(tx.connection(), &input.name).await?.is_some() {
        return Err(Error::field(
            "name",
            format!("An instance type named “{}” is there already. Choose another name.", input.name),
        ));
    }
    let now = ctx.now().micros();
    let row = entity::ActiveModel {
        id: Set(InstanceTypeId::new(&*ctx.clock).0),
        name: Set(input.name),
        display_name: Set(input.display_name),
        description: Set(input.description),
        cpu_milli: Set(input.resources.cpu_milli),
        memory_mib: Set(input.resources.memory_mib),
        gpu: Set(input.resources.gpu),
        is_global: Set(input.is_global),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let row = row.insert(tx.connection()).await.doing("write an instance type")?;
    offer(tx, InstanceTypeId(row.id), &input.groups).await?;
    audit::record(
        tx,
        ctx,
        Entry {
            action: "instance-type.create",
            group: None,
            subject: &row.name,
            detail: input.resources.describe(),
        },
    )
    .await?;
    tx.emit(ctx.now(), None, Topic::InstanceTypes, row.name.clone()).await?;
    Ok(InstanceType::from_rows(row, input.groups))
}

async fn offer(tx: &Tx, id: InstanceTypeId, groups: &[GroupId]) -> Result<()> {
    entity::group::Entity::delete_many()
        .filter(entity::group::Column::InstanceTypeId.eq(id.0))
        .exec(tx.connection())
        .await
        .doing("clear offers of an instance type")?;
    // Whoever names a group twice means it once.
    for group in BTreeSet::from_iter(groups) {
        let row = entity::group::ActiveModel { instance_type_id: Set(id.0), group_id: Set(group.0) };
        row.insert(tx.connection()).await.doing("offer an instance type")?;
    }
    Ok(())
}

impl Workloads {
    pub async fn create_instance_type(
        &self,
        ctx: &OpContext,
        input: InstanceTypeInput,
    ) -> Result<InstanceType> {
        ctx.require_platform_admin()?;
        let input = check(&input)?;
        let ctx = ctx.clone();
        self.db.write(move |tx| Box::pin(async move { insert(tx, &ctx, input).await })).await
    }

    /// Changes everything but the name. What runs keeps the size it was started with.
    pub async fn update_instance_type(
        &self,
        ctx: &OpContext,
        name: &str,
        input: InstanceTypeInput,
    ) -> Result<InstanceType> {
        ctx.require_platform_admin()?;
        let input = check(&InstanceTypeInput { name: name.to_owned(), ..input })?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row = store::require(tx.connection(), &input.name).await?;
                    let mut active = row.into_active_model();
                    active.display_name = Set(input.display_name);
                    active.description = Set(input.description);
                    active.cpu_milli = Set(input.resources.cpu_milli);
                    active.memory_mib = Set(input.resources.memory_mib);
                    active.gpu = Set(input.resources.gpu);
                    active.is_global = Set(input.is_global);
                    active.updated_at = Set(ctx.now().micros());
                    let row = active.update(tx.connection()).await.doing("write an instance type")?;
                    offer(tx, InstanceTypeId(row.id), &input.groups).await?;
                    let detail = input.resources.describe();
                    audit::record(
                        tx,
                        &ctx,
                        Entry { action: "instance-type.update", group: None, subject: &row.name, detail },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::InstanceTypes, row.name.clone()).await?;
                    Ok(InstanceType::from_rows(row, input.groups))
                })
            })
            .await
    }

    /// Removes a type; jobs that name it keep their size.
    pub async fn delete_instance_type(&self, ctx: &OpContext, name: &str) -> Result<()> {
        ctx.require_platform_admin()?;
        let (ctx, name) = (ctx.clone(), name.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let row = store::require(tx.connection(), &name).await?;
                    row.delete(tx.connection()).await.doing("delete an instance type")?;
                    audit::record(
                        tx,
                        &ctx,
                        Entry {
                            action: "instance-type.delete",
                            group: None,
                            subject: &name,
                            detail: String::new(),
                        },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::InstanceTypes, name).await
                })
            })
            .await
    }

    /// Every type, smallest first; for platform admins.
    pub async fn list_instance_types(&self, ctx: &OpContext) -> Result<Vec<InstanceType>> {
        ctx.require_platform_admin()?;
        store::all(self.db.reader()).await
    }

    /// The types that a group may use, smallest first.
    pub async fn instance_types_for(&self, ctx: &OpContext, group: GroupId) -> Result<Vec<InstanceType>> {
        ctx.require_in_group(Action::ReadGroup, group)?;
        let all = store::all(self.db.reader()).await?;
        Ok(all.into_iter().filter(|kind| kind.is_global || kind.groups.contains(&group)).collect())
    }
}
