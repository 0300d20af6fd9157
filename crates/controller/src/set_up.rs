//! What the tests of several tasks begin with.

use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use folders::Layout;
use runner::environments::{EnvironmentConfig, EnvironmentStore};
use runner::{LocalConfig, LocalRunner, Network};
use test_kit::{FakeRunner, World};
use workloads::engine::Retention;

use crate::attempts::Supervisor;
use crate::{Bells, Controller, Parts, Traffic};

struct NoTraffic;

impl Traffic for NoTraffic {
    fn last_used(&self, _slug: &str) -> Option<Timestamp> {
        None
    }
}

/// A server without a network.
pub(crate) struct Server {
    pub(crate) controller: Controller,
    pub(crate) supervisor: Supervisor,
    pub(crate) runner: Arc<FakeRunner>,
    _folder: tempfile::TempDir,
}

/// A server on this database that calls itself `node`.
pub(crate) fn server(world: &World, db: &db::Database, node: &str) -> Server {
    let (folder, runner) = (tempfile::tempdir().unwrap(), Arc::new(FakeRunner::default()));
    let local = LocalConfig {
        control_groups: false,
        ..LocalConfig::new(Layout::new(folder.path()), vec!["false".into()])
    };
    let controller = Controller::new(Parts {
        clock: world.clock.clone(),
        db: db.clone(),
        accounts: world.accounts.clone(),
        workloads: world.workloads.clone().running_on(runner.clone()),
        runner: runner.clone(),
        node: node.to_owned(),
        environments: Arc::new(EnvironmentStore::new(
            EnvironmentConfig { offline: true, ..EnvironmentConfig::default() },
            Arc::new(LocalRunner::new(local).unwrap()),
        )),
        build_environments: false,
        layout: world.layout.clone(),
        retention: Retention { job_days: 30 },
        network: Network::None,
        traffic: Arc::new(NoTraffic),
        public_url: "http://localhost".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let supervisor = Supervisor::new(controller.clone(), Arc::new(Bells::default()));
    Server { controller, supervisor, runner, _folder: folder }
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: did not happen within ten seconds");
}
