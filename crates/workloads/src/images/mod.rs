//! Images: the software that workloads run in.
//!
//! An image of kind `environment` is a name for a recipe (Python version and requirements). Recipes with the same
//! content share one environment, named by its digest, which is built once in the background. An image names the
//! environment that new work runs in (`digest`) and, while a newer one is being built, that one too (`next_digest`);
//! it takes over when it is ready. So an edit or a rebuild that fails takes nothing away from anybody.
//!
//! An image of kind `container` is a reference that a runner with containers can pull.

mod build;
mod changes;
mod create;
mod delete;
pub mod entity;
mod input;
mod manage;
mod on_demand;
pub mod packages;
mod resolve;
pub(crate) mod store;
mod update;
mod users;
mod view;

pub use build::{BuildOutcome, DueBuild, ImageSeed};
pub use changes::{PackageChange, changes};
pub use input::{Base, ImageInput, PackageFile, Source};
pub use runner::environments::Recipe;
pub use view::{Build, ImageDetail};

pub(crate) use users::ImageUsers;

use base::{Action, GroupId, ImageId, OpContext, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// How far an environment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildState {
    Queued,
    Building,
    Ready,
    /// It will be tried again at `next_try_at`, or when somebody asks.
    Failed,
    /// Somebody stopped the build.
    Cancelled,
}

impl BuildState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Building => "building",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "building" => Self::Building,
            "ready" => Self::Ready,
            "failed" => Self::Failed,
            "cancelled" => Self::Cancelled,
            _ => Self::Queued,
        }
    }
    /// Whether a build waits or runs.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Queued | Self::Building)
    }
}

/// What an image is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImageKind {
    /// A Python version and packages, built here.
    #[default]
    Environment,
    /// A container image that lies elsewhere.
    Container,
}

impl ImageKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Container => "container",
        }
    }
    fn parse(text: &str) -> Self {
        if text == "container" { Self::Container } else { Self::Environment }
    }
}

/// What machines an image is meant for. A label: nothing is refused because of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImageType {
    Cpu,
    Gpu,
    #[default]
    Universal,
}

impl ImageType {
    pub const ALL: [Self; 3] = [Self::Universal, Self::Cpu, Self::Gpu];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
            Self::Universal => "universal",
        }
    }
    /// As pages show it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Gpu => "GPU",
            Self::Universal => "Universal",
        }
    }
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| "A type is “cpu”, “gpu” or “universal”.".to_owned())
    }
}

/// Whose an image is: the platform's, or one group's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    System,
    Group(GroupId),
}

impl Owner {
    pub const fn group(self) -> Option<GroupId> {
        match self {
            Self::System => None,
            Self::Group(group) => Some(group),
        }
    }
    pub(crate) fn scope(self) -> String {
        self.group().map_or_else(|| "system".to_owned(), |group| group.to_string())
    }
    /// Refuses unless the actor may make, change and delete images here.
    pub(crate) fn require_manage(self, ctx: &OpContext) -> Result<()> {
        match self {
            Self::System => ctx.require_platform_admin(),
            Self::Group(group) => ctx.require_in_group(Action::ManageGroup, group),
        }
    }
}

/// What people asked for, as kept with the image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipeRequest {
    pub python: String,
    pub requirements: Vec<String>,
    /// The image that the packages are added to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The image whose environment this one uses as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<String>,
}

/// An image as pages and the API show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub id: ImageId,
    pub name: String,
    /// `None` is a system image.
    pub group: Option<GroupId>,
    pub display_name: String,
    pub description: String,
    pub kind: ImageKind,
    pub image_type: ImageType,
    pub is_built_in: bool,
    /// Offered to every group, where it is a system image.
    pub is_global: bool,
    /// The groups that a system image is offered to otherwise.
    pub groups: Vec<GroupId>,
    /// Python version request, such as `>=3.10`.
    pub python: String,
    /// What was asked for beyond Python and the base.
    pub requirements: Vec<String>,
    /// The image that the packages were added to.
    pub base: Option<String>,
    /// The image whose environment this one uses as it is.
    pub existing: Option<String>,
    /// Where a container image is; empty for environments.
    pub reference: String,
    /// The environment that new work runs in; empty for container images.
    pub digest: String,
    /// How far that environment is.
    pub state: BuildState,
    /// The environment of the newest build; another one while it waits to take over.
    pub newest_digest: String,
    /// How far the newest build is.
    pub newest_state: BuildState,
    /// Why the newest build failed; uv's own words.
    pub message: String,
    pub python_version: String,
    /// Every package that new work finds, with its version.
    pub lock: String,
    /// The packages of the environment before.
    pub previous_lock: String,
    pub size_bytes: Option<u64>,
    /// Whether it is built only when somebody first uses it, which nobody did yet.
    pub is_on_demand: bool,
    pub tries: i64,
    pub next_try_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub deprecated_at: Option<Timestamp>,
    /// The name of the image to use instead, where somebody named one.
    pub successor: Option<String>,
    pub created_by: String,
    pub updated_at: Timestamp,
    /// Why no runner takes it, if so.
    pub refusal: Option<&'static str>,
    /// What new work in it would wait for beside its turn, if anything.
    pub wait: Option<&'static str>,
}

impl Image {
    /// Whose it is.
    pub fn owner(&self) -> Owner {
        self.group.map_or(Owner::System, Owner::Group)
    }
    /// Whether it shall not be chosen for new work.
    pub const fn is_deprecated(&self) -> bool {
        self.deprecated_at.is_some()
    }
    /// Why new work should not choose it, and what to choose instead, if so.
    pub fn deprecation(&self) -> Option<String> {
        self.deprecated_at?;
        Some(deprecation(&self.display_name, self.successor.as_deref()))
    }
}

/// The sentence on an image that is deprecated.
pub(crate) fn deprecation(name: &str, successor: Option<&str>) -> String {
    match successor {
        Some(successor) => format!("The image {name} is deprecated. Use {successor} instead."),
        None => format!("The image {name} is deprecated. Choose another one."),
    }
}
