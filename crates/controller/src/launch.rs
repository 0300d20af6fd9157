//! What a workload finds when it starts: folders, environment variables, limits.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::UserId;
use folders::{HOME, Tree, datasets_folder, shared_folder};
use runner::environments::UV_TARGET;
use runner::{AttemptSpec, Image, ImageMount, LogLimits, Mount, Serves};
use workloads::engine::{JupyterLab, LaunchSpec, NotebookFile, Runs};
use workloads::serving::base_path;

use crate::Parts;
use crate::notebook::{JupyterStart, container_jupyter_script, jupyter_script};
use crate::notebook_job::{CONTAINER_PYTHON, ENVIRONMENT_PYTHON, RESULTS_TARGET, notebook_job_script};

/// In safe mode the home lies here below the start folder, so that nothing in it can keep a notebook from starting.
const SAFE_MODE_HOME: &str = "user";

pub(crate) fn spec(parts: &Parts, launch: &LaunchSpec) -> std::io::Result<AttemptSpec> {
    let shared = made(parts.layout.group_files(launch.group))?;
    make_datasets(&parts.layout.datasets(launch.group));
    let project = shared_folder(&launch.group_name);
    let mut env = variables(parts, launch, &project);
    env.extend(launch.spec.variables.clone());
    let mut spec = AttemptSpec::new(launch.attempt.to_string(), String::new());
    spec.group = launch.group_name.clone();
    spec.env = env;
    spec.home = PathBuf::from(HOME);
    spec.working_dir = PathBuf::from(HOME);
    spec.mounts = vec![Mount { source: shared, target: PathBuf::from(project), writable: true }];
    spec.image = match &launch.container {
        Some(reference) => Image::Container { reference: reference.clone() },
        None => {
            ImageMount { root: some(&launch.environment_path), base_prefix: some(&launch.base_prefix) }.into()
        }
    };
    spec.resources = runner::Resources {
        cpu_milli: launch.resources.cpu_milli,
        memory_mib: launch.resources.memory_mib,
        gpu: launch.resources.gpu,
    };
    spec.gpu_indices.clone_from(&launch.gpu_indices);
    spec.time_limit =
        u64::try_from(launch.time_limit_s).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs);
    spec.stop_grace = Duration::from_secs(10);
    spec.network = parts.network;
    spec.log_limits = LogLimits::default();
    spec.masked = secrets(&launch.spec.variables);
    match &launch.spec.runs {
        Runs::Script(script) => spec.script.clone_from(script),
        Runs::NotebookFile(file) => run_notebook(&mut spec, parts, launch, file)?,
        Runs::JupyterLab(jupyter) => serve_notebook(&mut spec, parts, launch, *jupyter)?,
    }
    Ok(spec)
}

/// Whose home it needs.
fn owner(launch: &LaunchSpec) -> std::io::Result<UserId> {
    launch.user.ok_or_else(|| std::io::Error::other("its owner was deleted"))
}

/// The folder, there by now.
fn made(folder: PathBuf) -> std::io::Result<PathBuf> {
    fs_err::create_dir_all(&folder)?;
    Ok(folder)
}

/// Makes the folder of a group's datasets. It lies among files that every member may move, so whatever else is in its
/// place is left alone, and nothing fails for want of it.
fn make_datasets(folder: &Path) {
    // Not `create_dir_all`, which would follow a link.
    match fs_err::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            tracing::warn!(error = %error, "the folder of a group's datasets can't be made");
        }
        _ => {}
    }
}

/// Why a folder can't be made, in words that say nothing of the server's paths.
pub(crate) fn in_the_way(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "a file lies where one of them should be".to_owned()
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "its disk is full".to_owned(),
        kind => kind.to_string(),
    }
}

/// A job that runs a notebook gets a folder for the result and, where it needs it, the home of whoever submitted it.
fn run_notebook(
    spec: &mut AttemptSpec,
    parts: &Parts,
    launch: &LaunchSpec,
    notebook: &NotebookFile,
) -> std::io::Result<()> {
    if notebook.tree == Tree::Home {
        let source = made(parts.layout.home(launch.group, owner(launch)?))?;
        spec.mounts.push(Mount { source, target: PathBuf::from(HOME), writable: true });
    }
    let root = PathBuf::from(notebook.tree.folder(&launch.group_name));
    let results = made(parts.layout.results(launch.attempt))?;
    spec.mounts.push(Mount { source: results, target: PathBuf::from(RESULTS_TARGET), writable: true });
    let python = if launch.container.is_some() { CONTAINER_PYTHON } else { ENVIRONMENT_PYTHON };
    spec.script = notebook_job_script(notebook, &root, &launch.slug, python);
    Ok(())
}

/// A notebook is JupyterLab in its owner's home, which stays.
fn serve_notebook(
    spec: &mut AttemptSpec,
    parts: &Parts,
    launch: &LaunchSpec,
    jupyter: JupyterLab,
) -> std::io::Result<()> {
    let target = if jupyter.safe_mode { Path::new(HOME).join(SAFE_MODE_HOME) } else { PathBuf::from(HOME) };
    match made(parts.layout.home(launch.group, owner(launch)?)) {
        Ok(source) => spec.mounts.push(Mount { source, target, writable: true }),
        Err(error) if jupyter.safe_mode => {
            tracing::warn!(attempt = %launch.attempt, error = %error, "a notebook in safe mode starts without its home");
        }
        Err(error) => return Err(error),
    }
    spec.serves = Some(Serves::Socket);
    let safe_mode = if jupyter.safe_mode { "true" } else { "false" };
    spec.env.insert("PRIMEHUB_SAFE_MODE_ENABLED".to_owned(), safe_mode.to_owned());
    let base_url = base_path(launch.page_slug());
    let start = JupyterStart {
        base_url: &base_url,
        root_dir: HOME,
        preferred_dir: HOME,
        image: &launch.image,
        environment: &launch.environment_path,
        safe_mode: jupyter.safe_mode,
    };
    if launch.container.is_some() {
        spec.script = container_jupyter_script(&start);
        return Ok(());
    }
    spec.script = jupyter_script(&start);
    if let Some(uv) = parts.environments.uv() {
        spec.mounts.push(Mount { source: uv, target: PathBuf::from(UV_TARGET), writable: false });
    }
    if let Some(index) = parts.environments.public_index() {
        for name in ["PIP_INDEX_URL", "UV_DEFAULT_INDEX"] {
            spec.env.entry(name.to_owned()).or_insert_with(|| index.to_owned());
        }
    }
    Ok(())
}

fn some(path: &str) -> Option<PathBuf> {
    (!path.is_empty()).then(|| Path::new(path).to_owned())
}

/// Source of the names: PrimeHub's list of variables in all pods, and our own `PORTICO_*`.
fn variables(parts: &Parts, launch: &LaunchSpec, project: &str) -> BTreeMap<String, String> {
    let domain = parts.public_url.split("://").nth(1).unwrap_or(&parts.public_url);
    let group_id = launch.group.to_string();
    let datasets = datasets_folder(&launch.group_name);
    [
        ("HOME", HOME),
        ("USER", launch.user_name.as_str()),
        ("TZ", parts.time_zone.as_str()),
        ("PORTICO_URL", parts.public_url.as_str()),
        ("PORTICO_USER", launch.user_name.as_str()),
        ("PORTICO_GROUP", launch.group_name.as_str()),
        ("PORTICO_GROUP_PATH", project),
        ("PORTICO_DATASETS_PATH", datasets.as_str()),
        ("PORTICO_JOB_ID", launch.slug.as_str()),
        ("PORTICO_JOB_NAME", launch.name.as_str()),
        ("PORTICO_INSTANCE_TYPE", launch.instance_type.as_str()),
        ("PORTICO_IMAGE", launch.image.as_str()),
        ("PRIMEHUB_DOMAIN", domain),
        ("PRIMEHUB_USER", launch.user_name.as_str()),
        ("PRIMEHUB_GROUP", launch.group_name.as_str()),
        ("PRIMEHUB_GROUP_VOLUME_PATH", project),
        ("PHJOB_NAME", launch.slug.as_str()),
        ("JUPYTERHUB_USER", launch.user_name.as_str()),
        ("GROUP_ID", group_id.as_str()),
        ("GROUP_NAME", launch.group_name.as_str()),
        ("IMAGE_NAME", launch.image.as_str()),
        ("INSTANCE_TYPE", launch.instance_type.as_str()),
        // Output appears when it is printed, not when a buffer is full.
        ("PYTHONUNBUFFERED", "1"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// A shorter value would take innocent words out of the log.
const SHORTEST_SECRET: usize = 6;

/// Values that must not appear in the log: those of variables whose names say that they are secret.
fn secrets(variables: &BTreeMap<String, String>) -> Vec<String> {
    variables
        .iter()
        .filter(|(name, value)| value.len() >= SHORTEST_SECRET && base::redact::is_secret_name(name))
        .map(|(_, value)| value.clone())
        .collect()
}
