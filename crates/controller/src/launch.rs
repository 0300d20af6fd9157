//! What a workload finds when it starts: folders, environment variables, limits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use folders::{HOME, Tree, datasets_folder, shared_folder};
use runner::environments::UV_TARGET;
use runner::{AttemptSpec, Image, LogLimits, Mount, Serves, Volume};
use workloads::engine::{JupyterLab, LaunchSpec, NotebookFile, Runs};
use workloads::serving::base_path;

use crate::Parts;
use crate::notebook::{JupyterStart, container_jupyter_script, jupyter_script};
use crate::notebook_job::{CONTAINER_PYTHON, ENVIRONMENT_PYTHON, RESULTS_TARGET, notebook_job_script};

/// In safe mode the home lies here below the start folder, so that nothing in it can keep a notebook from starting.
const SAFE_MODE_HOME: &str = "user";

/// It needs the home of somebody who was deleted.
#[derive(Debug)]
pub(crate) struct OwnerGone;

/// What the runner is asked to run.
pub(crate) fn spec(parts: &Parts, launch: &LaunchSpec) -> Result<AttemptSpec, OwnerGone> {
    let project = shared_folder(&launch.group_name);
    let mut env = variables(parts, launch, &project);
    env.extend(launch.spec.variables.clone());
    let mut spec = AttemptSpec::new(launch.attempt.to_string(), String::new());
    spec.group = launch.group_name.clone();
    spec.env = env;
    spec.home = PathBuf::from(HOME);
    spec.working_dir = PathBuf::from(HOME);
    spec.mounts = vec![Mount::writable(Volume::GroupFiles { group: launch.group }, project)];
    spec.image = match &launch.container {
        Some(reference) => Image::Container { reference: reference.clone() },
        None => Image::Environment { digest: launch.digest.clone() },
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
        Runs::NotebookFile(file) => run_notebook(&mut spec, launch, file)?,
        Runs::JupyterLab(jupyter) => serve_notebook(&mut spec, parts, launch, *jupyter)?,
    }
    Ok(spec)
}

/// The home of whoever runs it.
fn home(launch: &LaunchSpec) -> Result<Volume, OwnerGone> {
    launch.user.map(|person| Volume::Home { group: launch.group, person }).ok_or(OwnerGone)
}

/// A job that runs a notebook gets a folder for the result and, where it needs it, the home of whoever submitted it.
fn run_notebook(
    spec: &mut AttemptSpec,
    launch: &LaunchSpec,
    notebook: &NotebookFile,
) -> Result<(), OwnerGone> {
    if notebook.tree == Tree::Home {
        spec.mounts.push(Mount::writable(home(launch)?, HOME));
    }
    let root = PathBuf::from(notebook.tree.folder(&launch.group_name));
    spec.mounts.push(Mount::writable(Volume::Results { attempt: launch.attempt }, RESULTS_TARGET));
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
) -> Result<(), OwnerGone> {
    let home = home(launch)?;
    spec.mounts.push(match jupyter.safe_mode {
        true => Mount::writable(home, Path::new(HOME).join(SAFE_MODE_HOME)).optional(),
        false => Mount::writable(home, HOME),
    });
    spec.serves = Some(Serves::Socket);
    let safe_mode = if jupyter.safe_mode { "true" } else { "false" };
    spec.env.insert("PRIMEHUB_SAFE_MODE_ENABLED".to_owned(), safe_mode.to_owned());
    let base_url = base_path(launch.page_slug());
    let start = JupyterStart {
        base_url: &base_url,
        root_dir: HOME,
        preferred_dir: HOME,
        image: &launch.image,
        environment: &launch.digest,
        safe_mode: jupyter.safe_mode,
    };
    if launch.container.is_some() {
        spec.script = container_jupyter_script(&start);
        return Ok(());
    }
    spec.script = jupyter_script(&start);
    spec.mounts.push(Mount::read_only(Volume::Uv, UV_TARGET).optional());
    if let Some(index) = parts.environments.public_index() {
        for name in ["PIP_INDEX_URL", "UV_DEFAULT_INDEX"] {
            spec.env.entry(name.to_owned()).or_insert_with(|| index.to_owned());
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use test_kit::{World, on_both_databases};
    use workloads::engine::Claim;
    use workloads::notebook_jobs::NewNotebookJob;
    use workloads::notebooks::NewNotebook;

    use super::*;
    use crate::set_up::server;

    /// What the runner is asked to run for the only workload in the queue.
    async fn launched(world: &World, parts: &Parts) -> AttemptSpec {
        let ctx = world.system();
        let queued = world.workloads.queue_snapshot(&ctx).await.unwrap().groups.remove(0).queued.remove(0);
        let claims = vec![Claim { workload: queued.id, generation: queued.generation }];
        let claimed =
            world.workloads.apply_decisions(&ctx, claims, Vec::new(), "fake/one", 45).await.unwrap();
        let launch = world.workloads.launch_spec(&ctx, claimed[0].attempt).await.unwrap().unwrap();
        spec(parts, &launch).unwrap()
    }

    on_both_databases! {
        async fn what_is_mounted_is_named_and_only_safe_mode_does_without_the_home(database) {
            let world = World::new(&database.db).await;
            let (mia, group) = (world.person("mia").await, world.group("vision").await);
            let server = server(&world, &database.db, "one");
            let parts = &server.controller.parts;
            let person = mia.actor_id().unwrap();
            let files = Mount::writable(Volume::GroupFiles { group: group.id }, "/project/vision");
            let home = Mount::writable(Volume::Home { group: group.id, person }, HOME);
            let uv = Mount::read_only(Volume::Uv, UV_TARGET).optional();

            world.workloads.submit_job(&mia, &group, world.job("a")).await.unwrap();
            let job = launched(&world, parts).await;
            assert_eq!(job.mounts, std::slice::from_ref(&files), "a script sees nobody's home");
            assert_eq!(job.image, Image::Environment { digest: "d1".to_owned() });

            for safe_mode in [false, true] {
                let new = NewNotebook {
                    name: format!("n {safe_mode}"),
                    instance_type: "cpu-small".to_owned(),
                    image: "base".to_owned(),
                    safe_mode,
                    ..NewNotebook::default()
                };
                world.workloads.create_notebook(&mia, &group, new).await.unwrap();
                let seen = match safe_mode {
                    true => Mount { target: Path::new(HOME).join(SAFE_MODE_HOME), ..home.clone() }.optional(),
                    false => home.clone(),
                };
                assert_eq!(launched(&world, parts).await.mounts, [files.clone(), seen, uv.clone()]);
            }

            let folder = world.layout.home(group.id, person);
            fs_err::create_dir_all(&folder).unwrap();
            fs_err::write(folder.join("a.ipynb"), "{}").unwrap();
            let new =
                NewNotebookJob { path: "~/a.ipynb".to_owned(), job: world.job(""), ..NewNotebookJob::default() };
            world.workloads.submit_notebook_job(&mia, &group, new).await.unwrap();
            let job = launched(&world, parts).await;
            let attempt = job.attempt.parse().unwrap();
            let results = Mount::writable(Volume::Results { attempt }, RESULTS_TARGET);
            assert_eq!(job.mounts, [files, home, results]);
        }
    }
}
