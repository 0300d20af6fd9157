//! Whether a size and a software may be used at all.

use accounts::groups::Group;
use base::error::FieldErrors;
use base::{Error, OpContext, Result, names};

use crate::instance_types::InstanceType;
use crate::{Workloads, containers, images, instance_types};

/// A size and a software that the group may use, and that can ever fit.
pub(crate) struct Admitted {
    pub(crate) instance_type: InstanceType,
    pub(crate) image: images::entity::Model,
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
        let size = self.known.instance_types.get_or_load(ctx.catalogue, key, load).await?;
        match &size {
            None => errors.add("instance_type", self.unknown_instance_type(ctx, group, instance_type).await?),
            Some(size) => {
                if let Some(why) = self.why_never(group, size.resources) {
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
        let (Some(instance_type), Some(image)) = (size, found) else { return Ok(None) };
        Ok(errors.is_empty().then_some(Admitted { instance_type, image }))
    }

    async fn unknown_instance_type(&self, ctx: &OpContext, group: &Group, name: &str) -> Result<String> {
        let types = self.instance_types_for(ctx, group.id).await?;
        let names: Vec<String> = types.into_iter().map(|size| size.name).collect();
        Ok(unknown("instance type", name, &names))
    }

    /// Why no runner takes this image, if so.
    async fn why_not_run(&self, image: &images::entity::Model) -> Option<&'static str> {
        if image.kind != images::ImageKind::Container.as_str() {
            return None;
        }
        containers::refusal(self.containers().await)
    }

    async fn unknown_image(&self, ctx: &OpContext, group: &Group, name: &str) -> Result<String> {
        let images = self.images_for(ctx, group.id).await?;
        let offered = images.into_iter().filter(|image| !image.is_deprecated());
        let names: Vec<String> = offered.map(|image| image.name).collect();
        Ok(unknown("image", name, &names))
    }
}

fn unknown(what: &str, name: &str, known: &[String]) -> String {
    let choice = if known.is_empty() {
        format!("This group has no {what}s; ask an administrator.")
    } else {
        format!("Choose one of: {}.", known.join(", "))
    };
    if name.trim().is_empty() {
        return choice;
    }
    format!("This group has no {what} “{}”. {choice}", names::cut(name.trim(), 63))
}
