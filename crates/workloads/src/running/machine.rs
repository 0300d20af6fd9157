//! What the runner can and can't do where it is.

use base::{Error, OpContext, Result};
use runner::Capability;

use crate::Workloads;

/// The runner and its machine, as administrators see them.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The runner's name, such as `local`.
    pub runner: &'static str,
    /// What works there and what does not.
    pub capabilities: Vec<Capability>,
}

impl Workloads {
    /// What the machine can and can't do.
    pub async fn machine(&self, ctx: &OpContext) -> Result<Machine> {
        ctx.require_platform_admin()?;
        let runner = self.runner.clone();
        // Trying a sandbox out takes a while.
        let found = tokio::task::spawn_blocking(move || runner.capabilities()).await;
        let capabilities =
            found.map_err(|error| Error::internal_from("ask the runner what it can do", error))?;
        Ok(Machine { runner: self.runner.name(), capabilities })
    }
}
