//! A local runner under unusual circumstances.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use base::GroupId;
use folders::Layout;
use runner::contract::{RunnerFixture, TEST_IMAGE};
use runner::log::LogMark;
use runner::{
    AttemptSpec, CapabilityState, Containers as Presence, Exit, ExitCause, HTTP_SOCKET, Image, LocalConfig,
    LocalRunner, Mount, Network, Observation, Resources, Runner, RunnerError, Serves, Stop, StopReason,
    Volume,
};

use crate::fixture::{Local, local, volume};

const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// An environment with nothing in it whose interpreter is said to be there.
fn environment(local: &Local, base_prefix: &str) -> Image {
    let folder = local.layout().environments().join(DIGEST);
    fs_err::create_dir_all(folder.join("environment")).unwrap();
    let record = serde_json::json!({
        "digest": DIGEST, "base_prefix": base_prefix, "python_version": "3", "size_bytes": 0, "lock": "",
    });
    fs_err::write(folder.join("built.json"), record.to_string()).unwrap();
    Image::Environment { digest: DIGEST.into() }
}

#[tokio::test]
async fn a_sandbox_that_cannot_be_made_is_told() {
    let local = local();
    let runner = local.local_runner();
    let image = environment(&local, "/nonexistent/folder");
    let exit = run(&runner, AttemptSpec { image, ..AttemptSpec::new("a", "echo it ran") }).await;
    assert_eq!(exit.cause, ExitCause::SandboxFailed, "{exit:?}");
    let message = exit.message.unwrap();
    assert!(message.contains("bwrap: ") && message.contains("/nonexistent/folder"), "{message}");
    let no_folder = AttemptSpec { working_dir: "/usr/none".into(), ..AttemptSpec::new("b", "echo it ran") };
    assert_eq!(run(&runner, no_folder).await.cause, ExitCause::SandboxFailed);
}

#[tokio::test]
async fn without_bubblewrap_nothing_starts() {
    let local = local();
    let config = LocalConfig { bubblewrap: Some("/nonexistent/bwrap".into()), ..local.config() };
    let runner = LocalRunner::new(config).unwrap();
    let exit = run(&runner, AttemptSpec::new("a", "true")).await;
    assert_eq!(exit.cause, ExitCause::SandboxFailed);
    assert!(exit.message.unwrap().contains("bubblewrap could not be run"));
    let sandbox = runner.capabilities().into_iter().find(|found| found.name == "sandbox").unwrap();
    assert!(sandbox.state == CapabilityState::Missing && sandbox.fix.is_some());
}

#[tokio::test]
async fn a_missing_network_is_never_silently_skipped() {
    let local = local();
    let config = LocalConfig { slirp4netns: Some("/nonexistent/slirp4netns".into()), ..local.config() };
    let runner = LocalRunner::new(config).unwrap();
    let spec = AttemptSpec { network: Network::Outbound, ..AttemptSpec::new("a", "echo it ran") };
    let exit = run(&runner, spec).await;
    assert_eq!(exit.cause, ExitCause::SandboxFailed, "{exit:?}");
    assert!(runner.log("a").search("it ran", 0, 1).await.unwrap().lines.is_empty());
}

#[tokio::test]
async fn the_driver_s_program_says_how_busy_gpus_are() {
    let local = local();
    let nvidia_smi = local.folder("driver").join("nvidia-smi");
    let asked = local.folder("driver").join("asked");
    fs_err::write(
        &nvidia_smi,
        format!("#!/bin/sh\necho \"$@\" > {}\necho 12\necho ' 64'\n", asked.display()),
    )
    .unwrap();
    fs_err::set_permissions(&nvidia_smi, PermissionsExt::from_mode(0o755)).unwrap();
    let config = LocalConfig { nvidia_smi: Some(nvidia_smi), ..local.config() };
    let runner = LocalRunner::new(config).unwrap();
    assert_eq!(runner.gpu_percent(&[0, 3]).await, Some(64));
    assert!(fs_err::read_to_string(asked).unwrap().starts_with("--id=0,3 "));
    assert_eq!(runner.gpu_percent(&[]).await, None, "nobody asks for a workload without one");
    let config = LocalConfig { nvidia_smi: Some("/nonexistent/nvidia-smi".into()), ..local.config() };
    assert_eq!(LocalRunner::new(config).unwrap().gpu_percent(&[0]).await, None);
}

#[tokio::test]
async fn a_blocked_network_has_no_route_and_gets_none() {
    let local = local();
    let script = "timeout 5 bash -c '< /dev/tcp/169.254.169.254/80' 2>&1 | grep -q 'No route to host' && echo unreachable
                  ip route del unreachable 169.254.0.0/16 2>/dev/null && echo unblocked
                  while read device network _; do [ $device = '*' ] && echo $network; done < /proc/net/route; true";
    let spec = |name: &str| AttemptSpec { network: Network::Outbound, ..AttemptSpec::new(name, script) };
    let runner = local.local_runner();
    let exit = run(&runner, spec("a")).await;
    assert_eq!(exit.cause, ExitCause::Completed, "{exit:?}");
    assert_eq!(text(&runner, "a").await, ["unreachable", "0000FEA9"]);

    let blocked_networks = vec!["198.51.100.0/24".parse().unwrap()];
    let runner = LocalRunner::new(LocalConfig { blocked_networks, ..local.config() }).unwrap();
    run(&runner, spec("b")).await;
    assert_eq!(text(&runner, "b").await.last().unwrap(), "006433C6");
}

async fn text(runner: &LocalRunner, attempt: &str) -> Vec<String> {
    let found = runner.log(attempt).lines(0, 100).await.unwrap();
    found.lines.into_iter().map(|line| line.text).collect()
}

/// Without control groups the shim keeps to the limits itself.
#[tokio::test]
async fn limits_hold_without_control_groups() {
    let local = local();
    let config = LocalConfig { control_groups: false, ..local.config() };
    let runner = LocalRunner::new(config).unwrap();
    let resources = Resources { cpu_milli: 1000, memory_mib: 64, gpu: 0 };
    let script = "x=$(head -c 300000000 /dev/zero | tr '\\0' x); sleep 1; echo it fits";
    let exit = run(&runner, AttemptSpec { resources, ..AttemptSpec::new("a", script) }).await;
    assert_eq!(exit.cause, ExitCause::OutOfMemory, "{exit:?}");
    assert!(exit.message.unwrap().contains("of 64 MiB"));
    let exit = run(&runner, AttemptSpec { resources, ..AttemptSpec::new("b", "sleep 0.3") }).await;
    assert_eq!(exit.cause, ExitCause::Completed, "{exit:?}");
    assert!(exit.max_memory_bytes.is_some() && exit.cpu_time_us.is_some());
    let first = runner.log("b").lines(0, 1).await.unwrap().lines.remove(0).text;
    assert!(first.contains("their number is not limited"), "{first}");
    let memory = runner.capabilities().into_iter().find(|found| found.name == "limit-memory").unwrap();
    assert_eq!(memory.state, CapabilityState::Degraded);
}

#[tokio::test]
async fn an_environment_comes_first_in_the_path() {
    let local = local();
    let image = environment(&local, "/usr");
    let root = local.layout().environments().join(DIGEST).join("environment");
    fs_err::create_dir(root.join("bin")).unwrap();
    fs_err::write(root.join("bin/hello"), "#!/bin/sh\necho hello from $VIRTUAL_ENV\n").unwrap();
    fs_err::set_permissions(root.join("bin/hello"), PermissionsExt::from_mode(0o755)).unwrap();
    let runner = local.local_runner();
    run(
        &runner,
        AttemptSpec { image, ..AttemptSpec::new("a", "hello; touch $VIRTUAL_ENV/new || echo read-only") },
    )
    .await;
    let lines = runner.log("a").lines(0, 10).await.unwrap().lines;
    assert_eq!(lines[0].text, "hello from /opt/portico/environment");
    assert_eq!(lines.last().unwrap().text, "read-only");
}

#[tokio::test]
async fn nothing_is_mounted_over_the_system() {
    let local = local();
    let runner = local.local_runner();
    for target in
        ["/", "/usr/lib", "/etc", "/proc", "/dev/shm", "relative", "/mnt/../etc", "/run/portico/script"]
    {
        let mounts = vec![Mount::writable(volume("any"), target)];
        let refused = runner.start(&AttemptSpec { mounts, ..AttemptSpec::new("a", "true") }).await;
        assert!(matches!(refused, Err(RunnerError::Invalid(_))), "{target}: {refused:?}");
    }
}

/// Data folders are often deeper than the address of a socket is long.
#[tokio::test]
async fn a_deep_folder_is_fine() {
    let local = local();
    let deep = local.data_dir().join(["a-rather-long-name-of-a-folder"; 8].join("/"));
    let runner = LocalRunner::new(LocalConfig { layout: Layout::new(deep), ..local.config() }).unwrap();
    assert_eq!(run(&runner, AttemptSpec::new("a", "true")).await.cause, ExitCause::Completed);
    let socket = format!("s = socket.socket(socket.AF_UNIX); s.bind('{HTTP_SOCKET}'); s.listen()");
    let port = "s = socket.create_server(('127.0.0.1', 8080))".to_owned();
    for (attempt, serves, listen) in [("b", Serves::Socket, socket), ("c", Serves::Port(8080), port)] {
        let script = format!("python3 -c \"import socket; {listen}; s.accept()\"; sleep 600");
        runner
            .start(&AttemptSpec { serves: Some(serves), ..AttemptSpec::new(attempt, script) })
            .await
            .unwrap();
        tokio::time::timeout(Duration::from_secs(20), async {
            while runner.connect(attempt).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
        runner
            .stop(attempt, Stop { reason: StopReason::Cancelled, grace: Some(Duration::ZERO) })
            .await
            .unwrap();
        runner.wait(attempt).await.unwrap();
    }
}

/// A workload that hands its output to somebody who outlives it does not keep its attempt from ending.
#[tokio::test]
async fn the_end_does_not_wait_for_whoever_holds_the_output() {
    let local = local();
    let runner = local.local_runner();
    let shared = local.folder("shared");
    let script = "echo ready; until [ -e ~/go ]; do sleep 0.02; done";
    let mounts = vec![Mount::writable(volume("shared"), "/home/portico")];
    runner.start(&AttemptSpec { mounts, ..AttemptSpec::new("a", script) }).await.unwrap();
    runner.log("a").changed(LogMark::default()).await.unwrap();
    let record = fs_err::read(local.attempts().join("a/sandbox.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let init = record["init"]["pid"].as_i64().unwrap();
    // Opening it through /proc is as good as having been given it.
    let _held = fs_err::OpenOptions::new().write(true).open(format!("/proc/{init}/fd/1")).unwrap();
    fs_err::write(shared.join("go"), "").unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(30), runner.wait("a")).await;
    assert!(matches!(
        ended.unwrap().unwrap(),
        Observation::Finished(Exit { cause: ExitCause::Completed, .. })
    ));
}

/// What lies in the place of a folder is told without the machine's paths, and whoever can do without starts.
#[tokio::test]
async fn a_volume_that_cannot_be_made_is_told_or_left_out() {
    let local = local();
    let runner = local.local_runner();
    let home = local.folder("hers");
    fs_err::remove_dir(&home).unwrap();
    fs_err::write(&home, "no folder").unwrap();
    let mount = Mount::writable(volume("hers"), "/home/portico");
    let needed = AttemptSpec { mounts: vec![mount.clone()], ..AttemptSpec::new("a", "true") };
    match runner.start(&needed).await {
        Err(RunnerError::NoVolume { why, source }) => {
            assert_eq!(why, "a file lies where one of them should be");
            assert!(source.to_string().contains(home.to_str().unwrap()), "{source}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(runner.observe("a").await.unwrap(), Observation::NotStarted);
    let spared = AttemptSpec { mounts: vec![mount.optional()], ..AttemptSpec::new("b", "touch ~/it") };
    assert_eq!(run(&runner, spared).await.cause, ExitCause::Completed);
    assert_eq!(fs_err::read_to_string(&home).unwrap(), "no folder");
}

/// Files that members may move are left alone, and a link among them is not followed.
#[tokio::test]
async fn the_files_of_a_group_come_with_a_folder_for_datasets() {
    let local = local();
    let runner = local.local_runner();
    let groups: [GroupId; 2] = [7, 8].map(|number| format!("{number:032x}").parse().unwrap());
    let outside = local.folder("outside");
    fs_err::create_dir_all(local.layout().group_files(groups[1])).unwrap();
    std::os::unix::fs::symlink(outside.join("made"), local.layout().datasets(groups[1])).unwrap();
    for (attempt, group) in ["a", "b"].into_iter().zip(groups) {
        let mounts = vec![Mount::writable(Volume::GroupFiles { group }, "/project/vision")];
        let spec = AttemptSpec { mounts, ..AttemptSpec::new(attempt, "echo 1 > /project/vision/file") };
        assert_eq!(run(&runner, spec).await.cause, ExitCause::Completed);
        assert!(local.layout().group_files(group).join("file").exists());
    }
    assert!(local.layout().datasets(groups[0]).is_dir());
    assert_eq!(fs_err::read_dir(outside).unwrap().count(), 0);
}

#[tokio::test]
async fn an_environment_that_is_not_there_is_told() {
    let local = local();
    let runner = local.local_runner();
    for digest in [DIGEST, "..", ""] {
        let image = Image::Environment { digest: digest.into() };
        let refused = runner.start(&AttemptSpec { image, ..AttemptSpec::new("a", "true") }).await;
        assert!(matches!(refused, Err(RunnerError::NoImage(_))), "{digest}: {refused:?}");
    }
}

#[tokio::test]
async fn a_variable_that_no_shell_can_have_is_refused() {
    let local = local();
    let mut spec = in_container();
    spec.env.insert("A.B".into(), "c".into());
    let refused = local.local_runner().start(&spec).await;
    assert!(
        matches!(refused, Err(RunnerError::Invalid(ref message)) if message.contains("A.B")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn without_an_engine_an_attempt_says_so() {
    let local = local();
    let runner = local.local_runner();
    assert_eq!(runner.containers().await, Presence::None);
    let refused = runner.start(&in_container()).await.unwrap_err().to_string();
    assert!(refused.contains("no container engine"), "{refused}");
    let found = runner.capabilities().into_iter().find(|found| found.name == "containers").unwrap();
    assert_eq!(found.state, CapabilityState::Absent);
}

fn in_container() -> AttemptSpec {
    let image = Image::Container { reference: TEST_IMAGE.into() };
    AttemptSpec { image, ..AttemptSpec::new("a", "true") }
}

async fn run(runner: &LocalRunner, spec: AttemptSpec) -> Exit {
    runner.start(&spec).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), runner.wait(&spec.attempt)).await.unwrap();
    let Observation::Finished(exit) = ended.unwrap() else { panic!("lost") };
    exit
}
