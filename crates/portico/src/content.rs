//! Notebooks as the proxy and the controller know them.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use base::{GroupId, OpContext, Result, Timestamp, UserId};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use proxy::{ContentOrigin, Proxy, Served, Serving};
use tower::ServiceExt as _;
use web_kit::Portal;

/// Finds the workloads that serve HTTP.
pub struct ServedNotebooks(pub Portal);

impl Serving for ServedNotebooks {
    fn find<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, Result<Option<Served>>> {
        async move {
            let ctx = OpContext::system("proxy", self.0.clock.clone());
            let found = self.0.workloads.served_workload(&ctx, slug).await?;
            Ok(found.map(|found| Served {
                page: paths::Notebook.link(&found.group_name, &found.slug),
                workload_slug: found.slug,
                group: found.group,
                group_name: found.group_name,
                owner: found.owner,
                attempt: found.attempt,
                ready: found.is_ready,
            }))
        }
        .boxed()
    }
}

/// People's homes on this machine.
pub(crate) struct LocalHomes(pub(crate) controller::Folders);

impl web_kit::homes::Homes for LocalHomes {
    fn installed_packages(&self, group: GroupId, user: UserId) -> std::io::Result<Vec<String>> {
        self.0.installed_packages(group, user)
    }
    fn reset_packages(&self, group: GroupId, user: UserId) -> std::io::Result<()> {
        self.0.reset_packages(group, user)
    }
}

/// What passed through the proxy.
pub(crate) struct Traffic(pub(crate) Proxy);

impl controller::Traffic for Traffic {
    fn last_used(&self, slug: &str) -> Option<Timestamp> {
        self.0.activity(slug).last_at
    }
}

/// Where the content origin is a domain, its hosts never see the portal, whichever listener they are asked through.
pub(crate) async fn by_host(
    State((proxy, content)): State<(Proxy, ContentOrigin)>,
    request: Request,
    next: Next,
) -> Response {
    if proxy.is_content_host(request.headers(), request.uri()) {
        match content.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    } else {
        next.run(request).await
    }
}
