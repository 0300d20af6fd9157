//! Removing what nobody needs any more.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use base::OpContext;
use folders::Layout;
use runner::{RunnerError, Stop, StopReason};
use workloads::engine::Removed;

use crate::{Controller, Parts};

const EVERY: Duration = Duration::from_secs(600);
/// An environment that no image names stays so long after its last use.
const ENVIRONMENT_SECONDS: i64 = 7 * 86_400;

pub(crate) async fn run(controller: Controller) {
    loop {
        // Not at the start: whoever starts a server wants to use it first.
        tokio::time::sleep(EVERY).await;
        if let Err(error) = clean_up(&controller).await {
            tracing::error!(error = ?error, "a clean-up failed; the next one tries again");
        }
    }
}

async fn clean_up(controller: &Controller) -> base::Result<()> {
    let (ctx, parts) = (controller.ctx("clean-up"), &controller.parts);
    parts.accounts.clean_up(&ctx).await?;
    while parts.workloads.forget_old_workloads(&ctx, parts.retention).await? {}
    remove_files(controller, &ctx).await?;
    let unused_since = ctx.now().plus_seconds(-ENVIRONMENT_SECONDS);
    let forgotten = parts.workloads.forget_unused_environments(&ctx, unused_since).await?;
    if !forgotten.is_empty() {
        tracing::info!(count = forgotten.len(), "forgot environments that nobody used");
    }
    let known = parts.workloads.known_environments(&ctx).await?;
    let environments = parts.environments.clone();
    if let Err(error) = environments.clear_abandoned().await {
        tracing::warn!(%error, "what builds left could not be looked for");
    }
    let removed = tokio::task::spawn_blocking(move || environments.gc(&known.into_iter().collect())).await;
    if let Ok(Err(error)) = removed {
        tracing::warn!(error = %error, "environments could not be removed");
    }
    parts.db.forget_events(ctx.now().plus_seconds(-86_400)).await
}

/// Removes the files of what is gone. What can't be removed stays on the list for the next time.
async fn remove_files(controller: &Controller, ctx: &OpContext) -> base::Result<()> {
    let parts = &controller.parts;
    let mut after = 0;
    loop {
        let removals = parts.workloads.due_removals(ctx, &controller.runner, after).await?;
        let Some(last) = removals.last() else { return Ok(()) };
        after = last.id;
        let mut done = Vec::new();
        for removal in removals {
            match remove(parts, removal.whose).await {
                Ok(()) => done.push(removal.id),
                Err(error) => tracing::warn!(whose = ?removal.whose, %error, "files could not be removed"),
            }
        }
        parts.workloads.forget_removals(ctx, done).await?;
    }
}

async fn remove(parts: &Parts, whose: Removed) -> Result<(), RunnerError> {
    if let Removed::Attempt(attempt) = whose {
        let attempt = attempt.to_string();
        let removed = parts.runner.remove(&attempt).await;
        if let Err(RunnerError::Busy(_)) = removed {
            // It was claimed in the moment in which its group went.
            parts.runner.stop(&attempt, Stop { reason: StopReason::Cancelled, grace: None }).await?;
        }
        removed?;
    }
    let failed = |error| RunnerError::failed("delete the files", error);
    let layout = parts.layout.clone();
    let delete =
        move || folders_of(&layout, whose)?.iter().try_for_each(|folder| folders::delete_folder(folder));
    tokio::task::spawn_blocking(delete).await.map_err(io::Error::other).flatten().map_err(failed)
}

/// Where everything lies that is somebody's.
fn folders_of(layout: &Layout, whose: Removed) -> io::Result<Vec<PathBuf>> {
    match whose {
        Removed::Attempt(attempt) => Ok(vec![layout.results(attempt)]),
        Removed::Group(group) => Ok(vec![layout.group_files(group), layout.homes_of_group(group)]),
        Removed::Person(person) => layout.homes_of_person(person),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use test_kit::{World, on_both_databases};
    use workloads::engine::FILES_STAY_DAYS;

    use super::*;
    use crate::scheduler::pass::pass;
    use crate::set_up::{server, until};

    fn write(folder: &Path) {
        fs_err::create_dir_all(folder.join("data")).unwrap();
        fs_err::write(folder.join("data/train.csv"), "1,2").unwrap();
        fs_err::set_permissions(folder.join("data"), std::fs::Permissions::from_mode(0o500)).unwrap();
    }

    on_both_databases! {
        async fn files_of_a_deleted_group_go_after_some_days_and_logs_at_once(database) {
            let world = World::new(&database.db).await;
            let (group, mia, root) = (world.group("vision").await, world.person("mia").await, world.person("root").await);
            let server = server(&world, &database.db, "one");
            let job = world.workloads.submit_job(&mia, &group, world.job("a")).await.unwrap();
            pass(&server.controller, &server.supervisor).await.unwrap();
            until("the attempt runs", || !server.runner.running().is_empty()).await;
            let attempt = server.runner.running().remove(0);
            let files = &world.layout;
            let kept = world.group("speech").await;
            let homes = [&group, &kept].map(|group| files.home(group.id, mia.person().unwrap().id));
            let results = files.results(attempt.parse().unwrap());
            for folder in [&files.group_files(group.id), &files.group_files(kept.id), &homes[0], &homes[1], &results] {
                write(folder);
            }
            world.accounts.delete_group(&root, "vision", |_, _| Box::pin(async { Ok(()) })).await.unwrap();
            world.workloads.get_job(&world.system(), &group, &job.slug).await.unwrap_err();

            clean_up(&server.controller).await.unwrap();
            assert!(!results.exists(), "results go with the attempt");
            assert!(server.runner.running().is_empty(), "the runner has forgotten the attempt");
            assert!(files.group_files(group.id).exists() && homes[0].exists(), "people's files stay for a while");

            world.clock.advance_seconds(FILES_STAY_DAYS * 86_400 + 1);
            clean_up(&server.controller).await.unwrap();
            assert!(!files.group_files(group.id).exists() && !homes[0].exists());
            assert!(files.group_files(kept.id).exists() && homes[1].exists(), "another group's files stay");
            assert!(world.workloads.due_removals(&world.system(), &server.controller.runner, 0).await.unwrap().is_empty());
        }

        async fn homes_of_a_deleted_person_go_in_every_group(database) {
            let world = World::new(&database.db).await;
            let server = server(&world, &database.db, "one");
            let (mia, max) = (world.person("mia").await, world.person("max").await);
            let files = &world.layout;
            let home = |group: &accounts::groups::Group, of: &OpContext| files.home(group.id, of.person().unwrap().id);
            let (vision, speech) = (world.group("vision").await, world.group("speech").await);
            let (hers, his) = ([home(&vision, &mia), home(&speech, &mia)], home(&vision, &max));
            hers.iter().chain([&his]).for_each(|home| write(home));
            world.accounts.delete_user(&world.person("root").await, "mia").await.unwrap();
            clean_up(&server.controller).await.unwrap();
            assert!(hers.iter().all(|home| home.exists()));
            world.clock.advance_seconds(FILES_STAY_DAYS * 86_400 + 1);
            clean_up(&server.controller).await.unwrap();
            assert!(hers.iter().all(|home| !home.exists()) && his.exists());
        }
    }
}
