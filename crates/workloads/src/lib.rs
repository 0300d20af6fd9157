//! Everything that runs.
//!
//! Floors, from the ground up; a room knows those below it, and `cargo xtask check-deps` holds them to it: instance types,
//! images and quotas; the [`engine`], which owns what all workloads share; [`serving`], for those that serve HTTP; jobs
//! and notebooks; notebooks as jobs, and what the content origin serves by name.
//!
//! Every use case is a method of [`Workloads`], takes an [`base::OpContext`] and asks permission itself. The
//! methods in [`engine`] are for the controller, which acts as the system.

mod containers;
pub mod engine;
pub mod images;
pub mod instance_types;
pub mod jobs;
pub mod notebook_jobs;
pub mod notebooks;
pub mod quotas;
pub mod running;
mod served;
pub mod serving;

use std::sync::Arc;

use accounts::Accounts;
use base::{GroupId, Resources};
use db::{Cache, Database};
use folders::Layout;
use instance_types::InstanceType;
use runner::Runner;

/// The use cases of this crate; cheap to clone.
#[derive(Clone)]
pub struct Workloads {
    pub(crate) db: Database,
    pub(crate) accounts: Accounts,
    pub(crate) rules: Rules,
    pub(crate) known: Arc<Known>,
    pub(crate) layout: Arc<Layout>,
    pub(crate) runner: Arc<dyn Runner>,
    /// What images ask of the engine above them.
    pub(crate) image_users: &'static dyn images::ImageUsers,
    /// What the engine asks of those who serve, above it.
    pub(crate) on_requeue: engine::OnRequeue,
}

/// What submits ask for again and again, by the catalogue's version.
pub(crate) struct Known {
    pub(crate) instance_types: Cache<(GroupId, String), InstanceType>,
    pub(crate) images: Cache<(GroupId, String), images::entity::Model>,
}

/// Names of which so much is known at once.
const KNOWN: usize = 1000;

/// What the installation sets for all groups.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What all runners together can give; a job larger than this is refused.
    pub capacity: Resources,
    /// The time limit of jobs where neither the job nor its group says one; 0 is none.
    pub default_time_limit_s: i64,
    /// Seconds without activity after which a notebook is stopped where neither it nor its group says more; 0 is never.
    pub default_idle_s: i64,
    /// Seconds that a notebook may live where neither it nor its group says more; 0 is for ever.
    pub default_lifetime_s: i64,
}

impl Workloads {
    /// Over this runner, which has the folders of `layout`.
    pub fn new(
        db: Database,
        accounts: Accounts,
        rules: Rules,
        layout: Layout,
        runner: Arc<dyn Runner>,
    ) -> Self {
        let known = Known { instance_types: Cache::new(KNOWN), images: Cache::new(KNOWN) };
        Self {
            db,
            accounts,
            rules,
            known: Arc::new(known),
            layout: Arc::new(layout),
            runner,
            image_users: &engine::OfWorkloads,
            on_requeue: serving::begin_anew,
        }
    }
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}
