//! Putting a workload into the queue.

use accounts::groups::Group;
use base::error::FieldErrors;
use base::{Error, OpContext, Result, UserId, WorkloadId};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait as _, TryIntoModel as _};

use crate::instance_types::InstanceType;
use crate::jobs::entity::{self, Model, event, spec};
use crate::jobs::model::Spec;
use crate::jobs::phase::Phase;
use crate::jobs::store;
use crate::{Workloads, images, instance_types};

/// A size and a software that the group may use, and that can ever fit.
pub(crate) struct Admitted {
    pub(crate) instance_type: InstanceType,
    pub(crate) image: images::entity::Model,
}

/// A workload to put into the queue.
pub(crate) struct NewWorkload<'a> {
    pub(crate) kind: &'static str,
    pub(crate) slug: String,
    pub(crate) group: &'a Group,
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) admitted: Admitted,
    pub(crate) time_limit_s: i64,
    pub(crate) spec: &'a Spec,
    pub(crate) copied_from: Option<String>,
}

impl Workloads {
    /// Finds the instance type and the image, and refuses what the group is not offered or what can never start;
    /// the fields `instance_type` and `image` say why.
    pub(crate) async fn admit(
        &self,
        ctx: &OpContext,
        group: &Group,
        instance_type: &str,
        image: &str,
        errors: &mut FieldErrors,
    ) -> Result<Option<Admitted>> {
        let (reader, instance_type_name) = (self.db.reader(), instance_type.trim());
        let load = instance_types::store::offered(reader, instance_type_name, group.id);
        let key = (group.id, instance_type_name.to_owned());
        let kind = self.known.instance_types.get_or_load(ctx.catalogue, key, load).await?;
        match &kind {
            None => errors.add("instance_type", self.unknown_instance_type(ctx, group, instance_type).await?),
            Some(kind) => {
                if let Some(why) = self.why_never(group, kind.resources) {
                    let text = format!("This can never start: it {why}. Choose a smaller instance type.");
                    if errors.is_empty() {
                        return Err(Error::field("instance_type", text).with_code("exceed_quota"));
                    }
                    errors.add("instance_type", text);
                }
            }
        }
        let name = image.trim();
        let load = images::store::known_to(reader, group.id, name);
        let found = self.known.images.get_or_load(ctx.catalogue, (group.id, name.to_owned()), load).await?;
        match &found {
            None => errors.add("image", self.unknown_image(ctx, group, image).await?),
            Some(found) => {
                if let Some(why) = self.why_not_run(found).await {
                    errors.add(
                        "image",
                        format!("“{}” can't run here. {why} Choose another image.", found.name),
                    );
                }
            }
        }
        let (Some(instance_type), Some(image)) = (kind, found) else { return Ok(None) };
        Ok(errors.is_empty().then_some(Admitted { instance_type, image }))
    }
}

/// The rows of a new workload, not written yet.
pub(crate) struct NewRows {
    pub(crate) workload: entity::ActiveModel,
    pub(crate) spec: spec::ActiveModel,
    /// A word on the image, for the workload's events.
    pub(crate) remark: Option<event::ActiveModel>,
}

impl NewRows {
    pub(crate) fn new(ctx: &OpContext, new: NewWorkload<'_>) -> Result<Self> {
        let now = ctx.now();
        let variables = serde_json::to_string(&new.spec.variables)
            .map_err(|error| Error::internal_from("write variables", error))?;
        let notebook = new.spec.notebook.as_ref().map(serde_json::to_string).transpose();
        let notebook =
            notebook.map_err(|error| Error::internal_from("write which notebook a job runs", error))?;
        let resources = new.admitted.instance_type.resources;
        let id = WorkloadId::new(&*ctx.clock);
        let image = new.admitted.image;
        let successor = Some(image.successor.as_str()).filter(|name| !name.is_empty());
        let remark = image
            .deprecated_at
            .map(|_| store::event_row(ctx, id, "image", images::deprecation(&image.display_name, successor)));
        let container = (image.kind == images::ImageKind::Container.as_str()).then_some(image.reference);
        let workload = entity::ActiveModel {
            id: Set(id.0),
            slug: Set(new.slug),
            kind: Set(new.kind.to_owned()),
            group_id: Set(new.group.id.0),
            user_id: Set(Some(new.user.0)),
            user_name: Set(ctx.actor_name().to_owned()),
            name_folded: Set(new.name.to_lowercase()),
            name: Set(new.name),
            instance_type: Set(new.admitted.instance_type.name),
            cpu_milli: Set(resources.cpu_milli),
            memory_mib: Set(resources.memory_mib),
            gpu: Set(resources.gpu),
            image: Set(image.name),
            digest: Set(image.digest),
            time_limit_s: Set(new.time_limit_s),
            asked: Set(store::RUN.to_owned()),
            phase: Set(Phase::Waiting.as_str().to_owned()),
            cause: Set(None),
            reason: Set("Waits for its turn.".to_owned()),
            exit_code: Set(None),
            signal: Set(None),
            generation: Set(0),
            attempts: Set(0),
            queued_at: Set(now.micros()),
            submitted_at: Set(now.micros()),
            started_at: Set(None),
            finished_at: Set(None),
            copied_from: Set(new.copied_from),
        };
        let spec = spec::ActiveModel {
            workload_id: Set(id.0),
            script: Set(new.spec.script.replace("\r\n", "\n")),
            variables: Set(variables),
            notebook: Set(notebook),
            container: Set(container),
        };
        Ok(Self { workload, spec, remark })
    }

    /// The row as it will be; not read back, as everything in it was set here.
    pub(crate) fn written(&self) -> Result<Model> {
        self.workload.clone().try_into_model().doing("read a workload's row")
    }
}

/// Writes the workload and what it runs.
pub(crate) async fn enqueue(tx: &Tx, ctx: &OpContext, new: NewWorkload<'_>) -> Result<Model> {
    let rows = NewRows::new(ctx, new)?;
    let written = rows.written()?;
    entity::Entity::insert(rows.workload)
        .exec_without_returning(tx.connection())
        .await
        .doing("write a workload")?;
    spec::Entity::insert(rows.spec)
        .exec_without_returning(tx.connection())
        .await
        .doing("write what a workload runs")?;
    if let Some(remark) = rows.remark {
        tx.insert_later(event::Entity::insert(remark))?;
    }
    Ok(written)
}
