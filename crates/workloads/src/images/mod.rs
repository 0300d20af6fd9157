//! Images: the software that workloads run in.
//!
//! An image of kind `environment` is a name for a recipe (Python version and requirements). Recipes with the same
//! content share one environment, named by its digest, which is built once in the background.

mod build;
pub mod entity;
mod on_demand;
pub(crate) mod store;
mod view;

pub use build::{BuildOutcome, DueBuild, ImageSeed, Recipe};

use base::{GroupId, ImageId, Timestamp};

/// How far an environment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildState {
    Queued,
    Building,
    Ready,
    /// It will be tried again at `next_try_at`, or when somebody asks.
    Failed,
}

impl BuildState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Building => "building",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "building" => Self::Building,
            "ready" => Self::Ready,
            "failed" => Self::Failed,
            _ => Self::Queued,
        }
    }
}

/// An image as pages and the API show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub id: ImageId,
    pub name: String,
    /// `None` is a system image, for every group.
    pub group: Option<GroupId>,
    pub display_name: String,
    pub description: String,
    pub is_built_in: bool,
    /// Python version request, such as `>=3.10`.
    pub python: String,
    pub requirements: Vec<String>,
    pub digest: String,
    pub state: BuildState,
    /// Why the last build failed; uv's own words.
    pub message: String,
    pub python_version: String,
    pub lock: String,
    pub size_bytes: Option<u64>,
    pub tries: i64,
    pub next_try_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}
