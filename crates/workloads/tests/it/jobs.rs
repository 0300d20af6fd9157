//! Submitting, listing, cancelling.

use std::collections::BTreeSet;

use base::ErrorKind;
use base::page::{Edge, PageRequest};
use folders::Tree;
use test_kit::{World, on_both_databases};
use workloads::engine::{Claim, Phase, Runs, Spec};
use workloads::jobs::{JobFilter, JobSort, MAX_SCRIPT_BYTES, NewJob, TimeLimit};
use workloads::notebook_jobs::NewNotebookJob;

on_both_databases! {
    async fn one_key_makes_one_job_however_often_it_is_sent(database) {
        let world = World::new(&database.db).await;
        let (ctx, group) = (world.person("mia").await, world.group("vision").await);
        let job = |script: &str| NewJob {
            idempotency_key: Some("key-1".to_owned()),
            spec: Spec::script(script.to_owned()),
            ..world.job("digits")
        };
        let submits = (0..20).map(|_| world.workloads.submit_job(&ctx, &group, job("true")));
        let results = futures::future::join_all(submits).await;
        let slugs: BTreeSet<String> = results.into_iter().filter_map(Result::ok).map(|job| job.slug).collect();
        assert_eq!(slugs.len(), 1);
        let (count, _) = world.workloads.count_jobs(&ctx, &group, &JobFilter::default()).await.unwrap();
        assert_eq!(count, 1);
        let other = world.workloads.submit_job(&ctx, &group, job("false")).await.unwrap_err();
        assert_eq!((other.kind(), other.code()), (ErrorKind::Conflict, "idempotency_key_reused"));
        let somebody = world.person("max").await;
        assert!(world.workloads.submit_job(&somebody, &group, job("false")).await.is_ok(), "keys are each person's own");
    }

    async fn bad_input_names_the_field_and_the_way_out(database) {
        let world = World::new(&database.db).await;
        world.set_cpu_quotas(Some(1), Some(2)).await;
        let (ctx, group) = (world.person("mia").await, world.group("vision").await);
        let good = world.job("digits");
        let script = |text: String| Spec::script(text);
        let cases = [
            (NewJob { image: "nope".into(), ..good.clone() }, "image", "Choose one of: base."),
            (NewJob { instance_type: "huge".into(), ..good.clone() }, "instance_type", "Choose one of: cpu-small,"),
            (NewJob { instance_type: "cpu-2".into(), ..good.clone() }, "instance_type", "your quota in this group is 1 core"),
            (NewJob { name: "x".repeat(101), ..good.clone() }, "name", "At most 100 characters"),
            (NewJob { name: " ".into(), ..good.clone() }, "name", "Give it a name"),
            (NewJob { spec: script(String::new()), ..good.clone() }, "command", "Write the command"),
            (NewJob { spec: script("x".repeat(MAX_SCRIPT_BYTES + 1)), ..good.clone() }, "command", "Put the script into a file"),
            (NewJob { time_limit: TimeLimit::Seconds(-1), ..good.clone() }, "time_limit", "0 (no limit)"),
        ];
        for (job, field, way_out) in cases {
            let error = world.workloads.submit_job(&ctx, &group, job).await.unwrap_err();
            assert_eq!(error.fields().len(), 1, "{error:?}");
            assert_eq!(error.fields()[0].field, field);
            assert!(error.fields()[0].message.contains(way_out), "{error:?}");
        }
        let mut reserved = good.clone();
        reserved.spec.variables.insert("PORTICO_USER".into(), "root".into());
        assert_eq!(world.workloads.submit_job(&ctx, &group, reserved).await.unwrap_err().fields()[0].field, "environment");
        let mut many = good.clone();
        many.spec.variables.extend((0..40).map(|n| (format!("V{n}"), "x".repeat(30_000))));
        let told = world.workloads.submit_job(&ctx, &group, many).await.unwrap_err();
        assert!(told.fields()[0].message.contains("at most 1024 KiB are allowed"), "{told:?}");
        let other_script = NewJob { name: "訓練 №3".into(), ..good };
        assert!(world.workloads.submit_job(&ctx, &group, other_script).await.is_ok());
    }

    async fn a_group_that_was_deleted_meanwhile_is_told(database) {
        let world = World::new(&database.db).await;
        let (ctx, group) = (world.person("mia").await, world.group("vision").await);
        world.workloads.delete_group(&world.system(), "vision").await.unwrap();
        let told = world.workloads.submit_job(&ctx, &group, world.job("digits")).await.unwrap_err();
        assert_eq!((told.kind(), told.code()), (ErrorKind::Conflict, "gone"));
    }

    async fn no_job_goes_with_a_group_that_is_deleted_in_that_moment(database) {
        let world = World::new(&database.db).await;
        let (ctx, group) = (world.person("mia").await, world.group("vision").await);
        let submits = (0..20).map(|_| world.workloads.submit_job(&ctx, &group, world.job("digits")));
        let (before, deleted, after) = futures::future::join3(
            futures::future::join_all(submits.clone()),
            world.workloads.delete_group(&world.person("root").await, "vision"),
            futures::future::join_all(submits),
        )
        .await;
        let taken = before.iter().chain(&after).filter(|submitted| submitted.is_ok()).count();
        match deleted {
            Ok(()) => assert_eq!(taken, 0, "jobs were acknowledged and are gone"),
            Err(refused) => assert_eq!((refused.code(), taken), ("group_in_use", 40)),
        }
    }

    async fn a_quota_of_nothing_refuses_and_null_does_not(database) {
        let world = World::new(&database.db).await;
        let ctx = world.person("mia").await;
        world.set_cpu_quotas(None, None).await;
        assert!(world.workloads.submit_job(&ctx, &world.group("vision").await, world.job("a")).await.is_ok());
        world.set_cpu_quotas(Some(0), None).await;
        let error = world.workloads.submit_job(&ctx, &world.group("vision").await, world.job("a")).await.unwrap_err();
        assert_eq!(error.code(), "exceed_quota");
    }

    async fn pages_stay_right_while_rows_come(database) {
        let world = World::new(&database.db).await;
        let (ctx, group) = (world.person("mia").await, world.group("vision").await);
        for n in 0..25 {
            world.workloads.submit_job(&ctx, &group, world.job(&format!("job {n:02}"))).await.unwrap();
            // Some share a microsecond: the id decides between them.
            world.clock.advance_seconds(i64::from(n % 3 == 0));
        }
        for sort in [JobSort::Newest, JobSort::Oldest, JobSort::Name, JobSort::NameDown] {
            let mut request = PageRequest { limit: 4, from: None };
            let (mut seen, mut backs) = (Vec::new(), Vec::new());
            loop {
                let page = world.workloads.list_jobs(&ctx, &group, &JobFilter::default(), sort, &request).await.unwrap();
                if sort == JobSort::Newest && seen.len() == 8 {
                    world.workloads.submit_job(&ctx, &group, world.job("newcomer")).await.unwrap();
                }
                seen.extend(page.items.iter().map(|job| job.slug.clone()));
                backs.push(page.previous.clone());
                let Some(next) = page.next else { break };
                request = PageRequest::parse(Some(4), 100, Some(&next), None).unwrap();
            }
            let distinct: BTreeSet<&String> = seen.iter().collect();
            let expected = if sort == JobSort::Newest { 25 } else { 26 };
            assert_eq!((seen.len(), distinct.len()), (expected, expected), "{sort:?}");
            let back = PageRequest::parse(Some(4), 100, None, backs[1].as_deref()).unwrap();
            assert!(matches!(back.from, Some(Edge::Before(_))));
            let first = world.workloads.list_jobs(&ctx, &group, &JobFilter::default(), sort, &back).await.unwrap();
            assert_eq!(first.items.last().unwrap().slug, seen[3], "{sort:?}");
        }
    }

    async fn filters_find_what_they_say(database) {
        let world = World::new(&database.db).await;
        let (mia, max, group) = (world.person("mia").await, world.person("max").await, world.group("vision").await);
        let first = world.workloads.submit_job(&mia, &group, world.job("Train 100%_done")).await.unwrap();
        world.workloads.submit_job(&max, &group, world.job("evaluate")).await.unwrap();
        world.workloads.cancel_job(&mia, &group, &first.slug).await.unwrap();
        let find = async |filter: JobFilter| {
            let page = PageRequest { limit: 10, from: None };
            let found = world.workloads.list_jobs(&mia, &group, &filter, JobSort::Newest, &page).await.unwrap();
            found.items.into_iter().map(|job| job.name).collect::<Vec<_>>()
        };
        let search = |text: &str| JobFilter { search: text.to_owned(), ..JobFilter::default() };
        assert_eq!(find(search("100%_")).await, ["Train 100%_done"], "% and _ are letters here");
        assert_eq!(find(search("%")).await.len(), 1);
        assert_eq!(find(search(&first.slug[..20])).await, ["Train 100%_done"]);
        assert_eq!(find(JobFilter { mine: true, ..JobFilter::default() }).await, ["Train 100%_done"]);
        assert_eq!(find(JobFilter { phases: vec![Phase::Waiting], ..JobFilter::default() }).await, ["evaluate"]);
    }

    async fn another_group_s_job_does_not_exist(database) {
        let world = World::new(&database.db).await;
        let (mia, otto) = (world.person("mia").await, world.person("otto").await);
        let (vision, speech) = (world.group("vision").await, world.group("speech").await);
        let job = world.workloads.submit_job(&mia, &vision, world.job("secret")).await.unwrap();
        assert_eq!(world.workloads.get_job(&otto, &vision, &job.slug).await.unwrap_err().kind(), ErrorKind::NotFound);
        let through_own = world.workloads.get_job(&otto, &speech, &job.slug).await.unwrap_err();
        let missing = world.workloads.get_job(&otto, &speech, "job-202601010000-000000").await.unwrap_err();
        assert_eq!(through_own.message().replace(&job.slug, ""), missing.message().replace("job-202601010000-000000", ""));
        assert_eq!(world.workloads.cancel_job(&otto, &speech, &job.slug).await.unwrap_err().kind(), ErrorKind::NotFound);
    }

    async fn secrets_are_the_submitter_s_and_stay_with_the_command(database) {
        let world = World::new(&database.db).await;
        let (group, mia, max) = (world.group("vision").await, world.person("mia").await, world.person("max").await);
        let mut wanted = world.job("a");
        for (name, value) in [("API_KEY", "k3y-of-gold"), ("EPOCHS", "3")] {
            wanted.spec.variables.insert(name.to_owned(), value.to_owned());
        }
        let job = world.workloads.submit_job(&mia, &group, wanted.clone()).await.unwrap();
        let shown = async |ctx, slug: &str| world.workloads.get_job(ctx, &group, slug).await.unwrap().spec;
        assert_eq!(shown(&mia, &job.slug).await, wanted.spec);
        let of_max = shown(&max, &job.slug).await;
        assert_eq!(of_max.variables["API_KEY"], format!("••••••@{}", job.slug));
        assert_eq!(of_max.variables["EPOCHS"], "3");

        // A copy runs with the value, and whoever made it does not see it.
        let clone = NewJob { spec: of_max.clone(), ..wanted.clone() };
        let copy = world.workloads.submit_job(&max, &group, clone.clone()).await.unwrap();
        let again = world.workloads.rerun_job(&max, &group, &copy.slug).await.unwrap();
        let system = world.system();
        for copied in [&copy, &again] {
            assert_eq!(shown(&max, &copied.slug).await.variables["API_KEY"], format!("••••••@{}", job.slug));
            let claims = vec![Claim { workload: copied.id, generation: copied.generation }];
            let claimed = world.workloads.apply_decisions(&system, claims, Vec::new(), "fake", 45).await.unwrap();
            let launch = world.workloads.launch_spec(&system, claimed[0].attempt).await.unwrap().unwrap();
            assert_eq!(launch.spec, wanted.spec);
        }

        // Another command could print it.
        let mut printing = clone.clone();
        printing.spec.runs = Runs::Script("echo $API_KEY | rev".to_owned());
        let refused = world.workloads.submit_job(&max, &group, printing.clone()).await.unwrap_err();
        assert_eq!(refused.fields()[0].field, "environment");
        world.workloads.submit_job(&mia, &group, printing).await.unwrap();
        let mut nowhere = clone;
        nowhere.spec.variables.insert("API_KEY".to_owned(), "••••••@job-nowhere".to_owned());
        let refused = world.workloads.submit_job(&max, &group, nowhere).await.unwrap_err();
        assert_eq!(refused.fields()[0].field, "environment");
    }

    async fn the_copy_of_somebody_s_notebook_job_does_not_find_its_secrets(database) {
        let world = World::new(&database.db).await;
        let (group, mia, max) = (world.group("vision").await, world.person("mia").await, world.person("max").await);
        let homes = [&mia, &max].map(|ctx| world.layout.tree(Tree::Home, group.id, ctx.actor_id().unwrap()));
        for folder in homes.into_iter().chain([world.layout.tree(Tree::Shared, group.id, mia.actor_id().unwrap())]) {
            fs_err::create_dir_all(&folder).unwrap();
            fs_err::write(folder.join("train.ipynb"), "{}").unwrap();
        }
        let places =
            [("~/train.ipynb", ErrorKind::Forbidden), ("/project/vision/train.ipynb", ErrorKind::Invalid)];
        for (path, why_no_rerun) in places {
            let mut new = NewNotebookJob { path: path.to_owned(), job: world.job("a"), ..NewNotebookJob::default() };
            new.job.spec.variables.insert("API_KEY".to_owned(), "k3y-of-gold".to_owned());
            let job = world.workloads.submit_notebook_job(&mia, &group, new.clone()).await.unwrap();

            // What lies at the path may be another notebook by now, and max's own lies at the path in his home.
            new.job.spec = world.workloads.get_job(&max, &group, &job.slug).await.unwrap().spec;
            assert_eq!(new.job.spec.variables["API_KEY"], format!("••••••@{}", job.slug));
            let refused = world.workloads.submit_notebook_job(&max, &group, new.clone()).await.unwrap_err();
            assert_eq!(refused.fields()[0].field, "environment", "{path}");
            let refused = world.workloads.rerun_job(&max, &group, &job.slug).await.unwrap_err();
            assert_eq!(refused.kind(), why_no_rerun, "{path}");
            world.workloads.submit_notebook_job(&mia, &group, new).await.unwrap();
        }
    }

    async fn a_search_with_a_nul_character_is_refused_with_a_sentence(database) {
        let world = World::new(&database.db).await;
        let (group, mia) = (world.group("vision").await, world.person("mia").await);
        let filter = JobFilter { search: "a\0b".to_owned(), ..JobFilter::default() };
        let page = PageRequest { limit: 5, from: None };
        let refused = world.workloads.list_jobs(&mia, &group, &filter, JobSort::Newest, &page).await.unwrap_err();
        assert_eq!((refused.kind(), refused.fields()[0].field.as_str()), (ErrorKind::Invalid, "search"));
        assert_eq!(world.workloads.count_jobs(&mia, &group, &filter).await.unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(world.accounts.list_users(&world.system(), "\0", None, 5).await.unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(world.accounts.list_groups(&world.system(), "\0", None, 5).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
}
