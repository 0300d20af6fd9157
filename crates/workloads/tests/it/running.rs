//! What runs, seen from outside: by its group and nobody else.

use base::error::ErrorKind;
use runner::Usage;
use test_kit::{World, on_both_databases};
use workloads::engine::Claim;
use workloads::jobs::Job;
use workloads::notebooks::NewNotebook;
use workloads::running::WorkloadLog;

/// Starts the only workload in the queue; its attempt.
async fn start(world: &World) -> base::AttemptId {
    let ctx = world.system();
    let queued = world.workloads.queue_snapshot(&ctx).await.unwrap().groups.remove(0).queued.remove(0);
    let claims = vec![Claim { workload: queued.id, generation: queued.generation }];
    let claimed = world.workloads.apply_decisions(&ctx, claims, Vec::new(), "fake", 45).await.unwrap();
    world.workloads.attempt_running(&ctx, claimed[0].attempt, ctx.now()).await.unwrap();
    claimed[0].attempt
}

on_both_databases! {
    async fn a_job_s_log_and_usage_are_its_group_s(database) {
        let world = World::new(&database.db).await;
        let (mia, otto, group) = (world.person("mia").await, world.person("otto").await, world.group("vision").await);
        let slug = world.workloads.submit_job(&mia, &group, world.job("a")).await.unwrap().slug;
        let log = world.workloads.job_log(&mia, &group, &slug, None).await.unwrap();
        assert!(matches!(log, WorkloadLog::NotYet { is_over: false }));
        let attempt = start(&world).await;
        world.runner.say(&attempt.to_string(), "one\ntwo\n");
        world.runner.set_usage(Usage { at_us: 1, cpu_time_us: 2, memory_bytes: 3, processes: 4 });
        let log = world.workloads.job_log(&mia, &group, &slug, Some(1)).await.unwrap();
        assert_eq!(log.length().await, (2, false));
        assert_eq!(log.last_lines(1).await, ["two"]);
        let job: Job = world.workloads.get_job(&mia, &group, &slug).await.unwrap();
        let usage = world.workloads.usage_of_job(&mia, &group, &job).await.unwrap();
        assert_eq!(usage.unwrap().memory_bytes, 3);
        let missing = world.workloads.job_log(&mia, &group, &slug, Some(2)).await.map(drop).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        for refused in [
            world.workloads.job_log(&otto, &group, &slug, None).await.map(drop),
            world.workloads.log_of_job(&otto, &group, &job).map(drop),
            world.workloads.usage_of_job(&otto, &group, &job).await.map(drop),
        ] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotFound);
        }
    }

    async fn packages_are_listed_and_reset_for_their_owner(database) {
        let world = World::new(&database.db).await;
        let (mia, max, group) = (world.person("mia").await, world.person("max").await, world.group("vision").await);
        let new = NewNotebook {
            name: "n".to_owned(),
            instance_type: "cpu-small".to_owned(),
            image: "base".to_owned(),
            ..NewNotebook::default()
        };
        let slug = world.workloads.create_notebook(&mia, &group, new).await.unwrap().slug;
        let home = world.layout.home(group.id, mia.actor_id().unwrap());
        fs_err::create_dir_all(home.join(".local/lib/python3.12/site-packages/idna-3.20.dist-info")).unwrap();
        assert_eq!(world.workloads.installed_packages(&mia, &group).await.unwrap(), ["idna 3.20"]);
        assert!(world.workloads.installed_packages(&max, &group).await.unwrap().is_empty());
        world.workloads.installed_packages(&world.person("otto").await, &group).await.unwrap_err();
        let busy = world.workloads.reset_packages(&mia, &group, &slug).await.unwrap_err();
        assert_eq!(busy.code(), "running");
        world.workloads.stop_notebook(&mia, &group, &slug).await.unwrap();
        world.workloads.reset_packages(&max, &group, &slug).await.unwrap_err();
        world.workloads.reset_packages(&mia, &group, &slug).await.unwrap();
        assert!(world.workloads.installed_packages(&mia, &group).await.unwrap().is_empty());
    }

    async fn the_machine_is_for_platform_admins(database) {
        let world = World::new(&database.db).await;
        assert_eq!(world.workloads.machine(&world.person("root").await).await.unwrap().runner, "fake");
        for name in ["gail", "mia"] {
            let refused = world.workloads.machine(&world.person(name).await).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Forbidden);
        }
    }

    async fn a_build_s_log_is_for_who_sees_the_image(database) {
        let world = World::new(&database.db).await;
        let (mia, group) = (world.person("mia").await, world.group("vision").await);
        let image = world.workloads.image_for(&mia, group.id, "base").await.unwrap();
        world.runner.say("builds/d1", "+ idna==3.20\n");
        let log = world.workloads.image_log(&mia, &image).unwrap();
        assert_eq!(log.lines(0, 10).await.unwrap().lines[0].text, "+ idna==3.20");
        world.workloads.image_log(&world.anonymous(), &image).map(drop).unwrap_err();
        let own = workloads::images::Image { group: Some(group.id), ..image };
        world.workloads.image_log(&world.person("otto").await, &own).map(drop).unwrap_err();
    }
}
