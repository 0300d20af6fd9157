//! Opening what the configuration names: folders, database, use cases, runner.

use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use accounts::Accounts;
use accounts::passwords::{Cost, Passwords};
use anyhow::Context as _;
use base::{Clock, OpContext, Resources, SystemClock};
use db::{Database, Server, ServerLease};
use folders::Layout;
use runner::environments::{EnvironmentConfig, EnvironmentStore, builtin_images};
use runner::{LocalConfig, LocalRunner, Runner};
use workloads::images::{ImageSeed, RecipeRequest};
use workloads::{Rules, Workloads};

use crate::config::Config;
use crate::lock::DataDirLock;
use crate::sealing;

/// The parts that commands and the server share.
pub(crate) struct Opened {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) db: Database,
    pub(crate) accounts: Accounts,
    pub(crate) sealing: sealing::Loaded,
}

/// Where things lie in the data directory.
pub(crate) fn layout(config: &Config) -> Layout {
    Layout::new(&config.data_dir)
}

/// Makes the data directory; only its owner may look inside.
pub(crate) fn data_dir(path: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("The data directory {} can't be made", path.display()))?;
    let mode = fs_err::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// The name of this data directory among servers on one database; made at the first start.
pub(crate) fn node(data_dir: &Path) -> anyhow::Result<String> {
    let path = data_dir.join("node");
    if let Ok(kept) = fs_err::read_to_string(&path)
        && !kept.trim().is_empty()
    {
        return Ok(kept.trim().to_owned());
    }
    let node = base::secret::random_base36(&SystemClock, 12);
    // Whole or not at all: half a name would be another server's attempts.
    let new = data_dir.join("node.new");
    fs_err::write(&new, format!("{node}\n")).and_then(|()| fs_err::rename(&new, &path))?;
    Ok(node)
}

/// The error of a command: one line with its hint and, for whoever runs the server, its cause.
pub(crate) fn command_error(error: base::Error) -> anyhow::Error {
    let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
    let cause = error.private_text();
    let cause = if cause.is_empty() { String::new() } else { format!(" ({cause})") };
    anyhow::anyhow!("{error}{hint}{cause}")
}

pub(crate) async fn database(config: &Config) -> anyhow::Result<Opened> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = Database::connect(&config.database).await.map_err(command_error)?;
    let slots = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 4);
    let sealing = sealing::load_or_make(config, &*clock)?;
    let passwords = Passwords::new(Cost::Standard, slots, &*clock);
    let accounts = Accounts::new(db.clone(), passwords, sealing.keys.clone());
    Ok(Opened { clock, db, accounts, sealing })
}

/// Makes this process the one server of the database; two data directories may name the same one.
pub(crate) async fn lease(
    config: &Config,
    lock: &DataDirLock,
    opened: &Opened,
) -> anyhow::Result<ServerLease> {
    let server = Server {
        lock: lock.name(&node(&config.data_dir)?)?,
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        data_dir: std::path::absolute(&config.data_dir)?.display().to_string(),
        since: opened.clock.now(),
    };
    opened.db.lease(&server).await.map_err(command_error)
}

/// Brings the tables up to what this program needs, if no server uses them, and says how many steps that took.
pub(crate) async fn migrate(config: &Config, lock: &DataDirLock, opened: &Opened) -> anyhow::Result<usize> {
    let lease = lease(config, lock, opened).await?;
    let migrated = async {
        let pending = opened.db.pending_migrations().await?;
        lease.migrate().await.map(|()| pending)
    };
    let migrated = migrated.await;
    let released = lease.release().await;
    migrated.and_then(|steps| released.map(|()| steps)).map_err(command_error)
}

/// Whoever runs the server, at its command line.
pub(crate) fn command_context(opened: &Opened) -> OpContext {
    OpContext::system("command line", opened.clock.clone())
}

/// For commands beside a server, or without one: the tables are made if no server is there to mind.
pub(crate) async fn for_command(config: &Config) -> anyhow::Result<(Opened, OpContext)> {
    data_dir(&config.data_dir)?;
    let lock = DataDirLock::try_take(&config.data_dir)?;
    let opened = database(config).await?;
    if opened.db.pending_migrations().await.map_err(command_error)? > 0 {
        let Some(lock) = lock else {
            anyhow::bail!(
                "The running server is older than this program. Stop it, run `portico migrate`, and start the new one."
            );
        };
        migrate(config, &lock, &opened).await?;
    }
    let ctx = command_context(&opened);
    sealing::check(&opened, &ctx).await?;
    Ok((opened, ctx))
}

/// The key by which SSH clients know this server; made at the first start.
pub(crate) fn ssh_host_key(config: &Config) -> anyhow::Result<ssh::HostKey> {
    match &config.ssh_host_key {
        Some(key) => ssh::HostKey::parse(key.expose()).map_err(command_error).context("PORTICO_SSH_HOST_KEY"),
        None => {
            let path = config.data_dir.join("ssh_host_key");
            ssh::HostKey::load_or_make(&path, &SystemClock)
                .map_err(command_error)
                .context("the key of the SSH server")
        }
    }
}

/// What people are told of it.
pub(crate) fn ssh_place(config: &Config, key: &ssh::HostKey) -> web_kit::state::SshPlace {
    let (host, port) = config.ssh_address.clone();
    web_kit::state::SshPlace { host, port, fingerprint: key.fingerprint(), host_key: key.public_line() }
}

pub(crate) fn runner(config: &Config) -> anyhow::Result<LocalRunner> {
    let this = std::env::current_exe().context("find this program's own path")?;
    let mut local = LocalConfig::new(layout(config), vec![this.into(), "shim".into()]);
    local.uv.clone_from(&config.uv);
    local.require_isolation = config.require_isolation;
    local.blocked_networks.clone_from(&config.blocked_networks);
    local.container_engine = config.container_engine.clone();
    LocalRunner::new(local).context("set up the local runner")
}

pub(crate) fn capacity(config: &Config, runner: &LocalRunner) -> Resources {
    let found = runner.capacity();
    config.capacity(Resources::new(found.cpu_milli, found.memory_mib, found.gpu))
}

pub(crate) fn environments(config: &Config, runner: Arc<LocalRunner>) -> EnvironmentStore {
    let environments = EnvironmentConfig {
        index_url: config.index_url.clone(),
        find_links: config.find_links.clone(),
        offline: config.offline,
        proxy: config.proxy.clone(),
        python: config.python.clone(),
        network: config.network,
    };
    EnvironmentStore::new(environments, runner)
}

/// The use cases of workloads, with the seed of instance types and the built-in images in the database.
pub(crate) async fn workloads(
    config: &Config,
    opened: &Opened,
    capacity: Resources,
    runner: Arc<dyn Runner>,
) -> anyhow::Result<Workloads> {
    let rules = Rules {
        capacity,
        default_time_limit_s: config.default_time_limit_s,
        default_idle_s: config.default_idle_s,
        default_lifetime_s: config.default_lifetime_s,
    };
    let workloads = Workloads::new(opened.db.clone(), opened.accounts.clone(), rules, layout(config), runner);
    let ctx = OpContext::system("start", opened.clock.clone());
    let file = match &config.instance_types_file {
        Some(path) => Some(fs_err::read_to_string(path).context("read the file of instance types")?),
        None => None,
    };
    workloads.seed_instance_types(&ctx, file.as_deref()).await.map_err(command_error)?;
    let seeds = builtin_images()
        .into_iter()
        .map(|image| {
            let recipe = image.recipe();
            ImageSeed {
                digest: recipe.digest(),
                recipe,
                request: RecipeRequest {
                    python: image.python,
                    requirements: image.requirements,
                    ..RecipeRequest::default()
                },
                name: image.name,
                display_name: image.title,
                description: image.description,
                on_demand: image.on_demand,
            }
        })
        .collect();
    workloads.sync_built_in_images(&ctx, seeds).await.map_err(command_error)?;
    Ok(workloads)
}
