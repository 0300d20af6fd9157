//! Stopping what nobody uses.
//!
//! Idle is a workload in which no kernel is busy, no terminal is used, through which nothing that a person does passes,
//! and whose processes and GPUs do not compute. A workload is asked only when, by what is known, a warning or its end is due;
//! one that is left alone costs nothing until then.

use std::collections::HashMap;
use std::time::Duration;

use base::{AttemptId, GroupId, OpContext, Result, Timestamp};
use runner::Usage;
use workloads::engine::Kind;
use workloads::serving::{IdleStep, Watched};

use super::jupyter;
use crate::Controller;

/// How often is looked.
const LOOK: Duration = Duration::from_secs(5);
/// A workload that takes this share of a core computes. A Jupyter server that idles takes about 1 %.
const COMPUTES: f64 = 0.1;
/// A GPU that works for this percentage of the time computes; one that only holds a model in its memory does not.
const GPU_COMPUTES: u8 = 5;

/// Looks at every workload that serves HTTP, now and then.
pub(crate) async fn run(controller: Controller) {
    let mut watch = Watch { controller, used: HashMap::new() };
    loop {
        if let Err(error) = watch.check_all().await {
            tracing::error!(error = ?error, "looking for idle workloads failed; trying again");
        }
        tokio::time::sleep(LOOK).await;
    }
}

struct Watch {
    controller: Controller,
    /// What each attempt used when it was last looked at.
    used: HashMap<AttemptId, Usage>,
}

impl Watch {
    async fn check_all(&mut self) -> Result<()> {
        let ctx = self.controller.ctx("idle");
        let watched =
            self.controller.parts.workloads.watched_workloads(&ctx, &self.controller.runner).await?;
        self.used.retain(|attempt, _| watched.iter().any(|one| one.attempt == *attempt));
        for one in &watched {
            if let Err(error) = self.see_to(&ctx, one).await {
                tracing::error!(attempt = %one.attempt, error = ?error, "an idle workload could not be seen to");
            }
        }
        Ok(())
    }

    async fn see_to(&mut self, ctx: &OpContext, one: &Watched) -> Result<()> {
        let workloads = self.controller.parts.workloads.clone();
        if let Some(why) = self.no_longer_allowed(ctx, one).await? {
            return workloads.take_idle_step(ctx, one, one.active_at(), IdleStep::Stop(why)).await;
        }
        let known = self.known_use(one);
        if one.step(ctx.now(), known) == IdleStep::Nothing {
            return Ok(());
        }
        // Whether it computes takes two looks: the first one only takes the measure.
        let Some(active_at) = self.asked_use(ctx, one, known).await else { return Ok(()) };
        let step = one.step(ctx.now(), active_at);
        if step == IdleStep::Nothing && active_at == one.active_at() {
            return Ok(());
        }
        workloads.take_idle_step(ctx, one, active_at, step).await
    }

    /// By what is known without asking the workload.
    fn known_use(&self, one: &Watched) -> Timestamp {
        let traffic = self.controller.parts.traffic.last_used(&one.slug);
        traffic.map_or(one.active_at(), |at| at.max(one.active_at()))
    }

    /// By what the workload and the runner say; `None` when that is known at the next look only.
    async fn asked_use(&mut self, ctx: &OpContext, one: &Watched, known: Timestamp) -> Option<Timestamp> {
        let parts = &self.controller.parts;
        let mut active_at = known;
        if let Some(usage) = parts.workloads.usage_of_watched(ctx, one).await.ok().flatten() {
            let before = self.used.insert(one.attempt, usage)?;
            if computes(before, usage) {
                active_at = ctx.now();
            }
        }
        let gpu = parts.workloads.gpu_use_of_watched(ctx, one).await.ok().flatten();
        if gpu.is_some_and(|percent| percent >= GPU_COMPUTES) {
            active_at = ctx.now();
        }
        let name = one.attempt.to_string();
        let reported = match one.kind {
            Kind::Job => None,
            Kind::Notebook => jupyter::active_at(&*parts.runner, &name, &one.base_path, ctx.now()).await,
        };
        Some(reported.map_or(active_at, |reported| reported.max(active_at)))
    }

    /// Why its owner may not run it any more, if so.
    async fn no_longer_allowed(&self, ctx: &OpContext, one: &Watched) -> Result<Option<String>> {
        let Some(owner) = one.owner else { return Ok(None) };
        let person = self.controller.parts.accounts.active_person(ctx, owner).await?;
        Ok(match person {
            None => Some("Stopped because its owner's account is disabled or deleted.".to_owned()),
            Some(person) if !is_member(&person, one.group) => {
                Some("Stopped because its owner is no longer a member of the group.".to_owned())
            }
            Some(_) => None,
        })
    }
}

fn is_member(person: &base::Person, group: GroupId) -> bool {
    person.roles.iter().any(|(id, _)| *id == group)
}

fn computes(before: Usage, now: Usage) -> bool {
    let (passed, used) = (now.at_us - before.at_us, now.cpu_time_us.saturating_sub(before.cpu_time_us));
    passed > 0 && used as f64 / passed as f64 >= COMPUTES
}

#[cfg(test)]
mod tests {
    use test_kit::{World, on_both_databases};
    use workloads::engine::Claim;
    use workloads::notebooks::{NewNotebook, NotebookState};

    use super::*;
    use crate::set_up::server;

    /// A notebook of mia's in which JupyterLab answers; its slug.
    async fn ready_notebook(world: &World, instance_type: &str) -> String {
        let (mia, group, ctx) = (world.person("mia").await, world.group("vision").await, world.system());
        let new = NewNotebook {
            name: "Training".to_owned(),
            instance_type: instance_type.to_owned(),
            image: "base".to_owned(),
            ..NewNotebook::default()
        };
        let slug = world.workloads.create_notebook(&mia, &group, new).await.unwrap().slug;
        let queued = world.workloads.queue_snapshot(&ctx).await.unwrap().groups.remove(0).queued.remove(0);
        let claims = vec![Claim { workload: queued.id, generation: queued.generation }];
        let claimed =
            world.workloads.apply_decisions(&ctx, claims, Vec::new(), "fake/one", 45).await.unwrap();
        let attempt = claimed[0].attempt;
        world.workloads.attempt_running(&ctx, attempt, ctx.now()).await.unwrap();
        world.workloads.attempt_ready(&ctx, attempt, ctx.now()).await.unwrap();
        slug
    }

    on_both_databases! {
        async fn a_notebook_ends_with_its_owner_s_account(database) {
            let world = World::new(&database.db).await;
            let (mia, group, ctx) = (world.person("mia").await, world.group("vision").await, world.system());
            let slug = ready_notebook(&world, "cpu-small").await;
            let server = server(&world, &database.db, "one");
            let mut watch = Watch { controller: server.controller.clone(), used: HashMap::new() };
            world.accounts.delete_user(&world.person("root").await, "mia").await.unwrap();
            world.workloads.get_notebook(&mia, &group, &slug).await.unwrap_err();
            let watched = world.workloads.watched_workloads(&ctx, "fake/one").await.unwrap();
            watch.see_to(&ctx, &watched[0]).await.unwrap();
            assert!(world.workloads.watched_workloads(&ctx, "fake/one").await.unwrap().is_empty(), "it was asked to stop");
        }

        async fn another_server_s_notebook_is_left_alone(database) {
            let world = World::new(&database.db).await;
            let (mia, group) = (world.person("mia").await, world.group("vision").await);
            let slug = ready_notebook(&world, "cpu-small").await;
            let state = async || world.workloads.get_notebook(&mia, &group, &slug).await.unwrap().state;
            let servers = [server(&world, &database.db, "two"), server(&world, &database.db, "one")];
            let [mut other, mut own] = servers.each_ref().map(|server| Watch {
                controller: server.controller.clone(),
                used: HashMap::new(),
            });
            world.clock.advance_seconds(7 * 86_400);
            other.check_all().await.unwrap();
            assert_eq!(state().await, NotebookState::Ready, "its runner is another server's, which knows its use");
            own.check_all().await.unwrap();
            assert_eq!(state().await, NotebookState::Stopping);
        }

        async fn a_notebook_whose_gpu_works_is_not_idle(database) {
            let world = World::new(&database.db).await;
            let (mia, group) = (world.person("mia").await, world.group("vision").await);
            let slug = ready_notebook(&world, "gpu-1").await;
            let server = server(&world, &database.db, "one");
            let mut watch = Watch { controller: server.controller.clone(), used: HashMap::new() };
            let state = async || world.workloads.get_notebook(&mia, &group, &slug).await.unwrap().state;

            server.runner.set_gpu_percent(GPU_COMPUTES);
            for _ in 0..3 {
                world.clock.advance_seconds(7200);
                watch.check_all().await.unwrap();
                assert_eq!(state().await, NotebookState::Ready, "its GPU works");
            }
            server.runner.set_gpu_percent(GPU_COMPUTES - 1);
            world.clock.advance_seconds(7200);
            watch.check_all().await.unwrap();
            assert_eq!(state().await, NotebookState::Stopping);
        }
    }

    #[test]
    fn a_tenth_of_a_core_is_work() {
        let usage = |at_us, cpu_time_us| Usage { at_us, cpu_time_us, memory_bytes: 0, processes: 1 };
        assert!(computes(usage(0, 0), usage(5_000_000, 600_000)));
        assert!(!computes(usage(0, 0), usage(5_000_000, 100_000)));
        assert!(!computes(usage(5, 10), usage(5, 20)), "two looks in one moment tell nothing");
    }
}
