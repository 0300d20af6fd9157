//! Whether container images run here. It may change at any time, as engines come and go.

use std::sync::Arc;

use runner::{Containers, Runner};

use crate::Workloads;

impl Workloads {
    /// The same over another runner, as another server has it.
    #[must_use]
    pub fn running_on(self, runner: Arc<dyn Runner>) -> Self {
        Self { runner, ..self }
    }

    /// Whether container images run now.
    pub async fn containers(&self) -> Containers {
        self.runner.containers().await
    }
}

/// Why a container image is refused to new work, if so. What only waits is let in.
pub(crate) const fn refusal(containers: Containers) -> Option<&'static str> {
    match containers {
        Containers::Run | Containers::Away => None,
        Containers::None => Some("It is a container image, and this server finds no container engine."),
    }
}

/// What work in a container image waits for, if so.
pub(crate) const fn wait(containers: Containers) -> Option<&'static str> {
    match containers {
        Containers::Run => None,
        Containers::Away => Some(
            "Waits for the container engine of the machine, which does not answer. It starts when the engine is back; \
             an administrator can see to it.",
        ),
        Containers::None => Some(
            "Waits for a container engine, and this server finds none. Ask an administrator to start Docker or Podman \
             there, or cancel this and choose another image.",
        ),
    }
}
