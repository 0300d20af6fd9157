//! Building environments, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use runner::environments::{BuildError, Built, LONGEST_BUILD};
use workloads::images::{BuildOutcome, DueBuild};

use crate::{Bells, Controller, woken};

/// So many environments are built at once: one that takes long does not keep everybody else waiting.
const AT_ONCE: usize = 2;

pub(crate) async fn run(controller: Controller, bells: Arc<Bells>) {
    let mut builders = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        builders.spawn(build_all(controller.clone(), bells.clone()));
    }
    while builders.join_next().await.is_some() {}
}

async fn build_all(controller: Controller, bells: Arc<Bells>) {
    loop {
        match build_next(&controller, &bells).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(error = ?error, "building environments failed; trying again");
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        }
        woken(&bells.build).await;
    }
}

/// Builds what is due; `false` when nothing is.
async fn build_next(controller: &Controller, bells: &Bells) -> base::Result<bool> {
    let (ctx, parts) = (controller.ctx("image builds"), &controller.parts);
    let Some(due) = parts.workloads.take_due_build(&ctx).await? else { return Ok(false) };
    // There may be more for the others.
    bells.build.notify_one();
    let log = parts.layout.build_log(&due.digest);
    let built = tokio::select! {
        built = tokio::time::timeout(LONGEST_BUILD, parts.environments.build(&due.recipe, &log)) => built,
        // Dropping the build ends it, and what it started.
        ended = until_cancelled(controller, bells, &due) => {
            ended?;
            return Ok(true);
        }
    };
    let outcome = match built {
        Ok(Ok(built)) => ready(built),
        Ok(Err(error)) => {
            tracing::warn!(digest = %due.digest, number = due.number, error = %error, "an environment could not be built");
            failed(error)
        }
        Err(_) => BuildOutcome::Failed {
            message: "The build took longer than an hour and was stopped.".to_owned(),
            try_again: false,
        },
    };
    parts.workloads.finish_build(&ctx, &due.digest, due.number, outcome).await?;
    Ok(true)
}

/// Returns when somebody cancelled the build.
async fn until_cancelled(controller: &Controller, bells: &Bells, due: &DueBuild) -> base::Result<()> {
    let ctx = controller.ctx("image builds");
    loop {
        woken(&bells.cancel_build).await;
        if !controller.parts.workloads.is_build_wanted(&ctx, &due.digest, due.number).await? {
            return Ok(());
        }
    }
}

fn ready(built: Built) -> BuildOutcome {
    BuildOutcome::Built {
        path: built.path.to_string_lossy().into_owned(),
        base_prefix: built.base_prefix.to_string_lossy().into_owned(),
        python_version: built.python_version,
        lock: built.lock,
        size_bytes: built.size_bytes,
    }
}

fn failed(error: BuildError) -> BuildOutcome {
    BuildOutcome::Failed { try_again: error.kind.may_pass(), message: error.message }
}
