//! Building environments, one after another.

use std::sync::Arc;
use std::time::Duration;

use runner::environments::Recipe;
use workloads::images::BuildOutcome;

use crate::{Bells, Controller, woken};

pub(crate) async fn run(controller: Controller, bells: Arc<Bells>) {
    loop {
        match build_next(&controller).await {
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
async fn build_next(controller: &Controller) -> base::Result<bool> {
    let (ctx, parts) = (controller.ctx("image builds"), &controller.parts);
    let Some(due) = parts.workloads.take_due_build(&ctx).await? else { return Ok(false) };
    let recipe = Recipe { python: due.recipe.python, requirements: due.recipe.requirements };
    let outcome = match parts.environments.build(&recipe, &parts.folders.build_log(&due.digest)).await {
        Ok(built) => BuildOutcome::Built {
            path: built.path.to_string_lossy().into_owned(),
            base_prefix: built.base_prefix.to_string_lossy().into_owned(),
            python_version: built.python_version,
            lock: built.lock,
            size_bytes: built.size_bytes,
        },
        Err(error) => {
            tracing::warn!(digest = %due.digest, tries = due.tries + 1, error = %error, "an environment could not be built");
            BuildOutcome::Failed { message: error.to_string() }
        }
    };
    parts.workloads.finish_build(&ctx, &due.digest, outcome).await?;
    Ok(true)
}
