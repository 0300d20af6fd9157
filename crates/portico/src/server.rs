//! The server: listeners, routes, background tasks, graceful stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base::OpContext;
use controller::Controller;
use db::ServerLease;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use proxy::Proxy;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use web_kit::state::Parts;
use web_kit::{Portal, PortalSettings, RouteRow};
use workloads::engine::Retention;

use crate::config::Config;
use crate::{content, listen, open_files, sealing};

use crate::lock::DataDirLock;
use crate::open;

const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// How long requests may take to end when the server stops.
const STOP_SECONDS: u64 = 10;
/// The same when another server has the database already.
const LOST_SECONDS: u64 = 1;
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// All routes of the portal, and the table that they were made from.
pub struct App {
    pub router: Router,
    pub rows: Vec<RouteRow>,
}

/// Puts the pages and APIs together.
pub fn app(portal: &Portal, proxy: &Proxy) -> App {
    let pages = ui_routes::routes(api_rest::openapi_json);
    let tables =
        vec![pages, api_rest::routes(), api_clearml::routes(), proxy.portal_routes(ui_routes::PORTAL)];
    let (rows, router) = web_kit::routes::assemble(portal, tables);
    let router = router
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn(web_kit::headers::secure))
        .layer(axum::middleware::from_fn_with_state(
            (proxy.clone(), proxy.content_origin()),
            content::by_host,
        ))
        .with_state(portal.clone());
    App { router: api_clearml::normalised(router), rows }
}

/// Whether it can do its work: the database answers.
async fn ready(State(portal): State<Portal>) -> Response {
    match portal.db.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", error.message())).into_response(),
    }
}

fn operators(portal: &Portal, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(move || async move { metrics.render() }))
        .with_state(portal.clone())
}

/// Serves until it is told to stop.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    open::data_dir(&config.data_dir)?;
    let lock = DataDirLock::take(&config.data_dir)?;
    let most = open_files::connections();
    let opened = open::database(&config).await?;
    // Before anything else acts on the database, its migrations too.
    let lease = open::lease(&config, &lock, &opened).await?;
    let served = serve_alone(config, most, opened, &lease).await;
    if let Err(error) = lease.release().await {
        tracing::warn!(error = ?error, "the database's lease could not be released; the next server may wait for its end");
    }
    served
}

async fn serve_alone(
    config: Config,
    most: open_files::Connections,
    opened: open::Opened,
    lease: &ServerLease,
) -> anyhow::Result<()> {
    lease.migrate().await.map_err(open::command_error)?;
    sealing::check(&opened, &OpContext::system("start", opened.clock.clone())).await?;
    let lost = tokio::spawn(lease.keep());
    let metrics = PrometheusBuilder::new().install_recorder().context("set metrics up")?;
    let local = open::runner(&config)?;
    let capacity = open::capacity(&config, &local);
    let runner = Arc::new(local);
    let workloads = open::workloads(&config, &opened, capacity, runner.clone()).await?;
    let layout = open::layout(&config);
    let (stop, stopping) = watch::channel(false);
    let ssh_key = match config.ssh_listen {
        Some(_) => Some(open::ssh_host_key(&config)?),
        None => None,
    };
    let portal = Portal::new(Parts {
        db: opened.db.clone(),
        accounts: opened.accounts.clone(),
        workloads: workloads.clone(),
        clock: opened.clock.clone(),
        settings: PortalSettings {
            public_url: config.public_url.clone(),
            content_origin: config.content.address.origin("{workload}"),
            ssh: ssh_key.as_ref().map(|key| open::ssh_place(&config, key)),
            version: VERSION,
            trusted_proxies: config.trusted_proxies.clone(),
            data_dir: config.data_dir.display().to_string(),
            database: if opened.db.is_postgres() { "PostgreSQL" } else { "SQLite" }.to_owned(),
        },
        stopping: stopping.clone(),
    });
    let serving = Arc::new(content::ServedNotebooks(portal.clone()));
    let proxy = Proxy::new(portal.clone(), serving, config.content.clone());
    let listener = bind(config.listen, "PORTICO_LISTEN").await?;
    let content_listener = match config.content_listen {
        Some(address) => Some(bind(address, "PORTICO_CONTENT_LISTEN").await?),
        None => None,
    };
    let ssh_listener = match config.ssh_listen {
        Some(address) => Some(bind(address, "PORTICO_SSH_LISTEN").await?),
        None => None,
    };
    let operator_listener = bind(config.admin_listen, "PORTICO_ADMIN_LISTEN").await?;
    let controller = Controller::new(controller::Parts {
        clock: opened.clock.clone(),
        db: opened.db.clone(),
        accounts: opened.accounts.clone(),
        workloads,
        runner: runner.clone(),
        node: open::node(&config.data_dir)?,
        environments: Arc::new(open::environments(&config, runner)),
        build_environments: config.build_environments,
        layout,
        retention: Retention { job_days: config.job_retention_days },
        network: config.network,
        traffic: Arc::new(content::Traffic(proxy.clone())),
        public_url: config.public_url.clone(),
        time_zone: config.time_zone.clone(),
    });
    let background = tokio::spawn(controller.run(stopping.clone()));
    let watching = tokio::spawn(proxy.clone().watch());
    let stopping_ssh = stopping.clone();
    let for_ssh = ssh_listener
        .zip(ssh_key)
        .map(|(listener, key)| ssh::serve(listener, proxy.clone(), key, stopping_ssh));
    let App { router, .. } = app(&portal, &proxy);
    let pages = listen::serve(listener, router, stopping.clone(), "portal", most.portal);
    let stopping_content = stopping.clone();
    let content = async move {
        if let Some(listener) = content_listener {
            listen::serve(listener, proxy.content_origin(), stopping_content, "content", most.content).await;
        }
    };
    let of_operators = operators(&portal, metrics.clone());
    let for_operators = listen::serve(operator_listener, of_operators, stopping, "operators", most.operators);
    tokio::spawn(stop_in_time(stop, lost));
    tokio::spawn(keep_metrics_small(metrics));
    greet(&config, &opened.accounts, &OpContext::system("start", opened.clock)).await?;
    let served = tokio::spawn(async move {
        tokio::join!(pages, content, for_operators, futures::future::OptionFuture::from(for_ssh))
    });
    // What is open to workloads ends at once, so that browsers come back to the next server.
    let _ = watching.await;
    // The background ends first, as soon as a signal comes; open requests get a little longer.
    let _ = background.await;
    let seconds = if lease.lost().is_some() { LOST_SECONDS } else { STOP_SECONDS };
    match tokio::time::timeout(Duration::from_secs(seconds), served).await {
        Ok(ended) => drop(ended.context("serve")?),
        Err(_) => tracing::warn!("some requests did not end in time"),
    }
    if let Some(error) = lease.lost() {
        return Err(open::command_error(error));
    }
    tracing::info!("stopped; workloads go on");
    Ok(())
}

async fn bind(address: SocketAddr, variable: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("Portico can't listen on {address}. Choose another address with {variable}"))
}

/// Every observation is kept until somebody asks for the metrics, or this is done.
async fn keep_metrics_small(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(METRICS_UPKEEP).await;
        metrics.run_upkeep();
    }
}

/// Stops at a signal, or when another server has the database.
async fn stop_in_time(stop: watch::Sender<bool>, lost: JoinHandle<base::Error>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals can't be heard; stop the server with SIGKILL");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        Ok(error) = lost => tracing::error!(error = ?error, "the database is another server's"),
    }
    tracing::info!("stopping");
    let _ = stop.send(true);
}

/// Tells whoever started it where to go. The setup link goes to standard output only, never to the log.
async fn greet(config: &Config, accounts: &accounts::Accounts, ctx: &OpContext) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match accounts.new_setup_code(ctx).await.map_err(open::command_error)? {
        Some(code) => writeln!(
            out,
            "Portico {VERSION} is running. Open this link once to make the first account:\n\n  {}/setup#{}\n",
            config.public_url,
            code.expose()
        )?,
        None => writeln!(out, "Portico {VERSION} is running: {}", config.public_url)?,
    }
    out.flush()?;
    let content = config.content.address.origin("*");
    tracing::info!(address = %config.listen, content = %content, operators = %config.admin_listen, version = VERSION, "listening");
    Ok(())
}
