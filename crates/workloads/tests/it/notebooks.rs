//! Starting, stopping, idling, and who may do what.

use base::resources::Quota;
use base::{ErrorKind, Timestamp};
use test_kit::{World, on_both_databases};
use workloads::engine::{self, AttemptEnd, Cause, Claim, JupyterLab, Runs};
use workloads::jobs::{JobFilter, JobSort};
use workloads::notebooks::{NewNotebook, Notebook, NotebookState};
use workloads::serving::{IdleRule, IdleStep};

fn new(name: &str) -> NewNotebook {
    NewNotebook {
        name: name.to_owned(),
        instance_type: "cpu-1".to_owned(),
        image: "base".to_owned(),
        ..NewNotebook::default()
    }
}

fn ended(cause: Cause) -> AttemptEnd {
    AttemptEnd {
        cause,
        message: "Test.".to_owned(),
        started_at: Some(Timestamp(1)),
        finished_at: Timestamp(2),
        exit_code: Some(1),
        signal: None,
        max_memory_bytes: None,
        cpu_time_us: None,
    }
}

/// Gives it its claim, and says that it runs and answers.
async fn bring_up(world: &World, notebook: &Notebook) -> base::AttemptId {
    let ctx = world.system();
    let snapshot = world.workloads.queue_snapshot(&ctx).await.unwrap();
    let run = notebook.run.as_ref().unwrap().id;
    let queued = snapshot.groups.iter().flat_map(|g| &g.queued).find(|q| q.id == run).unwrap();
    let claims = vec![Claim { workload: run, generation: queued.generation }];
    let claimed = world.workloads.apply_decisions(&ctx, claims, Vec::new(), "fake", 45).await.unwrap();
    let attempt = claimed[0].attempt;
    world.workloads.attempt_running(&ctx, attempt, world.clock().now()).await.unwrap();
    assert_eq!(notebook_now(world, &notebook.slug).await.state, NotebookState::Starting);
    let path = world.workloads.awaited_path(&ctx, attempt).await.unwrap();
    assert_eq!(path, Some(notebook.base_path()));
    world.workloads.attempt_ready(&ctx, attempt, world.clock().now()).await.unwrap();
    assert_eq!(world.workloads.awaited_path(&ctx, attempt).await.unwrap(), None);
    attempt
}

async fn notebook_now(world: &World, slug: &str) -> Notebook {
    let group = world.group("vision").await;
    world.workloads.get_notebook(&world.person("mia").await, &group, slug).await.unwrap()
}

on_both_databases! {
    async fn a_notebook_is_started_stopped_and_started_again(database) {
        let world = World::new(&database.db).await;
        let (mia, group) = (world.person("mia").await, world.group("vision").await);
        let mut asked = new("Digits");
        asked.variables.insert("EPOCHS".to_owned(), "3".to_owned());
        let made = world.workloads.create_notebook(&mia, &group, asked).await.unwrap();
        assert_eq!((made.state, made.name.as_str()), (NotebookState::Waiting, "Digits"));
        let attempt = bring_up(&world, &made).await;
        let up = notebook_now(&world, &made.slug).await;
        assert_eq!(up.state, NotebookState::Ready);
        assert_eq!(up.run.as_ref().unwrap().idle_s, 7200, "the installation's default");
        let launch = world.workloads.launch_spec(&world.system(), attempt).await.unwrap().unwrap();
        assert_eq!((launch.kind, launch.page_slug()), (engine::Kind::Notebook, made.slug.as_str()));
        assert_eq!(launch.spec.runs, Runs::JupyterLab(JupyterLab { safe_mode: false }));
        assert_eq!(launch.spec.variables["EPOCHS"], "3");
        let served = world.workloads.served_workload(&world.system(), &made.slug).await.unwrap().unwrap();
        assert_eq!((served.attempt, served.is_ready), (Some(attempt), true));
        let again = world.workloads.start_notebook(&mia, &group, &made.slug, None).await.unwrap();
        assert_eq!(again.run.unwrap().id, up.run.unwrap().id, "it is up already");
        let stopping = world.workloads.stop_notebook(&mia, &group, &made.slug).await.unwrap();
        assert_eq!(stopping.state, NotebookState::Stopping);
        let error = world.workloads.start_notebook(&mia, &group, &made.slug, Some(new("Digits"))).await.unwrap_err();
        assert_eq!(error.code(), "stopping");
        assert_eq!(world.workloads.delete_notebook(&mia, &group, &made.slug).await.unwrap_err().code(), "running");
        world.workloads.attempt_ended(&world.system(), attempt, ended(Cause::Cancelled)).await.unwrap();
        let stopped = notebook_now(&world, &made.slug).await;
        assert_eq!((stopped.state, stopped.run.unwrap().reason.as_str()), (NotebookState::Stopped, "Stopped by mia."));
        let restarted = world.workloads.start_notebook(&mia, &group, &made.slug, None).await.unwrap();
        assert_eq!(restarted.state, NotebookState::Waiting);
        assert_eq!(restarted.variables["EPOCHS"], "3");
        let stopped = world.workloads.stop_notebook(&mia, &group, &made.slug).await.unwrap();
        assert_eq!(stopped.state, NotebookState::Stopped, "one that waits stops at once");
        world.workloads.delete_notebook(&mia, &group, &made.slug).await.unwrap();
        let gone = world.workloads.get_notebook(&mia, &group, &made.slug).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound);
        assert_eq!(world.workloads.remembered_variables(&mia, &group).await.unwrap()["EPOCHS"], "3");
        let page = base::page::PageRequest { limit: 10, from: None };
        let jobs = world.workloads.list_jobs(&mia, &group, &JobFilter::default(), JobSort::Newest, &page).await.unwrap();
        assert!(jobs.items.is_empty(), "a notebook is no job");
    }

    async fn two_starts_at_once_make_one_run(database) {
        let world = World::new(&database.db).await;
        let (mia, group) = (world.person("mia").await, world.group("vision").await);
        let made = world.workloads.create_notebook(&mia, &group, new("one")).await.unwrap();
        world.workloads.stop_notebook(&mia, &group, &made.slug).await.unwrap();
        let starts = (0..8).map(|_| world.workloads.start_notebook(&mia, &group, &made.slug, None));
        let runs: std::collections::BTreeSet<_> = futures::future::join_all(starts)
            .await
            .into_iter()
            .map(|started| started.unwrap().run.unwrap().id)
            .collect();
        assert_eq!(runs.len(), 1);
        let creates = (0..4).map(|_| world.workloads.create_notebook(&mia, &group, new("Two")));
        let made = futures::future::join_all(creates).await.into_iter().filter(Result::is_ok).count();
        assert_eq!(made, 1, "names are each person's own and unique");
        assert!(world.workloads.create_notebook(&world.person("max").await, &group, new("two")).await.is_ok());
    }

    async fn others_notebooks_do_not_exist_and_admins_may_only_stop_them(database) {
        let world = World::new(&database.db).await;
        let (mia, max, gail) = (world.person("mia").await, world.person("max").await, world.person("gail").await);
        let (root, otto) = (world.person("root").await, world.person("otto").await);
        let group = world.group("vision").await;
        let made = world.workloads.create_notebook(&mia, &group, new("private")).await.unwrap();
        for stranger in [&max, &otto] {
            let error = world.workloads.get_notebook(stranger, &group, &made.slug).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let error = world.workloads.stop_notebook(stranger, &group, &made.slug).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
        assert!(world.workloads.list_notebooks(&max, &group).await.unwrap().others.is_empty());
        for overseer in [&gail, &root] {
            assert_eq!(world.workloads.list_notebooks(overseer, &group).await.unwrap().others.len(), 1);
            let error = world.workloads.delete_notebook(overseer, &group, &made.slug).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Forbidden);
            let error = world.workloads.start_notebook(overseer, &group, &made.slug, None).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Forbidden);
            world.workloads.stop_notebook(overseer, &group, &made.slug).await.unwrap();
        }
        assert_eq!(notebook_now(&world, &made.slug).await.run.unwrap().reason, "Stopped by gail.");
    }

    async fn bad_input_names_the_field(database) {
        let world = World::new(&database.db).await;
        let (mia, group) = (world.person("mia").await, world.group("vision").await);
        let with = |change: fn(&mut NewNotebook)| {
            let mut notebook = new("n");
            change(&mut notebook);
            notebook
        };
        let cases = [
            (with(|n| n.name = " ".into()), "name"),
            (with(|n| n.image = "nope".into()), "image"),
            (with(|n| n.instance_type = "huge".into()), "instance_type"),
            (with(|n| n.open_path = "../../etc/passwd".into()), "open_path"),
            (with(|n| n.open_path = "/etc/passwd".into()), "open_path"),
            (with(|n| n.idle = IdleRule { idle_s: Some(5), lifetime_s: None }), "idle"),
            (with(|n| n.idle = IdleRule { idle_s: None, lifetime_s: Some(-1) }), "lifetime"),
            (with(|n| drop(n.variables.insert("A B".into(), "x".into()))), "environment"),
        ];
        for (notebook, field) in cases {
            let error = world.workloads.create_notebook(&mia, &group, notebook).await.unwrap_err();
            assert_eq!(error.fields().iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), [field]);
        }
        world.set_cpu_quotas(Some(0), None).await;
        let group = world.group("vision").await;
        assert_eq!(group.user_quota, Quota { cpu_milli: Some(0), ..Quota::UNLIMITED });
        let error = world.workloads.create_notebook(&mia, &group, new("n")).await.unwrap_err();
        assert_eq!(error.code(), "exceed_quota");
    }

    async fn an_idle_notebook_is_warned_about_snoozed_and_stopped(database) {
        let world = World::new(&database.db).await;
        let (mia, gail, group) = (world.person("mia").await, world.person("gail").await, world.group("vision").await);
        let rule = IdleRule { idle_s: Some(1800), lifetime_s: None };
        world.workloads.set_group_idle_rule(&gail, &group, rule).await.unwrap();
        assert_eq!(world.workloads.set_group_idle_rule(&mia, &group, rule).await.unwrap_err().kind(), ErrorKind::Forbidden);
        let made = world.workloads.create_notebook(&mia, &group, new("idle")).await.unwrap();
        bring_up(&world, &made).await;
        let ctx = world.system();
        let since = world.clock().now();
        let step = async |seconds: i64| {
            world.clock.advance_seconds(seconds);
            assert_eq!(world.workloads.watched_workloads(&ctx, "another").await.unwrap(), []);
            let watched = world.workloads.watched_workloads(&ctx, "fake").await.unwrap();
            let Some(watched) = watched.into_iter().next() else { return IdleStep::Nothing };
            let step = watched.step(ctx.now(), since);
            world.workloads.take_idle_step(&ctx, &watched, since, step.clone()).await.unwrap();
            step
        };
        assert_eq!(step(60).await, IdleStep::Nothing);
        assert_eq!(step(1200).await, IdleStep::Warn);
        assert!(notebook_now(&world, &made.slug).await.run.unwrap().warned_at.is_some());
        let (told, unread) = world.accounts.my_notifications(&mia).await.unwrap();
        assert_eq!((told.len(), unread), (1, 1));
        assert!(told[0].text.contains("“idle”") && told[0].link.ends_with(&made.slug), "{told:?}");
        world.workloads.snooze_notebook(&mia, &group, &made.slug).await.unwrap();
        assert_eq!(step(1000).await, IdleStep::Nothing, "it would be over by now");
        assert!(notebook_now(&world, &made.slug).await.run.unwrap().warned_at.is_none());
        assert!(matches!(step(3600).await, IdleStep::Stop(_)));
        let stopping = notebook_now(&world, &made.slug).await;
        assert_eq!(stopping.state, NotebookState::Stopping);
        assert_eq!(stopping.run.unwrap().reason, "Stopped after 30 minutes without activity.");
        world.accounts.read_my_notifications(&mia).await.unwrap();
        assert_eq!(world.accounts.my_notifications(&mia).await.unwrap().1, 0);
        assert!(world.accounts.my_notifications(&gail).await.unwrap().0.is_empty());
    }

    async fn a_restart_is_one_step_that_no_crash_can_halve(database) {
        let world = World::new(&database.db).await;
        let (mia, group) = (world.person("mia").await, world.group("vision").await);
        let made = world.workloads.create_notebook(&mia, &group, new("again")).await.unwrap();
        let first = bring_up(&world, &made).await;
        let restarting = world.workloads.restart_notebook(&mia, &group, &made.slug).await.unwrap();
        assert_eq!(restarting.state, NotebookState::Stopping);
        assert!(world.workloads.active_attempts(&world.system(), "fake").await.unwrap()[0].stop_asked);
        world.workloads.attempt_ended(&world.system(), first, ended(Cause::Cancelled)).await.unwrap();
        let waiting = notebook_now(&world, &made.slug).await;
        assert_eq!((waiting.state, waiting.run.as_ref().unwrap().ready_at), (NotebookState::Waiting, None));
        let second = bring_up(&world, &waiting).await;
        assert_ne!(first, second);
        assert_eq!(notebook_now(&world, &made.slug).await.state, NotebookState::Ready);
        // A stop wins over a restart that is under way.
        world.workloads.restart_notebook(&mia, &group, &made.slug).await.unwrap();
        world.workloads.stop_notebook(&mia, &group, &made.slug).await.unwrap();
        world.workloads.attempt_ended(&world.system(), second, ended(Cause::Cancelled)).await.unwrap();
        assert_eq!(notebook_now(&world, &made.slug).await.state, NotebookState::Stopped);
    }

    async fn a_notebook_that_dies_says_why(database) {
        let world = World::new(&database.db).await;
        let (mia, group) = (world.person("mia").await, world.group("vision").await);
        let made = world.workloads.create_notebook(&mia, &group, new("broken")).await.unwrap();
        let attempt = bring_up(&world, &made).await;
        world.workloads.attempt_ended(&world.system(), attempt, ended(Cause::UserCode)).await.unwrap();
        let failed = notebook_now(&world, &made.slug).await;
        assert_eq!(failed.state, NotebookState::Failed);
        let run = failed.run.unwrap();
        assert_eq!((run.exit_code, run.cause), (Some(1), Some(Cause::UserCode)));
    }
}
