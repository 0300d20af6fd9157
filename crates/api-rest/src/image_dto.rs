//! Images as JSON.

use base::{Error, GroupId, OpContext, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web_kit::Portal;
use workloads::engine::ImageUses;
use workloads::images::{
    Base, Build, Image, ImageDetail, ImageInput, ImageType, Owner, PackageChange, PackageFile, Source,
};

use crate::dto::time;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageDto {
    name: String,
    display_name: String,
    description: String,
    /// `system` or `group`.
    scope: String,
    /// `environment` or `container`.
    kind: String,
    /// What it is meant for: `cpu`, `gpu` or `universal`.
    #[serde(rename = "type")]
    image_type: String,
    is_built_in: bool,
    /// Offered to every group.
    is_global: bool,
    python: String,
    /// What was asked for beyond Python and the base.
    requirements: Vec<String>,
    /// The image that the packages were added to.
    base: Option<String>,
    /// The image whose environment this one uses as it is.
    existing: Option<String>,
    /// Where a container image is.
    reference: Option<String>,
    /// The environment that new work runs in.
    digest: String,
    /// How far that environment is: `queued`, `building`, `ready`, `failed` or `cancelled`.
    state: String,
    /// How far the newest build is; it takes over when it is ready.
    build_state: String,
    /// Why the newest build failed.
    message: String,
    python_version: String,
    size_bytes: Option<u64>,
    /// Builds since somebody last asked for one.
    builds: i64,
    next_try_at: Option<String>,
    finished_at: Option<String>,
    deprecated_at: Option<String>,
    /// The image to use instead.
    successor: Option<String>,
    created_by: String,
}

impl From<Image> for ImageDto {
    fn from(image: Image) -> Self {
        Self {
            name: image.name,
            display_name: image.display_name,
            description: image.description,
            scope: if image.group.is_some() { "group" } else { "system" }.to_owned(),
            kind: image.kind.as_str().to_owned(),
            image_type: image.image_type.as_str().to_owned(),
            is_built_in: image.is_built_in,
            is_global: image.is_global,
            python: image.python,
            requirements: image.requirements,
            base: image.base,
            existing: image.existing,
            reference: Some(image.reference).filter(|reference| !reference.is_empty()),
            digest: image.digest,
            state: image.state.as_str().to_owned(),
            build_state: image.newest_state.as_str().to_owned(),
            message: image.message,
            python_version: image.python_version,
            size_bytes: image.size_bytes,
            builds: image.tries,
            next_try_at: image.next_try_at.map(time),
            finished_at: image.finished_at.map(time),
            deprecated_at: image.deprecated_at.map(time),
            successor: image.successor,
            created_by: image.created_by,
        }
    }
}

/// An image with what only its own page needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageDetailDto {
    #[serde(flatten)]
    image: ImageDto,
    /// Every package with its version.
    lock: Vec<String>,
    /// Builds of the newest environment, newest first.
    history: Vec<BuildDto>,
    /// What the build before had otherwise.
    changes: Vec<PackageChangeDto>,
    /// For system images that are not for all: the groups that it is offered to. Only platform admins see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<String>>,
}

impl ImageDetailDto {
    pub(crate) fn new(image: Image, detail: ImageDetail, groups: Option<Vec<String>>) -> Self {
        Self {
            lock: image.lock.lines().map(str::to_owned).collect(),
            image: image.into(),
            history: detail.builds.into_iter().map(BuildDto::from).collect(),
            changes: detail.changes.into_iter().map(PackageChangeDto::from).collect(),
            groups,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BuildDto {
    number: i64,
    state: String,
    /// What came of it.
    message: String,
    started_at: String,
    finished_at: Option<String>,
}

impl From<Build> for BuildDto {
    fn from(build: Build) -> Self {
        Self {
            number: build.number,
            state: build.state.as_str().to_owned(),
            message: build.message,
            started_at: time(build.started_at),
            finished_at: build.finished_at.map(time),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PackageChangeDto {
    name: String,
    /// Null where it was not there.
    before: Option<String>,
    /// Null where it is gone.
    after: Option<String>,
}

impl From<PackageChange> for PackageChangeDto {
    fn from(change: PackageChange) -> Self {
        Self { name: change.name, before: change.before, after: change.after }
    }
}

/// Who waits or runs with an image.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageUsesDto {
    waiting: u64,
    running: u64,
    /// The newest of them.
    workloads: Vec<ImageUseDto>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageUseDto {
    kind: String,
    id: String,
    name: String,
    user: String,
    phase: String,
}

impl From<ImageUses> for ImageUsesDto {
    fn from(uses: ImageUses) -> Self {
        let newest = uses.newest.into_iter().map(|one| ImageUseDto {
            kind: one.kind.as_str().to_owned(),
            id: one.slug,
            name: one.name,
            user: one.user_name,
            phase: one.phase.as_str().to_owned(),
        });
        Self {
            waiting: uses.counts.iter().map(|(_, waiting, _)| waiting).sum(),
            running: uses.counts.iter().map(|(_, _, running)| running).sum(),
            workloads: newest.collect(),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageBody {
    /// Only when it is made; left out, it is made from the display name.
    #[serde(default)]
    name: String,
    display_name: String,
    #[serde(default)]
    description: String,
    /// `cpu`, `gpu` or `universal` (the default).
    #[serde(rename = "type")]
    image_type: Option<String>,
    /// What it is made of; left out, an existing image stays what it is.
    source: Option<SourceBody>,
    /// For system images: names of the groups that it is offered to; left out, all groups.
    groups: Option<Vec<String>>,
}

/// Where an image comes from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "from", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum SourceBody {
    /// Packages on a base: another image, or nothing but Python.
    Build {
        /// The name of an image that is ready.
        base: Option<String>,
        /// A version of Python such as `3.12`, where no base is named.
        #[serde(default)]
        python: String,
        /// Requirements such as `pandas>=2`.
        #[serde(default)]
        packages: Vec<String>,
        file: Option<PackageFileBody>,
    },
    /// Another image as it is.
    Existing { image: String },
    /// A container image that lies elsewhere.
    Container { reference: String },
}

/// A `requirements.txt` or an `environment.yml`, told apart by its name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackageFileBody {
    name: String,
    content: String,
}

impl From<SourceBody> for Source {
    fn from(body: SourceBody) -> Self {
        match body {
            SourceBody::Build { base, python, packages, file } => Self::Build {
                base: base.map_or(Base::Python(python), Base::Image),
                packages,
                file: file.map(|file| PackageFile { name: file.name, content: file.content }),
            },
            SourceBody::Existing { image } => Self::Existing { image },
            SourceBody::Container { reference } => Self::Container { reference },
        }
    }
}

impl ImageBody {
    pub(crate) async fn read(self, portal: &Portal, ctx: &OpContext, owner: Owner) -> Result<ImageInput> {
        let image_type = self.image_type.as_deref().map_or(Ok(ImageType::default()), ImageType::parse);
        if owner != Owner::System && self.groups.is_some() {
            let text = "An image of a group is offered to no other. Leave this out.";
            return Err(Error::field("groups", text));
        }
        let mut groups: Vec<GroupId> = Vec::new();
        for name in self.groups.iter().flatten() {
            let group = portal.accounts.get_group(ctx, name).await.map_err(|_| {
                Error::field("groups", format!("There is no group “{}”.", base::names::cut(name, 63)))
            })?;
            groups.push(group.id);
        }
        Ok(ImageInput {
            name: self.name,
            display_name: self.display_name,
            description: self.description,
            image_type: image_type.map_err(|text| Error::field("type", text))?,
            source: self.source.map(Source::from),
            is_global: self.groups.is_none(),
            groups,
        })
    }
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeprecationBody {
    /// The name of the image to use instead.
    pub(crate) successor: Option<String>,
}
