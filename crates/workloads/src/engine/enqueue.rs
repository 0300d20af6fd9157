//! Putting a workload into the queue: the one way in which its rows are written.

use accounts::groups::Group;
use base::{Error, OpContext, Result, UserId, WorkloadId};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait as _, TryIntoModel as _};

use super::entity::{self, Model, event, spec};
use super::phase::Phase;
use super::{Admitted, Kind, Spec, Wish, store};
use crate::images;

/// A workload to put into the queue.
pub(crate) struct NewWorkload<'a> {
    pub(crate) kind: Kind,
    pub(crate) slug: String,
    pub(crate) group: &'a Group,
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) admitted: Admitted,
    pub(crate) time_limit_s: i64,
    pub(crate) spec: &'a Spec,
    pub(crate) copied_from: Option<String>,
}

/// The rows of a new workload, not written yet.
pub(crate) struct NewRows {
    workload: entity::ActiveModel,
    spec: spec::ActiveModel,
    /// A word on the image, for the workload's events.
    remark: Option<event::ActiveModel>,
}

impl NewRows {
    pub(crate) fn new(ctx: &OpContext, new: NewWorkload<'_>) -> Result<Self> {
        if new.spec.runs.kind() != new.kind {
            return Err(Error::internal(format!("a {} can't run this", new.kind.as_str())));
        }
        let now = ctx.now();
        let resources = new.admitted.instance_type.resources;
        let id = WorkloadId::new(&*ctx.clock);
        let image = new.admitted.image;
        let successor = Some(image.successor.as_str()).filter(|name| !name.is_empty());
        let remark = image
            .deprecated_at
            .map(|_| store::event_row(ctx, id, "image", images::deprecation(&image.display_name, successor)));
        let container = (image.kind == images::ImageKind::Container.as_str()).then_some(image.reference);
        let spec = new.spec.to_row(id, container)?;
        let workload = entity::ActiveModel {
            id: Set(id.0),
            slug: Set(new.slug),
            kind: Set(new.kind.as_str().to_owned()),
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
            wish: Set(Wish::Run.as_str().to_owned()),
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
        Ok(Self { workload, spec, remark })
    }

    /// Writes the rows and says that the workload is there. They are written at the end of the transaction, which can't
    /// read them; what is returned is the row as it will be.
    pub(crate) async fn write(self, tx: &Tx, ctx: &OpContext) -> Result<Model> {
        let written: Model = self.workload.clone().try_into_model().doing("read a workload's row")?;
        tx.insert_later(entity::Entity::insert(self.workload))?;
        tx.insert_later(spec::Entity::insert(self.spec))?;
        if let Some(remark) = self.remark {
            tx.insert_later(event::Entity::insert(remark))?;
        }
        written.emit_change(tx, ctx).await?;
        Ok(written)
    }
}
