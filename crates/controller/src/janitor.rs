//! Removing what nobody needs any more.

use std::time::Duration;

use crate::Controller;

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
    loop {
        let (attempts, more) = parts.workloads.forget_old_jobs(&ctx, parts.retention).await?;
        for attempt in attempts {
            if let Err(error) = parts.runner.remove(&attempt.to_string()).await {
                tracing::warn!(%attempt, error = %error, "an attempt's files could not be removed");
            }
            if let Err(error) = parts.folders.files.forget_results(attempt) {
                tracing::warn!(%attempt, error = %error, "an attempt's results could not be removed");
            }
        }
        if !more {
            break;
        }
    }
    let unused_since = ctx.now().plus_seconds(-ENVIRONMENT_SECONDS);
    let forgotten = parts.workloads.forget_unused_environments(&ctx, unused_since).await?;
    if !forgotten.is_empty() {
        tracing::info!(count = forgotten.len(), "forgot environments that nobody used");
    }
    let known = parts.workloads.known_environments(&ctx).await?;
    let environments = parts.environments.clone();
    let removed = tokio::task::spawn_blocking(move || environments.gc(&known.into_iter().collect())).await;
    if let Ok(Err(error)) = removed {
        tracing::warn!(error = %error, "environments could not be removed");
    }
    parts.db.forget_events(ctx.now().plus_seconds(-86_400)).await
}
