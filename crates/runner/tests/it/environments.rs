//! Environments, with a real uv.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use runner::environments::{BuildErrorKind, EnvironmentConfig, EnvironmentStore, Recipe};
use runner::{AttemptSpec, ImageMount, LogReader, Observation, Runner};
use tokio::io::AsyncReadExt;

use crate::fixture::local;

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    /// `None`, with the reason printed, where there is no uv.
    fn with_uv() -> Option<Self> {
        let place = Place { dir: tempfile::tempdir().unwrap() };
        if Command::new("uv").arg("--version").output().is_err() {
            println!("skipped: uv is not in PATH");
            return None;
        }
        Some(place)
    }

    fn config(&self) -> EnvironmentConfig {
        let path = |name: &str| self.dir.path().join(name);
        EnvironmentConfig {
            root: path("environments"),
            cache: path("uv-cache"),
            ..EnvironmentConfig::default()
        }
    }

    /// A store that knows only the wheels of a folder, and the folder has one.
    fn offline(&self) -> EnvironmentStore {
        let wheels = self.dir.path().join("wheels");
        fs_err::create_dir_all(&wheels).unwrap();
        make_wheel(&wheels);
        EnvironmentStore::new(EnvironmentConfig { find_links: Some(wheels), offline: true, ..self.config() })
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("build-log")
    }

    /// What lies in the store, whatever it is called.
    fn lies_there(&self) -> Vec<String> {
        let entries = fs_err::read_dir(self.config().root).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// A wheel of our own, so that no test needs the network: `sample` with a command of that name.
fn make_wheel(folder: &Path) {
    // `hostile` brings a line that every start of its interpreter runs.
    let program = "
import os, sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1] + '/hostile-1.0-py3-none-any.whl', 'w')
info = 'hostile-1.0.dist-info/'
wheel.writestr('hostile.pth', 'import os; open(' + repr(sys.argv[1] + '/escaped') + ', \\'w\\')\\n')
wheel.writestr('hostile.py', '')
wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: hostile\\nVersion: 1.0\\n')
wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
wheel.writestr(info + 'RECORD', ''.join(name + ',,\\n' for name in wheel.namelist() + [info + 'RECORD']))
wheel.close()
open(sys.argv[1] + '/source-1.0.tar.gz', 'wb').write(b'no archive')
wheel = zipfile.ZipFile(sys.argv[1] + '/sample-1.0-py3-none-any.whl', 'w')
info = 'sample-1.0.dist-info/'
wheel.writestr('sample/__init__.py', 'def main(): print(\"a sample from\", __file__)\\n')
wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: sample\\nVersion: 1.0\\n')
wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
wheel.writestr(info + 'entry_points.txt', '[console_scripts]\\nsample = sample:main\\n')
wheel.writestr(info + 'RECORD', ''.join(name + ',,\\n' for name in wheel.namelist() + [info + 'RECORD']))
wheel.close()
";
    let made = Command::new("python3").args(["-c", program]).arg(folder).status().unwrap();
    assert!(made.success());
}

fn recipe(requirements: &[&str]) -> Recipe {
    Recipe {
        python: ">=3.10".into(),
        requirements: requirements.iter().map(|text| (*text).to_owned()).collect(),
        ..Recipe::default()
    }
}

async fn log_text(place: &Place) -> String {
    let page = LogReader::new(place.log()).lines(0, 1000).await.unwrap();
    assert!(page.complete, "the log has no end");
    page.lines.into_iter().map(|line| line.text + "\n").collect()
}

#[tokio::test]
async fn an_environment_is_built_offline_and_used() {
    let Some(place) = Place::with_uv() else { return };
    let store = place.offline();
    let built = store.build(&recipe(&["sample"]), &place.log()).await.unwrap();
    assert_eq!(built.digest, recipe(&["sample"]).digest());
    assert_eq!(built.lock, "sample==1.0\n");
    assert!(built.python_version.starts_with("3.") && built.size_bytes > 1000);
    let log = log_text(&place).await;
    assert!(log.contains("+ sample==1.0") && log.contains("[portico] ready: Python 3."), "{log}");
    assert_eq!(store.get(&built.digest).unwrap(), Some(built.clone()));
    assert_eq!(store.list().unwrap(), std::slice::from_ref(&built));
    // Building it again finds it.
    assert_eq!(store.build(&recipe(&["sample"]), &place.log()).await.unwrap(), built);

    let local = local();
    let runner = local.local_runner();
    let image =
        ImageMount { root: Some(built.path.clone()), base_prefix: Some(built.base_prefix.clone()) }.into();
    let script = "sample && python -c 'import sys; print(sys.prefix)'";
    runner.start(&AttemptSpec { image, ..AttemptSpec::new("a", script) }).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), runner.wait("a")).await.unwrap().unwrap();
    let lines = runner.log("a").lines(0, 10).await.unwrap().lines;
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    assert!(matches!(ended, Observation::Finished(exit) if exit.code == Some(0)), "{texts:?}");
    assert!(texts[0].starts_with("a sample from /opt/portico/environment/lib/"), "{texts:?}");
    assert_eq!(texts[1], "/opt/portico/environment");

    assert!(store.gc(&HashSet::from([built.digest.clone()])).unwrap().is_empty());
    assert_eq!(store.gc(&HashSet::new()).unwrap(), [built.digest]);
    assert!(place.lies_there().is_empty());
}

#[tokio::test]
async fn a_broken_requirement_gives_uvs_explanation() {
    let Some(place) = Place::with_uv() else { return };
    let store = place.offline();
    let error = store.build(&recipe(&["sample==2.0"]), &place.log()).await.unwrap_err();
    assert_eq!(error.kind, BuildErrorKind::Packages);
    assert!(error.message.contains("sample==2.0") && error.message.contains("no version"), "{error}");
    assert!(log_text(&place).await.contains("[portico] the environment could not be built"));
    assert!(store.list().unwrap().is_empty());
    let error =
        store.build(&Recipe { python: "==3.1".into(), ..recipe(&[]) }, &place.log()).await.unwrap_err();
    assert!(error.kind == BuildErrorKind::Packages && error.message.contains("3.1"), "{error}");
}

/// A package's own program never runs while it is built into an environment: that happens outside of any sandbox.
#[tokio::test]
async fn a_package_runs_nothing_while_it_is_installed() {
    let Some(place) = Place::with_uv() else { return };
    let built = place.offline().build(&recipe(&["hostile"]), &place.log()).await.unwrap();
    let package = built.path.join("lib");
    let bytecode = walk(&package).into_iter().any(|path| path.to_string_lossy().contains("hostile.cpython"));
    assert!(bytecode, "it is not compiled");
    let escaped = place.dir.path().join("wheels/escaped");
    assert!(!escaped.exists(), "the package's program ran outside of the sandbox");
    // It would run as soon as somebody starts the interpreter.
    assert!(Command::new(built.path.join("bin/python")).arg("-c").arg("").status().unwrap().success());
    assert!(escaped.exists(), "the wheel is not hostile, so this test shows nothing");
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn a_package_without_a_wheel_is_told_as_such() {
    let Some(place) = Place::with_uv() else { return };
    let error = place.offline().build(&recipe(&["source"]), &place.log()).await.unwrap_err();
    assert_eq!(error.kind, BuildErrorKind::Packages);
    assert!(error.message.contains("Only wheels are installed here"), "{error}");
}

#[tokio::test]
async fn an_index_that_is_not_there_is_a_fault_of_the_network() {
    let Some(place) = Place::with_uv() else { return };
    // A port that was just free.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let address = format!("http://127.0.0.1:{port}/simple");
    let store = EnvironmentStore::new(EnvironmentConfig { index_url: Some(address), ..place.config() });
    let error = store.build(&recipe(&["sample"]), &place.log()).await.unwrap_err();
    assert_eq!(error.kind, BuildErrorKind::Network, "{error}");
}

#[tokio::test]
async fn what_is_no_requirement_is_refused() {
    let Some(place) = Place::with_uv() else { return };
    let error = place.offline().build(&recipe(&["--index-url=x"]), &place.log()).await.unwrap_err();
    assert_eq!(error.kind, BuildErrorKind::Recipe);
    assert!(error.message.contains("--index-url=x"), "{error}");
}

#[tokio::test]
async fn a_missing_uv_is_told() {
    let place = Place { dir: tempfile::tempdir().unwrap() };
    let config = EnvironmentConfig { uv: Some("/nonexistent/uv".into()), ..place.config() };
    let error = EnvironmentStore::new(config).build(&recipe(&[]), &place.log()).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (BuildErrorKind::Tool, "uv is not at /nonexistent/uv"));
}

/// A build that is dropped takes uv with it and leaves no environment.
#[tokio::test]
async fn a_build_cut_off_leaves_nothing() {
    let Some(place) = Place::with_uv() else { return };
    // An index that takes connections and never answers.
    let index = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://user:a-password@{}/simple", index.local_addr().unwrap());
    let store = EnvironmentStore::new(EnvironmentConfig { index_url: Some(address), ..place.config() });
    let (wanted, log_dir) = (recipe(&["sample"]), place.log());
    let mut connection = tokio::select! {
        built = store.build(&wanted, &log_dir) => panic!("{built:?}"),
        connection = index.accept() => connection.unwrap().0,
    };
    // uv is gone when its connection is.
    let mut request = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(30), connection.read_to_end(&mut request)).await;
    assert!(read.is_ok(), "uv still runs");
    let log = LogReader::new(place.log());
    let mut mark = log.mark().await.unwrap();
    while !mark.complete() {
        mark = tokio::time::timeout(Duration::from_secs(30), log.changed(mark)).await.unwrap().unwrap();
    }
    assert!(log_text(&place).await.contains("[portico] the build was cut off"));
    assert_eq!((store.get(&wanted.digest()).unwrap(), store.list().unwrap()), (None, Vec::new()));
}

/// A build whose server was killed leaves a folder that nobody takes for an environment, and that `gc` removes.
#[tokio::test]
async fn what_a_killed_build_left_is_removed() {
    let Some(place) = Place::with_uv() else { return };
    let store = place.offline();
    let digest = recipe(&["sample"]).digest();
    let left = place.config().root.join(format!(".building-{digest}-1-0"));
    fs_err::create_dir_all(left.join("environment")).unwrap();
    fs_err::write(left.join("lock"), "").unwrap();
    let building = place.config().root.join(format!(".building-{digest}-2-0"));
    fs_err::create_dir_all(&building).unwrap();
    let lock = std::fs::File::create(building.join("lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!((store.get(&digest).unwrap(), store.list().unwrap()), (None, Vec::new()));
    store.gc(&HashSet::new()).unwrap();
    assert!(!left.exists() && building.exists(), "{:?}", place.lies_there());
    drop(lock);
    store.gc(&HashSet::new()).unwrap();
    assert!(place.lies_there().is_empty());
}

#[tokio::test]
async fn two_builds_of_the_same_give_one_environment() {
    let Some(place) = Place::with_uv() else { return };
    let store = place.offline();
    let (wanted, other_log) = (recipe(&["sample"]), place.dir.path().join("other-log"));
    let first_log = place.log();
    let (first, second) = tokio::join!(store.build(&wanted, &first_log), store.build(&wanted, &other_log));
    assert_eq!(first.unwrap().digest, second.unwrap().digest);
    assert_eq!(store.list().unwrap().len(), 1);
}

#[tokio::test]
async fn a_package_comes_from_the_usual_index() {
    let Some(place) = Place::with_uv() else { return };
    match EnvironmentStore::new(place.config()).build(&recipe(&["six==1.17.0"]), &place.log()).await {
        Ok(built) => assert_eq!(built.lock, "six==1.17.0\n"),
        Err(error) if error.message.contains("error sending request") => {
            println!("skipped: no index can be reached: {error}");
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
#[ignore = "downloads some hundred megabytes"]
async fn the_built_in_images_are_built() {
    let Some(place) = Place::with_uv() else { return };
    let store = EnvironmentStore::new(place.config());
    let local = local();
    let runner = local.local_runner();
    for image in runner::environments::builtin_images() {
        let begin = std::time::Instant::now();
        let built = store.build(&image.recipe(), &place.log()).await.unwrap();
        let packages = built.lock.lines().count();
        println!("{}: {:?}, {packages} packages, {} MB", image.name, begin.elapsed(), built.size_bytes >> 20);
        let mount = ImageMount { root: Some(built.path), base_prefix: Some(built.base_prefix) }.into();
        let script = "jupyter lab --version && papermill --version && python -c 'import ipykernel'";
        runner.start(&AttemptSpec { image: mount, ..AttemptSpec::new(&image.name, script) }).await.unwrap();
        let ended = runner.wait(&image.name).await.unwrap();
        let lines = runner.log(&image.name).lines(0, 100).await.unwrap().lines;
        assert!(matches!(ended, Observation::Finished(exit) if exit.code == Some(0)), "{lines:?}");
    }
}
