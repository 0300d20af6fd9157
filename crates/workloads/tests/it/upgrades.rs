//! What an earlier version wrote, after an upgrade.

use sea_orm::{ConnectionTrait as _, Statement};
use test_kit::{World, on_both_databases};
use workloads::engine::{JupyterLab, NotebookFile, Runs};
use workloads::notebooks::NewNotebook;

on_both_databases! {
    async fn what_workloads_run_is_read_as_it_was_meant(database) {
        let world = World::new(&database.db).await;
        let (mia, group) = (world.person("mia").await, world.group("vision").await);
        let script = world.workloads.submit_job(&mia, &group, world.job("script")).await.unwrap();
        let file = world.workloads.submit_job(&mia, &group, world.job("file")).await.unwrap();
        let new = NewNotebook { instance_type: "cpu-1".to_owned(), image: "base".to_owned(), safe_mode: true, ..NewNotebook::default() };
        for name in ["one", "two"] {
            let new = NewNotebook { name: name.to_owned(), safe_mode: name == "one", ..new.clone() };
            world.workloads.create_notebook(&mia, &group, new).await.unwrap();
        }
        let connection = database.db.reader();
        let run = async |statement: String| {
            connection.execute_raw(Statement::from_string(connection.get_database_backend(), statement)).await.unwrap();
        };
        // As it was before the migration.
        run("ALTER TABLE workload_specs RENAME COLUMN settings TO notebook".to_owned()).await;
        run("ALTER TABLE workload_specs DROP COLUMN runs".to_owned()).await;
        run("UPDATE workload_specs SET notebook = NULL".to_owned()).await;
        run(format!(
            "UPDATE workload_specs SET script = '', notebook = '{{\"place\":\"home\",\"path\":\"a.ipynb\",\"parameters\":{{}}}}' \
             WHERE workload_id IN (SELECT id FROM workloads WHERE slug = '{}')",
            file.slug
        )).await;
        run("DELETE FROM seaql_migrations WHERE version = 'm0013_what_runs'".to_owned()).await;

        for _ in 0..2 {
            database.db.migrate().await.unwrap();
        }
        let runs = async |slug: &str| world.workloads.get_job(&mia, &group, slug).await.unwrap().spec.runs;
        assert_eq!(runs(&script.slug).await, Runs::Script("true".to_owned()));
        assert!(matches!(runs(&file.slug).await, Runs::NotebookFile(NotebookFile { path, .. }) if path == "a.ipynb"));
        let ctx = world.system();
        let queued = world.workloads.queue_snapshot(&ctx).await.unwrap().groups.remove(0).queued;
        let claims = queued.iter().map(|one| workloads::engine::Claim { workload: one.id, generation: one.generation });
        let claimed = world.workloads.apply_decisions(&ctx, claims.collect(), Vec::new(), "fake", 45).await.unwrap();
        let mut safe_modes = Vec::new();
        for claim in claimed {
            let launch = world.workloads.launch_spec(&ctx, claim.attempt).await.unwrap().unwrap();
            if let Runs::JupyterLab(JupyterLab { safe_mode }) = launch.spec.runs {
                safe_modes.push((launch.name, safe_mode));
            }
        }
        safe_modes.sort();
        assert_eq!(safe_modes, [("one".to_owned(), true), ("two".to_owned(), false)]);
    }
}
