//! What a container is made of: the body of the engine's API call.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use bollard::models::{
    ContainerCreateBody, DeviceRequest, HostConfig, HostConfigLogConfig, Mount as BindMount, MountType,
};

use super::pipes::PIPES;
use super::script::{INPUT, OUTPUT, PIPES_TARGET, STATUS, first_process};
use crate::engine::{ATTEMPT_LABEL, About, PLACE_LABEL};
use crate::records::{AttemptDir, SERVING};
use crate::shim::limits::MOST_PROCESSES;
use crate::shim::sandbox::{SCRIPT_TARGET, hostname, private_home};
use crate::shim::{Bind, ResolvedSpec};
use crate::spec::{HTTP_SOCKET, Network, Serves};

/// When the machine runs out of memory, a workload is to go rather than the server.
const OOM_SCORE: i64 = 500;

/// Writes the files that the container needs and answers what it is made of.
pub(super) fn describe(
    spec: &ResolvedSpec,
    reference: &str,
    dir: &AttemptDir,
    place: &str,
    engine: &About,
    network: String,
) -> io::Result<ContainerCreateBody> {
    Ok(ContainerCreateBody {
        image: Some(reference.to_owned()),
        // The image's own is for services; a workload is its script.
        entrypoint: Some(vec!["/bin/sh".into(), "-c".into(), first_process()]),
        cmd: Some(Vec::new()),
        user: Some(user(engine)),
        working_dir: Some(spec.working_dir.display().to_string()),
        hostname: (spec.network != Network::Host).then(|| hostname(&spec.attempt)),
        labels: Some(HashMap::from([
            (ATTEMPT_LABEL.into(), spec.attempt.clone()),
            (PLACE_LABEL.into(), place.to_owned()),
        ])),
        host_config: Some(limits(spec, mounts(spec, dir)?, engine, network)),
        ..ContainerCreateBody::default()
    })
}

/// Files in mounted folders get the same owner as those that workloads of other kinds write, which is the server's.
fn user(engine: &About) -> String {
    if engine.rootless {
        return "0:0".into();
    }
    format!("{}:{}", rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
}

fn limits(spec: &ResolvedSpec, mounts: Vec<BindMount>, engine: &About, network: String) -> HostConfig {
    let memory = (spec.resources.memory_mib > 0).then_some(spec.resources.memory_mib << 20);
    HostConfig {
        mounts: Some(mounts),
        memory,
        // The same number means no swap.
        memory_swap: memory,
        nano_cpus: (spec.resources.cpu_milli > 0).then_some(spec.resources.cpu_milli * 1_000_000),
        pids_limit: i64::try_from(MOST_PROCESSES).ok(),
        // It counts towards the memory limit; what engines give by themselves is too little for PyTorch.
        shm_size: memory,
        oom_score_adj: Some(OOM_SCORE),
        cap_drop: Some(vec!["ALL".into()]),
        // Labels of SELinux would have to be written onto the group's files.
        security_opt: Some(vec!["no-new-privileges".into(), "label=disable".into()]),
        userns_mode: engine.remaps_users.then(|| "host".into()),
        network_mode: Some(network),
        // Output goes through a pipe of ours, so there is nothing to keep.
        log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
        device_requests: (!spec.gpu_indices.is_empty()).then(|| {
            vec![DeviceRequest {
                driver: Some("nvidia".into()),
                device_ids: Some(spec.gpu_indices.iter().map(u32::to_string).collect()),
                capabilities: Some(vec![vec!["gpu".into()]]),
                ..DeviceRequest::default()
            }]
        }),
        ..HostConfig::default()
    }
}

fn mounts(spec: &ResolvedSpec, dir: &AttemptDir) -> io::Result<Vec<BindMount>> {
    let dir = dir.path();
    let mut mounts = Vec::new();
    let mut add = |source: &Path, target: &Path, writable: bool| {
        mounts.push(BindMount {
            typ: Some(MountType::BIND),
            source: Some(source.display().to_string()),
            target: Some(target.display().to_string()),
            read_only: Some(!writable),
            ..BindMount::default()
        });
    };
    for name in [INPUT, OUTPUT, STATUS] {
        add(&dir.join(PIPES).join(name), &Path::new(PIPES_TARGET).join(name), true);
    }
    if spec.serves == Some(Serves::Socket) {
        let serving = dir.join(SERVING);
        fs_err::create_dir(&serving)?;
        add(&serving, &Path::new(HTTP_SOCKET).with_file_name(""), true);
    }
    let script = dir.join("script");
    fs_err::write(&script, &spec.script)?;
    add(&script, Path::new(SCRIPT_TARGET), false);
    if let Some(private) = private_home(spec, dir)? {
        add(&private, &spec.home, true);
    }
    for Bind { source, target, writable } in &spec.binds {
        add(source, target, *writable);
    }
    Ok(mounts)
}

#[cfg(test)]
mod tests {
    use super::describe;
    use crate::engine::About;
    use crate::records::AttemptDir;
    use crate::shim::ResolvedSpec;
    use crate::spec::Resources;

    #[test]
    fn nothing_is_given_that_was_not_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let mut spec = ResolvedSpec::bare("a", "true");
        spec.resources = Resources { cpu_milli: 1500, memory_mib: 64, gpu: 0 };
        spec.env.insert("PASSWORD".into(), "secret".into());
        let engine = About {
            api: (1, 44),
            name: "Docker 28".into(),
            is_podman: false,
            rootless: true,
            remaps_users: true,
        };
        let body =
            describe(&spec, "image:1", &AttemptDir::new(dir.path()), "place", &engine, "default".into())
                .unwrap();
        let text = serde_json::to_string(&body).unwrap();
        assert!(!text.contains("secret") && !text.contains(".sock"), "{text}");
        assert_eq!((body.user.as_deref(), body.image.as_deref()), (Some("0:0"), Some("image:1")));
        let host = body.host_config.unwrap();
        assert_eq!(
            (host.memory, host.memory_swap, host.nano_cpus),
            (Some(64 << 20), Some(64 << 20), Some(1_500_000_000))
        );
        assert_eq!(
            (host.network_mode.as_deref(), host.userns_mode.as_deref()),
            (Some("default"), Some("host"))
        );
        assert_eq!(host.cap_drop.unwrap(), ["ALL"]);
        assert!(host.privileged.is_none() && host.device_requests.is_none());
        let targets: Vec<_> = host.mounts.unwrap().into_iter().filter_map(|mount| mount.target).collect();
        let home = spec.home.display().to_string();
        assert_eq!(
            targets,
            [
                "/run/portico-shim/input",
                "/run/portico-shim/output",
                "/run/portico-shim/status",
                "/run/portico/script",
                home.as_str()
            ]
        );
    }
}
