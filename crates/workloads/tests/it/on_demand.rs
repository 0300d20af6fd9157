//! Images that are built when somebody first uses them.

use test_kit::{World, on_both_databases};
use workloads::images::{ImageSeed, Owner, Recipe, RecipeRequest};
use workloads::jobs::NewJob;

fn large() -> ImageSeed {
    let (python, requirements) = (">=3.10".to_owned(), vec!["large==1.0".to_owned()]);
    ImageSeed {
        name: "large".to_owned(),
        display_name: "Large".to_owned(),
        description: String::new(),
        request: RecipeRequest {
            python: python.clone(),
            requirements: requirements.clone(),
            ..RecipeRequest::default()
        },
        recipe: Recipe { python, requirements, ..Recipe::default() },
        digest: "d2".to_owned(),
        on_demand: true,
    }
}

on_both_databases! {
    async fn a_large_image_waits_for_its_first_use(database) {
        let world = World::new(&database.db).await;
        let ctx = world.system();
        for _ in 0..2 {
            world.workloads.sync_built_in_images(&ctx, vec![large()]).await.unwrap();
            assert!(world.workloads.take_due_build(&ctx).await.unwrap().is_none(), "nobody uses it");
        }
        let (mia, group) = (world.person("mia").await, world.group("vision").await);
        world.workloads.submit_job(&mia, &group, world.job("another")).await.unwrap();
        assert!(world.workloads.take_due_build(&ctx).await.unwrap().is_none(), "still nobody");
        let job = NewJob { image: "large".to_owned(), ..world.job("a") };
        world.workloads.submit_job(&mia, &group, job).await.unwrap();
        assert_eq!(world.workloads.take_due_build(&ctx).await.unwrap().unwrap().digest, "d2");
        assert!(world.workloads.take_due_build(&ctx).await.unwrap().is_none(), "it is being built");
    }

    async fn an_admin_builds_a_large_image_before_anybody_uses_it(database) {
        let world = World::new(&database.db).await;
        let (ctx, root) = (world.system(), world.person("root").await);
        world.workloads.sync_built_in_images(&ctx, vec![large()]).await.unwrap();
        assert!(world.workloads.system_image(&root, "large").await.unwrap().is_on_demand);
        world.workloads.rebuild_image(&root, Owner::System, "large").await.unwrap();
        assert!(!world.workloads.system_image(&root, "large").await.unwrap().is_on_demand);
        assert_eq!(world.workloads.take_due_build(&ctx).await.unwrap().unwrap().digest, "d2");
    }
}
