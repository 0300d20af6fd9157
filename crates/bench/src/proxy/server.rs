//! The content origin in front of one unix socket, without the rest of the server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use accounts::Accounts;
use accounts::groups::NewGroup;
use accounts::passwords::{Cost, Passwords};
use accounts::tokens::NewToken;
use accounts::users::NewUser;
use base::{AttemptId, Clock, OpContext, Resources, Role, SystemClock, TokenScope};
use db::{Database, DatabaseConfig};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use proxy::{ContentAddress, ContentSettings, Proxy, Served, Serving};
use runner::{AttemptSpec, Runner as _};
use test_kit::FakeRunner;
use tokio::net::TcpListener;
use tokio::sync::watch;
use web_kit::state::Parts;
use web_kit::{Portal, PortalSettings};
use workloads::{Rules, Workloads};

/// The workload that is served.
pub(super) const SLUG: &str = "nb-bench";

/// The file below the folder with the token that opens it.
pub(super) fn token_file(folder: &Path) -> PathBuf {
    folder.join("token")
}

struct One(Served);

impl Serving for One {
    fn find<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, base::Result<Option<Served>>> {
        let found = (slug == SLUG).then(|| self.0.clone());
        async { Ok(found) }.boxed()
    }
}

/// Serves until it is killed.
pub(super) async fn run(folder: &Path, address: SocketAddr, socket: PathBuf) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = Database::connect(&DatabaseConfig::Sqlite(folder.join("bench.db"))).await?;
    db.migrate().await?;
    let accounts =
        Accounts::new(db.clone(), Passwords::new(Cost::Cheap, 1, &*clock), base::KeyRing::generate(&*clock));
    let ctx = OpContext::system("bench", clock.clone());
    if !token_file(folder).exists() {
        fill(&accounts, &ctx, folder).await?;
    }
    let attempt = AttemptId::new(&*clock);
    let runner = FakeRunner::default();
    runner.start(&AttemptSpec::new(attempt.to_string(), "")).await?;
    runner.serve(&attempt.to_string(), socket);
    let served = Served {
        workload_slug: SLUG.to_owned(),
        group: accounts.get_group(&ctx, "bench").await?.id,
        group_name: "bench".to_owned(),
        owner: accounts.get_user(&ctx, "bench").await?.id,
        opens: workloads::engine::Opens::Owner,
        attempt: Some(attempt),
        page: "/".to_owned(),
        ready: true,
    };
    let origin = format!("http://{address}");
    let (_stop, stopping) = watch::channel(false);
    let rules = Rules {
        capacity: Resources::ZERO,
        default_time_limit_s: 0,
        default_idle_s: 0,
        default_lifetime_s: 0,
    };
    let portal = Portal::new(Parts {
        workloads: Workloads::new(
            db.clone(),
            accounts.clone(),
            rules,
            folders::Layout::new(folder),
            Arc::new(runner),
        ),
        db,
        accounts,
        clock,
        settings: PortalSettings {
            public_url: "http://portal.test".to_owned(),
            content_origin: origin.clone(),
            ssh: None,
            version: "0",
            trusted_proxies: Vec::new(),
            data_dir: String::new(),
            database: String::new(),
        },
        stopping: stopping.clone(),
    });
    let settings = ContentSettings {
        address: ContentAddress::Port { origin },
        requests_per_person: 10_000,
        sockets_per_person: 10_000,
    };
    let proxy = Proxy::new(portal, Arc::new(One(served)), settings);
    tokio::spawn(proxy.clone().watch());
    portico::listen::serve(
        TcpListener::bind(address).await?,
        proxy.content_origin(),
        stopping,
        "content",
        usize::MAX >> 4,
    )
    .await;
    Ok(())
}

/// Somebody in a group, with a token.
async fn fill(accounts: &Accounts, ctx: &OpContext, folder: &Path) -> anyhow::Result<()> {
    accounts.create_user(ctx, NewUser { name: "bench".to_owned(), ..NewUser::default() }).await?;
    accounts.create_group(ctx, NewGroup { name: "bench".to_owned(), ..NewGroup::default() }).await?;
    accounts.add_member(ctx, "bench", "bench", Role::Member).await?;
    let token = NewToken { name: "bench".to_owned(), scope: TokenScope::Write, days: 1 };
    let (_, secret) = accounts.create_token_for(ctx, "bench", token).await?;
    std::fs::write(token_file(folder), secret.expose())?;
    Ok(())
}
