//! Making, building, sharing and deleting images.

use base::{ErrorKind, OpContext};
use std::sync::Arc;

use runner::Containers;
use test_kit::{FakeRunner, World, on_both_databases};
use workloads::images::{
    Base, BuildOutcome, BuildState, DueBuild, Image, ImageInput, Owner, PackageFile, Source,
};
use workloads::jobs::NewJob;

fn build(base: &str, packages: &[&str]) -> Source {
    Source::Build {
        base: Base::Image(base.to_owned()),
        packages: packages.iter().map(|line| (*line).to_owned()).collect(),
        file: None,
    }
}

fn input(name: &str, source: Source) -> ImageInput {
    ImageInput {
        name: name.to_owned(),
        display_name: format!("Our {name}"),
        source: Some(source),
        is_global: true,
        ..ImageInput::default()
    }
}

async fn vision(world: &World) -> Owner {
    Owner::Group(world.group("vision").await.id)
}

async fn speech(world: &World) -> Owner {
    Owner::Group(world.group("speech").await.id)
}

async fn take(world: &World) -> Option<DueBuild> {
    world.workloads.take_due_build(&world.system()).await.unwrap()
}

async fn finish(world: &World, due: &DueBuild, lock: &str) {
    let built = BuildOutcome::Built {
        path: format!("/environments/{}", due.digest),
        base_prefix: "/usr".to_owned(),
        python_version: "3.11.4".to_owned(),
        lock: lock.to_owned(),
        size_bytes: 1000,
    };
    world.workloads.finish_build(&world.system(), &due.digest, due.number, built).await.unwrap();
}

async fn fail(world: &World, due: &DueBuild, try_again: bool) {
    let outcome = BuildOutcome::Failed { message: "No solution found".to_owned(), try_again };
    world.workloads.finish_build(&world.system(), &due.digest, due.number, outcome).await.unwrap();
}

async fn seen(world: &World, who: &OpContext, name: &str) -> Image {
    let group = who.person().unwrap().roles[0].0;
    world.workloads.image_for(who, group, name).await.unwrap()
}

on_both_databases! {
    async fn an_image_is_made_built_and_used(database) {
        let world = World::new(&database.db).await;
        let (gail, mia, owner) = (world.person("gail").await, world.person("mia").await, vision(&world).await);
        let made = world.workloads.create_image(&gail, owner, input("tables", build("base", &["Pandas >= 2", "pandas>=2"]))).await.unwrap();
        assert_eq!((made.state, made.requirements.as_slice(), made.base.as_deref()), (BuildState::Queued, &["pandas>=2".to_owned()][..], Some("base")));
        assert_eq!((made.python.as_str(), made.created_by.as_str()), ("3.11", "gail"));
        let group = world.group("vision").await;
        let job = NewJob { image: "tables".to_owned(), ..world.job("a") };
        world.workloads.submit_job(&mia, &group, job).await.unwrap();
        let due = take(&world).await.unwrap();
        assert_eq!(due.recipe.requirements, ["idna==3.20", "pandas>=2"], "what the base has stays as it is");
        assert_eq!(seen(&world, &mia, "tables").await.state, BuildState::Building);
        finish(&world, &due, "idna==3.20\npandas==2.3.3\n").await;
        let ready = seen(&world, &mia, "tables").await;
        assert_eq!((ready.state, ready.size_bytes), (BuildState::Ready, Some(1000)));
        let detail = world.workloads.image_detail(&ready).await.unwrap();
        assert_eq!((detail.builds.len(), detail.builds[0].message.as_str(), detail.changes.len()), (1, "2 packages", 0));
        assert!(take(&world).await.is_none());
    }

    async fn work_in_containers_waits_for_an_engine_that_went_away(database) {
        let world = World::new(&database.db).await;
        let (gail, owner, group) = (world.person("gail").await, vision(&world).await, world.group("vision").await);
        let source = Source::Container { reference: "docker.io/library/python:3.12".to_owned() };
        world.workloads.create_image(&gail, owner, input("oci", source)).await.unwrap();
        let runner = Arc::new(FakeRunner::default());
        let workloads = world.workloads.clone().running_on(runner.clone());
        let problem = async || {
            let mut queue = workloads.queue_snapshot(&world.system()).await.unwrap().groups.remove(0).queued;
            queue.pop().unwrap().image_problem
        };
        let seen = async || workloads.image_for(&gail, group.id, "oci").await.unwrap();
        runner.set_containers(Containers::Away);
        let job = NewJob { image: "oci".to_owned(), ..world.job("a") };
        workloads.submit_job(&gail, &group, job.clone()).await.unwrap();
        assert!(problem().await.unwrap().contains("does not answer"));
        assert!(seen().await.refusal.is_none() && seen().await.wait.is_some());
        runner.set_containers(Containers::None);
        assert!(problem().await.unwrap().contains("Ask an administrator"));
        assert!(seen().await.refusal.is_some());
        workloads.submit_job(&gail, &group, job).await.unwrap_err();
        runner.set_containers(Containers::Run);
        assert_eq!(problem().await, None);
        assert!(seen().await.refusal.is_none() && seen().await.wait.is_none());
    }

    async fn the_same_recipe_is_built_once_and_stays_while_somebody_has_it(database) {
        let world = World::new(&database.db).await;
        let (gail, otto) = (world.person("gail").await, world.person("otto").await);
        let (vision, speech) = (vision(&world).await, speech(&world).await);
        let ours = world.workloads.create_image(&gail, vision, input("same", build("base", &["six"]))).await.unwrap();
        let theirs = world.workloads.create_image(&otto, speech, input("same", build("base", &["SIX"]))).await.unwrap();
        assert_eq!(ours.digest, theirs.digest, "one environment, and a name for each group");
        // One group's cancelling takes nothing from the other.
        let due = take(&world).await.unwrap();
        world.workloads.cancel_build(&gail, vision, "same").await.unwrap();
        assert!(world.workloads.is_build_wanted(&world.system(), &due.digest, due.number).await.unwrap());
        assert_eq!(seen(&world, &gail, "same").await.state, BuildState::Cancelled);
        assert_eq!(seen(&world, &otto, "same").await.state, BuildState::Building);
        finish(&world, &due, "six==1.17.0\n").await;
        assert_eq!(seen(&world, &gail, "same").await.state, BuildState::Ready, "it is there now");
        world.workloads.delete_image(&gail, vision, "same").await.unwrap();
        let later = world.system().now().plus_seconds(100 * 86_400);
        assert!(world.workloads.forget_unused_environments(&world.system(), later).await.unwrap().is_empty());
        assert_eq!(seen(&world, &otto, "same").await.state, BuildState::Ready);
        world.workloads.delete_image(&otto, speech, "same").await.unwrap();
        assert_eq!(world.workloads.forget_unused_environments(&world.system(), later).await.unwrap(), [due.digest]);
    }

    async fn a_cancelled_build_ends_and_can_begin_again(database) {
        let world = World::new(&database.db).await;
        let (gail, owner) = (world.person("gail").await, vision(&world).await);
        world.workloads.create_image(&gail, owner, input("slow", build("base", &["six"]))).await.unwrap();
        let due = take(&world).await.unwrap();
        let busy = world.workloads.rebuild_image(&gail, owner, "slow").await.unwrap_err();
        assert_eq!((busy.kind(), busy.code()), (ErrorKind::Conflict, "build_under_way"));
        world.workloads.cancel_build(&gail, owner, "slow").await.unwrap();
        assert!(!world.workloads.is_build_wanted(&world.system(), &due.digest, due.number).await.unwrap());
        let twice = world.workloads.cancel_build(&gail, owner, "slow").await.unwrap_err();
        assert_eq!(twice.code(), "no_build");
        finish(&world, &due, "six==1.17.0\n").await;
        assert_eq!(seen(&world, &gail, "slow").await.state, BuildState::Cancelled, "who was cancelled is not heard");
        assert!(take(&world).await.is_none());
        world.workloads.rebuild_image(&gail, owner, "slow").await.unwrap();
        let again = take(&world).await.unwrap();
        assert_eq!((again.digest.as_str(), again.number), (due.digest.as_str(), 2));
        finish(&world, &due, "").await;
        assert_eq!(seen(&world, &gail, "slow").await.state, BuildState::Building, "the first build is not the second");
        finish(&world, &again, "six==1.17.0\n").await;
        assert_eq!(seen(&world, &gail, "slow").await.state, BuildState::Ready);
    }

    async fn a_rebuild_takes_over_when_it_is_ready_and_tells_what_changed(database) {
        let world = World::new(&database.db).await;
        let (gail, owner) = (world.person("gail").await, vision(&world).await);
        world.workloads.create_image(&gail, owner, input("tables", build("base", &["six"]))).await.unwrap();
        let first = take(&world).await.unwrap();
        finish(&world, &first, "idna==3.20\nsix==1.16.0\n").await;
        world.workloads.rebuild_image(&gail, owner, "tables").await.unwrap();
        let second = take(&world).await.unwrap();
        assert_ne!(first.digest, second.digest);
        fail(&world, &second, false).await;
        let still = seen(&world, &gail, "tables").await;
        assert_eq!((still.state, still.newest_state, still.digest.as_str()), (BuildState::Ready, BuildState::Failed, first.digest.as_str()));
        assert_eq!(still.message, "No solution found");
        assert!(take(&world).await.is_none(), "what can't be resolved is not tried again by itself");
        world.clock.advance_seconds(1);
        world.workloads.rebuild_image(&gail, owner, "tables").await.unwrap();
        let third = take(&world).await.unwrap();
        finish(&world, &third, "idna==3.20\nsix==1.17.0\n").await;
        let now = seen(&world, &gail, "tables").await;
        assert_eq!((now.digest.as_str(), now.newest_state), (third.digest.as_str(), BuildState::Ready));
        let changes = world.workloads.image_detail(&now).await.unwrap().changes;
        assert_eq!((changes.len(), changes[0].name.as_str(), changes[0].after.as_deref()), (1, "six", Some("1.17.0")));
    }

    async fn an_edit_keeps_what_runs_and_frees_what_waits(database) {
        let world = World::new(&database.db).await;
        let (gail, owner, group) = (world.person("gail").await, vision(&world).await, world.group("vision").await);
        world.workloads.create_image(&gail, owner, input("broken", build("base", &["six>99"]))).await.unwrap();
        let job = NewJob { image: "broken".to_owned(), ..world.job("waits") };
        world.workloads.submit_job(&gail, &group, job).await.unwrap();
        let due = take(&world).await.unwrap();
        fail(&world, &due, false).await;
        world.workloads.update_image(&gail, owner, "broken", input("", build("base", &["six"]))).await.unwrap();
        let repaired = take(&world).await.unwrap();
        assert_ne!(due.digest, repaired.digest);
        finish(&world, &repaired, "six==1.17.0\n").await;
        let queue = world.workloads.queue_snapshot(&world.system()).await.unwrap();
        assert_eq!(queue.groups[0].queued[0].image_problem, None, "the job waits for the repaired image");
        // The same again changes nothing; other words do not either.
        let same = ImageInput { description: "Better".to_owned(), ..input("", build("base", &["Six"])) };
        let same = world.workloads.update_image(&gail, owner, "broken", same).await.unwrap();
        assert_eq!((same.digest.as_str(), same.description.as_str()), (repaired.digest.as_str(), "Better"));
        assert!(take(&world).await.is_none());
    }

    async fn faults_of_the_network_are_tried_again(database) {
        let world = World::new(&database.db).await;
        let (gail, owner) = (world.person("gail").await, vision(&world).await);
        world.workloads.create_image(&gail, owner, input("far", build("base", &["six"]))).await.unwrap();
        let due = take(&world).await.unwrap();
        fail(&world, &due, true).await;
        assert!(take(&world).await.is_none());
        world.clock.advance_seconds(3600);
        assert_eq!(take(&world).await.unwrap().number, 2);
    }

    async fn a_build_that_a_killed_server_left_starts_over(database) {
        let world = World::new(&database.db).await;
        let (gail, owner) = (world.person("gail").await, vision(&world).await);
        world.workloads.create_image(&gail, owner, input("cut", build("base", &["six"]))).await.unwrap();
        let due = take(&world).await.unwrap();
        world.workloads.sync_built_in_images(&world.system(), Vec::new()).await.unwrap();
        let again = take(&world).await.unwrap();
        assert_eq!((again.digest, again.number), (due.digest, 2));
        let image = seen(&world, &gail, "cut").await;
        let builds = world.workloads.image_detail(&image).await.unwrap().builds;
        assert_eq!((builds[1].state, builds[1].message.as_str()), (BuildState::Failed, "The server stopped meanwhile; it was queued again."));
    }

    async fn bad_input_names_the_field_and_the_way_out(database) {
        let world = World::new(&database.db).await;
        let (gail, owner) = (world.person("gail").await, vision(&world).await);
        world.workloads.create_image(&gail, owner, input("waiting", build("base", &["six"]))).await.unwrap();
        let many: Vec<String> = (0..10_000).map(|n| format!("p{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let file = |name: &str, content: &str| Source::Build {
            base: Base::Image("base".to_owned()),
            packages: Vec::new(),
            file: Some(PackageFile { name: name.to_owned(), content: content.to_owned() }),
        };
        let python = |version: &str| Source::Build { base: Base::Python(version.to_owned()), packages: vec!["six".to_owned()], file: None };
        let existing = |image: &str| Source::Existing { image: image.to_owned() };
        let container = |reference: &str| Source::Container { reference: reference.to_owned() };
        let long = "x".repeat(64);
        let cases = [
            (input("base", build("base", &["six"])), "name", "Choose another name"),
            (input("waiting", build("base", &["six"])), "name", "Choose another name"),
            (input("../x", build("base", &["six"])), "name", "lower-case letters"),
            (input("new", build("base", &["six"])), "name", "kept for the platform"),
            (input(&long, build("base", &["six"])), "name", "1 to 63"),
            (input("a", build("nothing", &["six"])), "base", "There is no image “nothing”"),
            (input("a", build("../../etc", &["six"])), "base", "There is no image"),
            (input("a", build("waiting", &["six"])), "base", "still being built"),
            (input("a", build("base", &[])), "packages", "at least one package"),
            (input("a", build("base", &["--index-url x"])), "packages", "Line 1"),
            (input("a", build("base", &many)), "packages", "These are 10000 packages"),
            (input("a", build("base", &["päckchen"])), "packages", "U+00E4"),
            (input("a", file("environment.yml", "dependencies: [numpy=1, {pip: [six]}]")), "file", "It can't install: numpy=1."),
            (input("a", file("environment.yml", "dependencies: [python=3.9, {pip: [six]}]")), "file", "but “base” has 3.11"),
            (input("a", file("x.txt", &"# long\n".repeat(100_000))), "file", "at most 250 kB"),
            (input("a", python("three")), "python", "is no version of Python 3"),
            (input("a", python("")), "python", "Name a version"),
            (input("a", existing("gone")), "existing", "There is no image"),
            (input("a", container("a;b")), "reference", "Write it as"),
            (ImageInput { source: None, ..input("a", python("3.11")) }, "source", "Say what"),
            (ImageInput { display_name: String::new(), ..input("a", python("3.11")) }, "display_name", "Give it a name"),
            (ImageInput { display_name: "a\u{202e}b".to_owned(), ..input("a", python("3.11")) }, "display_name", "can't be shown"),
        ];
        for (wrong, field, way_out) in cases {
            let error = world.workloads.create_image(&gail, owner, wrong).await.unwrap_err();
            let told = error.fields().first().unwrap_or_else(|| panic!("{error:?}"));
            assert!(told.field == field && told.message.contains(way_out), "{field}: {error:?}");
        }
        let due = take(&world).await.unwrap();
        fail(&world, &due, false).await;
        let error = world.workloads.create_image(&gail, owner, input("a", build("waiting", &["x"]))).await.unwrap_err();
        assert!(error.fields()[0].message.contains("its build failed"), "{error:?}");
        // Any script is fine for people; the name is made up then.
        let made = world.workloads.create_image(&gail, owner, ImageInput { display_name: "訓練 №3".to_owned(), ..input("", build("base", &["x"])) }).await.unwrap();
        assert!(made.name.starts_with("3-") && made.name.len() == 7, "{}", made.name);
    }

    async fn containers_are_kept_and_not_run(database) {
        let world = World::new(&database.db).await;
        let (gail, owner, group) = (world.person("gail").await, vision(&world).await, world.group("vision").await);
        let source = Source::Container { reference: "docker.io/library/python:3.12".to_owned() };
        let made = world.workloads.create_image(&gail, owner, input("oci", source)).await.unwrap();
        assert_eq!((made.kind.as_str(), made.reference.as_str(), made.state), ("container", "docker.io/library/python:3.12", BuildState::Ready));
        let job = NewJob { image: "oci".to_owned(), ..world.job("a") };
        let refused = world.workloads.submit_job(&gail, &group, job).await.unwrap_err();
        assert_eq!(refused.fields()[0].field, "image");
        assert!(refused.fields()[0].message.contains("no container engine"), "{refused:?}");
        assert_eq!(world.workloads.rebuild_image(&gail, owner, "oci").await.unwrap_err().code(), "nothing_to_build");
        let upon = world.workloads.create_image(&gail, owner, input("x", build("oci", &["six"]))).await.unwrap_err();
        assert_eq!(upon.fields()[0].field, "base");
        assert!(take(&world).await.is_none());
    }

    async fn a_deprecated_image_points_to_its_successor(database) {
        let world = World::new(&database.db).await;
        let (gail, mia, owner, group) = (world.person("gail").await, world.person("mia").await, vision(&world).await, world.group("vision").await);
        let copy = |name: &str| input(name, Source::Existing { image: "base".to_owned() });
        for name in ["old", "newer"] {
            let made = world.workloads.create_image(&gail, owner, copy(name)).await.unwrap();
            assert_eq!((made.digest.as_str(), made.state, made.existing.as_deref()), ("d1", BuildState::Ready, Some("base")));
        }
        for wrong in ["old", "nothing"] {
            let error = world.workloads.deprecate_image(&gail, owner, "old", Some(wrong.to_owned())).await.unwrap_err();
            assert_eq!(error.fields()[0].field, "successor");
        }
        world.workloads.deprecate_image(&gail, owner, "old", Some("newer".to_owned())).await.unwrap();
        let old = seen(&world, &mia, "old").await;
        assert_eq!(old.deprecation().unwrap(), "The image Our old is deprecated. Use newer instead.");
        let job = world.workloads.submit_job(&mia, &group, NewJob { image: "old".to_owned(), ..world.job("a") }).await.unwrap();
        let events = world.workloads.job_events(&mia, &group, &job.slug).await.unwrap();
        assert!(events.iter().any(|event| event.message.contains("Use newer instead")), "{events:?}");
        world.workloads.delete_image(&gail, owner, "newer").await.unwrap();
        assert_eq!(seen(&world, &mia, "old").await.successor, None);
        world.workloads.restore_image(&gail, owner, "old").await.unwrap();
        assert!(!seen(&world, &mia, "old").await.is_deprecated());
    }

    async fn deleting_tells_who_uses_it(database) {
        let world = World::new(&database.db).await;
        let (gail, mia, owner, group) = (world.person("gail").await, world.person("mia").await, vision(&world).await, world.group("vision").await);
        world.workloads.create_image(&gail, owner, input("used", build("base", &["six"]))).await.unwrap();
        let job = world.workloads.submit_job(&mia, &group, NewJob { image: "used".to_owned(), ..world.job("mine") }).await.unwrap();
        let uses = world.workloads.image_uses(&gail, owner, "used").await.unwrap();
        assert_eq!(uses.counts, [(workloads::engine::Kind::Job, 1, 0)]);
        assert_eq!((uses.newest[0].slug.as_str(), uses.newest[0].user_name.as_str()), (job.slug.as_str(), "mia"));
        world.workloads.delete_image(&gail, owner, "used").await.unwrap();
        assert!(take(&world).await.is_some(), "the job that waits still gets its environment");
        let built_in = world.workloads.delete_image(&world.person("root").await, Owner::System, "base").await.unwrap_err();
        assert_eq!(built_in.code(), "built_in");
    }

    async fn everybody_manages_only_their_own(database) {
        let world = World::new(&database.db).await;
        let (root, gail, mia, otto) = (world.person("root").await, world.person("gail").await, world.person("mia").await, world.person("otto").await);
        let (ours, theirs) = (vision(&world).await, speech(&world).await);
        world.workloads.create_image(&gail, ours, input("ours", build("base", &["six"]))).await.unwrap();
        for (who, owner, kind) in [(&mia, ours, ErrorKind::Forbidden), (&otto, ours, ErrorKind::NotFound), (&gail, theirs, ErrorKind::NotFound), (&gail, Owner::System, ErrorKind::Forbidden)] {
            let workloads = &world.workloads;
            assert_eq!(workloads.create_image(who, owner, input("x", build("base", &["six"]))).await.unwrap_err().kind(), kind);
            assert_eq!(workloads.update_image(who, owner, "ours", input("x", build("base", &["six"]))).await.unwrap_err().kind(), kind);
            assert_eq!(workloads.rebuild_image(who, owner, "ours").await.unwrap_err().kind(), kind);
            assert_eq!(workloads.cancel_build(who, owner, "ours").await.unwrap_err().kind(), kind);
            assert_eq!(workloads.deprecate_image(who, owner, "ours", None).await.unwrap_err().kind(), kind);
            assert_eq!(workloads.restore_image(who, owner, "ours").await.unwrap_err().kind(), kind);
            assert_eq!(workloads.image_uses(who, owner, "ours").await.unwrap_err().kind(), kind);
            assert_eq!(workloads.delete_image(who, owner, "ours").await.unwrap_err().kind(), kind);
        }
        // The other group neither sees the image nor can build upon it, copy it or point to it.
        let Owner::Group(speech) = theirs else { unreachable!() };
        assert!(world.workloads.image_for(&otto, speech, "ours").await.is_err());
        for source in [build("ours", &["six"]), Source::Existing { image: "ours".to_owned() }] {
            let error = world.workloads.create_image(&otto, theirs, input("x", source)).await.unwrap_err();
            assert!(error.fields()[0].message.starts_with("There is no image “ours”"), "{error:?}");
        }
        // A system image for one group is none for the other.
        let Owner::Group(vision) = ours else { unreachable!() };
        let source = Source::Existing { image: "base".to_owned() };
        let chosen = ImageInput { is_global: false, groups: vec![vision], ..input("chosen", source) };
        world.workloads.create_image(&root, Owner::System, chosen).await.unwrap();
        assert!(world.workloads.image_for(&mia, vision, "chosen").await.is_ok());
        assert_eq!(world.workloads.image_for(&otto, speech, "chosen").await.unwrap_err().kind(), ErrorKind::NotFound);
        let job = NewJob { image: "chosen".to_owned(), ..world.job("a") };
        let refused = world.workloads.submit_job(&otto, &world.group("speech").await, job).await.unwrap_err();
        assert_eq!(refused.fields()[0].field, "image");
        assert!(world.workloads.rebuild_image(&gail, ours, "chosen").await.is_err(), "a group's admin has no say in it");
    }

    async fn a_group_takes_its_images_with_it(database) {
        let world = World::new(&database.db).await;
        world.workloads.create_image(&world.person("otto").await, speech(&world).await, input("gone", build("base", &["six"]))).await.unwrap();
        let due = take(&world).await.unwrap();
        finish(&world, &due, "six==1\n").await;
        world.workloads.delete_group(&world.person("root").await, "speech").await.unwrap();
        let later = world.system().now().plus_seconds(100 * 86_400);
        assert_eq!(world.workloads.forget_unused_environments(&world.system(), later).await.unwrap(), [due.digest]);
    }
}
