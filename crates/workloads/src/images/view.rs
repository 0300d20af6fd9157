//! What people see of images.

use base::{Action, GroupId, ImageId, OpContext, Result, Timestamp};

use super::entity::environment;
use super::update::newest_digest;
use super::{
    BuildState, Image, ImageKind, ImageType, Owner, PackageChange, RecipeRequest, changes, on_demand, store,
};
use crate::{Workloads, containers};

/// How many builds a page shows.
const MOST_BUILDS: usize = 20;

/// One build of an image's environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    pub number: i64,
    pub state: BuildState,
    /// What came of it: the number of packages, or why it failed.
    pub message: String,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// What only the image's own page needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageDetail {
    /// Builds of the newest environment, newest first.
    pub builds: Vec<Build>,
    /// The packages that the build before this one had otherwise.
    pub changes: Vec<PackageChange>,
}

fn join((mut row, groups): store::WithOffers, environments: &[environment::Model]) -> Image {
    let request: RecipeRequest = serde_json::from_str(&row.recipe).unwrap_or_default();
    let find = |digest: &str| environments.iter().find(|e| e.digest == digest);
    // The build ended between the two queries: the image names the new environment by now.
    if find(&row.next_digest).is_some_and(|next| BuildState::parse(&next.state) == BuildState::Ready) {
        row.previous_lock = find(&row.digest).map(|before| before.lock.clone()).unwrap_or_default();
        row.digest = std::mem::take(&mut row.next_digest);
    }
    let (present, newest) = (find(&row.digest), find(newest_digest(&row)));
    let kind = ImageKind::parse(&row.kind);
    let state_of = |environment: Option<&environment::Model>| {
        let state = environment.map_or(BuildState::Queued, |e| BuildState::parse(&e.state));
        match (kind, state) {
            // Nothing is built here.
            (ImageKind::Container, _) => BuildState::Ready,
            (_, BuildState::Ready) => BuildState::Ready,
            _ if row.cancelled_at.is_some() => BuildState::Cancelled,
            (_, state) => state,
        }
    };
    let newest_state = state_of(newest);
    Image {
        id: ImageId(row.id),
        group: row.group_id.map(GroupId),
        kind,
        image_type: ImageType::parse(&row.image_type).unwrap_or_default(),
        is_built_in: row.is_built_in,
        is_global: row.is_global,
        groups,
        python: request.python,
        requirements: request.requirements,
        base: request.base,
        existing: request.existing,
        state: state_of(present),
        newest_digest: newest_digest(&row).to_owned(),
        message: newest
            .filter(|_| newest_state == BuildState::Failed)
            .map(|e| e.message.clone())
            .unwrap_or_default(),
        newest_state,
        python_version: present.map(|e| e.python_version.clone()).unwrap_or_default(),
        lock: present.map(|e| e.lock.clone()).unwrap_or_default(),
        previous_lock: row.previous_lock,
        size_bytes: present.and_then(|e| e.size_bytes).and_then(|size| u64::try_from(size).ok()),
        is_on_demand: newest.is_some_and(on_demand::is_held),
        tries: newest.map_or(0, |e| e.tries.max(0)),
        next_try_at: newest
            .filter(|_| newest_state == BuildState::Failed)
            .and_then(|e| e.next_try_at)
            .map(Timestamp),
        started_at: newest.and_then(|e| e.started_at).map(Timestamp),
        finished_at: newest.and_then(|e| e.finished_at).map(Timestamp),
        deprecated_at: row.deprecated_at.map(Timestamp),
        successor: Some(row.successor).filter(|name| !name.is_empty()),
        created_by: row.created_by,
        updated_at: Timestamp(row.updated_at),
        name: row.name,
        display_name: row.display_name,
        description: row.description,
        reference: row.reference,
        digest: row.digest,
        refusal: None,
        wait: None,
    }
}

impl Workloads {
    /// The images that a group may use: its own and the system's.
    pub async fn images_for(&self, ctx: &OpContext, group: GroupId) -> Result<Vec<Image>> {
        ctx.require_in_group(Action::ReadGroup, group)?;
        self.joined(store::for_group(self.db.reader(), group).await?).await
    }

    /// The system images; for platform admins.
    pub async fn system_images(&self, ctx: &OpContext) -> Result<Vec<Image>> {
        ctx.require_platform_admin()?;
        self.joined(store::of_system(self.db.reader()).await?).await
    }

    async fn joined(&self, rows: Vec<store::WithOffers>) -> Result<Vec<Image>> {
        let digests =
            rows.iter().flat_map(|(row, _)| [row.digest.clone(), row.next_digest.clone()]).collect();
        let environments = store::environments(self.db.reader(), digests).await?;
        let mut images: Vec<Image> = rows.into_iter().map(|row| join(row, &environments)).collect();
        if images.iter().any(|image| image.kind == ImageKind::Container) {
            let seen = self.containers().await;
            for image in images.iter_mut().filter(|image| image.kind == ImageKind::Container) {
                (image.refusal, image.wait) = (containers::refusal(seen), containers::wait(seen));
            }
        }
        Ok(images)
    }

    /// One image that the group may use; its own before a system image of the same name.
    pub async fn image_for(&self, ctx: &OpContext, group: GroupId, name: &str) -> Result<Image> {
        let mut images = self.images_for(ctx, group).await?;
        images.retain(|image| image.name == name);
        images.into_iter().max_by_key(|image| image.group.is_some()).ok_or_else(|| store::missing(name))
    }

    /// One system image; for platform admins.
    pub async fn system_image(&self, ctx: &OpContext, name: &str) -> Result<Image> {
        let images = self.system_images(ctx).await?;
        images.into_iter().find(|image| image.name == name).ok_or_else(|| store::missing(name))
    }

    pub(crate) async fn owned_image(&self, ctx: &OpContext, owner: Owner, name: &str) -> Result<Image> {
        match owner {
            Owner::System => self.system_image(ctx, name).await,
            Owner::Group(group) => self.image_for(ctx, group, name).await,
        }
    }

    /// The builds of an image that the actor may see, and what the last one changed.
    pub async fn image_detail(&self, image: &Image) -> Result<ImageDetail> {
        let rows = store::builds(self.db.reader(), &image.newest_digest).await?;
        let builds = rows
            .into_iter()
            .take(MOST_BUILDS)
            .map(|row| Build {
                number: row.number,
                state: BuildState::parse(&row.state),
                message: row.message,
                started_at: Timestamp(row.started_at),
                finished_at: row.finished_at.map(Timestamp),
            })
            .collect();
        Ok(ImageDetail { builds, changes: changes(&image.previous_lock, &image.lock) })
    }
}
