//! Environments, with a real uv.

use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use runner::contract::RunnerFixture;
use runner::environments::{BuildErrorKind, EnvironmentConfig, EnvironmentStore, Recipe};
use runner::{AttemptSpec, Image, LocalConfig, LocalRunner, LogReader, Network, Observation, Runner};
use tokio::io::AsyncReadExt;

use crate::fixture::{Local, local};

struct Place {
    local: Local,
}

impl Place {
    fn new() -> Self {
        let place = Place { local: local() };
        fs_err::create_dir_all(place.data()).unwrap();
        place
    }

    fn config(&self) -> EnvironmentConfig {
        EnvironmentConfig { network: Network::Outbound, ..EnvironmentConfig::default() }
    }

    fn store(&self, config: EnvironmentConfig) -> EnvironmentStore {
        EnvironmentStore::new(config, Arc::new(self.local.local_runner()))
    }

    /// The data directory, with the files of everybody in it.
    fn data(&self) -> PathBuf {
        self.local.data_dir()
    }

    fn wheels(&self) -> PathBuf {
        self.data().join("wheels")
    }

    /// A store that knows only the packages of a folder.
    fn offline(&self) -> EnvironmentStore {
        self.make_packages(0);
        self.store(EnvironmentConfig { offline: true, ..self.with_folder() })
    }

    fn with_folder(&self) -> EnvironmentConfig {
        EnvironmentConfig { find_links: Some(self.wheels()), ..self.config() }
    }

    /// Makes packages of our own in the folder, one of which tries to reach this port of the machine.
    fn make_packages(&self, port: u16) {
        fs_err::create_dir_all(self.wheels()).unwrap();
        let mut make = Command::new("python3");
        make.args(["-c", include_str!("packages.py")]).arg(self.wheels()).arg(self.data());
        assert!(make.arg(port.to_string()).status().unwrap().success());
    }

    fn log(&self) -> PathBuf {
        self.data().join("build-log")
    }

    /// Builds under way and what they left.
    fn builds(&self) -> Vec<String> {
        let builds = names(&self.local.layout().builds());
        builds.into_iter().filter(|name| name != "uv").collect()
    }

    /// Waits until nothing is left of any build.
    async fn until_cleared(&self) {
        tokio::time::timeout(Duration::from_secs(30), async {
            while !self.builds().is_empty() || !names(&self.local.attempts()).is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
    }

    /// What is in the cache that all builds share, by content.
    fn cached(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = walk(&self.local.layout().builds().join("uv")).into_iter();
        files.map(|path| (path.clone(), fs_err::read(path).unwrap_or_default())).collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
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
#[ignore = "needs uv in PATH"]
async fn an_environment_is_built_offline_and_used() {
    let place = Place::new();
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

    let runner = place.local.local_runner();
    let image = Image::Environment { digest: built.digest.clone() };
    let script = "sample && python -c 'import sys; print(sys.prefix)'";
    runner.start(&AttemptSpec { image, ..AttemptSpec::new("a", script) }).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), runner.wait("a")).await.unwrap().unwrap();
    let lines = runner.log("a").lines(0, 10).await.unwrap().lines;
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    assert!(matches!(ended, Observation::Finished(exit) if exit.code == Some(0)), "{texts:?}");
    assert!(texts[0].starts_with("a sample from /opt/portico/environment/lib/"), "{texts:?}");
    assert_eq!(texts[1], "/opt/portico/environment");
    runner.remove("a").await.unwrap();

    assert!(store.gc(&HashSet::from([built.digest.clone()])).unwrap().is_empty());
    assert_eq!(store.gc(&HashSet::new()).unwrap(), [built.digest]);
    assert!(names(&place.local.layout().environments()).is_empty());
    place.until_cleared().await;
}

#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn a_broken_requirement_gives_uvs_explanation() {
    let place = Place::new();
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

/// A package can bring a line that every start of its interpreter runs, and an interpreter of its own.
#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn a_package_runs_nothing_while_its_wheel_is_installed() {
    let place = Place::new();
    let built = place.offline().build(&recipe(&["hostile"]), &place.log()).await.unwrap();
    let compiled = walk(&built.path.join("lib"));
    let compiled = compiled.iter().any(|path| path.to_string_lossy().contains("hostile.cpython"));
    assert!(compiled, "it is not compiled");
    let marks = || walk(&built.path).into_iter().filter(|path| path.ends_with("it-ran")).count();
    assert_eq!(marks(), 0, "the package's program ran");
    // It would run as soon as somebody starts an interpreter with it.
    let packages = walk(&built.path).into_iter().find(|path| path.ends_with("hostile.py")).unwrap();
    let start = format!("import site; site.addsitedir({:?})", packages.parent().unwrap());
    assert!(Command::new("python3").args(["-c", &start]).status().unwrap().success());
    assert_eq!(marks(), 1, "the wheel is not hostile, so this test shows nothing");
}

/// A wheel that brings the environment's interpreter: whether it is installed or refused, nobody starts it.
#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn an_interpreter_in_a_wheel_never_runs() {
    let place = Place::new();
    match place.offline().build(&recipe(&["replacer"]), &place.log()).await {
        Ok(built) => {
            let ran = walk(&built.path).into_iter().any(|path| path.ends_with("it-ran"));
            assert!(!ran, "the package's interpreter ran");
        }
        Err(error) => assert_eq!(error.kind, BuildErrorKind::Packages, "{error}"),
    }
}

/// A source is built where it sees nothing but itself, and what it leaves is of use to nobody else.
#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn a_hostile_source_reaches_nothing() {
    let place = Place::new();
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    fs_err::write(place.data().join("secret"), "the secret").unwrap();
    fs_err::create_dir(place.data().join("groups")).unwrap();
    fs_err::write(place.data().join("groups/other"), "another group's").unwrap();
    place.make_packages(listener.local_addr().unwrap().port());
    // With a network, and with an index that nothing is asked of.
    let config = EnvironmentConfig { index_url: Some("file:///usr/share".to_owned()), ..place.with_folder() };
    let store = place.store(config);
    store.build(&recipe(&["sample"]), &place.log()).await.unwrap();
    let before = place.cached();
    let built = store.build(&recipe(&["source", "sample"]), &place.log()).await.unwrap();
    assert_eq!(built.lock, "sample==1.0\nsource==1.0\n");
    let log = log_text(&place).await;
    assert!(log.contains("their sources are built"), "{log}");
    let module = walk(&built.path).into_iter().find(|path| path.ends_with("source.py")).unwrap();
    let report = fs_err::read_to_string(module).unwrap();
    assert!(!report.contains("done: ") && report.matches("refused: ").count() == 10, "{report}");
    assert!(report.contains("'builds': ['build-") && !report.contains("'uv'"), "{report}");
    let after: HashMap<_, _> = place.cached().into_iter().collect();
    for (path, contents) in before {
        assert_eq!(after.get(&path), Some(&contents), "{} changed", path.display());
    }
    assert!(!after.values().any(|contents| contents.windows(8).any(|bytes| bytes == b"'builds'")));
    // Its own files are copies: what it changes of a package is changed nowhere else.
    let sample = walk(&built.path).into_iter().find(|path| path.ends_with("sample/__init__.py")).unwrap();
    assert_eq!(fs_err::metadata(sample).unwrap().nlink(), 1);
    assert!(!walk(&built.path).into_iter().any(|path| path.ends_with("it-ran")));
}

#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn a_source_is_not_built_where_it_could_read_a_password() {
    let place = Place::new();
    place.make_packages(0);
    let index_url = Some("file:///usr/share".to_owned());
    let proxy = Some("http://user:a-password@192.0.2.1:3128".to_owned());
    let store = place.store(EnvironmentConfig { index_url, proxy, ..place.with_folder() });
    let error = store.build(&recipe(&["source"]), &place.log()).await.unwrap_err();
    assert_eq!(error.kind, BuildErrorKind::NoWheel, "{error}");
    assert!(error.message.contains("could read the password"), "{error}");
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn an_index_that_is_not_there_is_a_fault_of_the_network() {
    let place = Place::new();
    // A port that was just free.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let address = format!("http://127.0.0.1:{port}/simple");
    let store = place.store(EnvironmentConfig { index_url: Some(address), ..place.config() });
    let error = store.build(&recipe(&["sample"]), &place.log()).await.unwrap_err();
    assert_eq!(error.kind, BuildErrorKind::Network, "{error}");
}

/// uv knows where PyTorch's variants are, and says so when it can't get there.
#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn a_variant_of_pytorch_names_the_index_it_needs() {
    let place = Place::new();
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let proxy = Some(format!("http://127.0.0.1:{port}"));
    let store = place.store(EnvironmentConfig { proxy, ..place.config() });
    let wanted = Recipe { torch_backend: "cpu".into(), ..recipe(&["torch==2.14.1"]) };
    let error = store.build(&wanted, &place.log()).await.unwrap_err();
    assert_eq!(error.kind, BuildErrorKind::Network, "{error}");
    assert!(error.message.contains("/whl/cpu/torch/"), "{error}");
}

#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn what_is_no_requirement_is_refused() {
    let place = Place::new();
    let error = place.offline().build(&recipe(&["--index-url=x"]), &place.log()).await.unwrap_err();
    assert_eq!(error.kind, BuildErrorKind::Recipe);
    assert!(error.message.contains("--index-url=x"), "{error}");
}

#[tokio::test]
async fn a_missing_uv_is_told() {
    let place = Place::new();
    let local = LocalConfig { uv: Some("/nonexistent/uv".into()), ..place.local.config() };
    let store = EnvironmentStore::new(place.config(), Arc::new(LocalRunner::new(local).unwrap()));
    let error = store.build(&recipe(&[]), &place.log()).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (BuildErrorKind::Tool, "uv is not at /nonexistent/uv"));
}

/// A build that is dropped takes uv with it and leaves no environment.
#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn a_build_cut_off_leaves_nothing() {
    let place = Place::new();
    // An index that takes connections and never answers.
    let index = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://user:a-password@{}/simple", index.local_addr().unwrap());
    let store = place.store(EnvironmentConfig { index_url: Some(address), ..place.config() });
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
    place.until_cleared().await;
}

/// A build outlives its server when that is killed. It ends when the next server looks.
#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn what_a_killed_build_left_is_removed() {
    let place = Place::new();
    let (store, runner) = (place.offline(), place.local.runner());
    let wanted = recipe(&["sample"]);
    let folder = |name: &str| place.local.layout().builds().join(name);
    for name in ["build-left-1-0", "build-underway-2-0"] {
        fs_err::create_dir_all(folder(name).join("environment")).unwrap();
        fs_err::write(folder(name).join("lock"), "").unwrap();
    }
    runner.start(&AttemptSpec::new("build-left-1-0", "sleep 600")).await.unwrap();
    let lock = std::fs::File::open(folder("build-underway-2-0").join("lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!((store.get(&wanted.digest()).unwrap(), store.list().unwrap()), (None, Vec::new()));
    store.build(&wanted, &place.log()).await.unwrap();
    assert!(!folder("build-left-1-0").exists() && folder("build-underway-2-0").exists());
    assert_eq!(runner.observe("build-left-1-0").await.unwrap(), Observation::NotStarted);
    drop(lock);
    store.clear_abandoned().await.unwrap();
    place.until_cleared().await;
}

#[tokio::test]
#[ignore = "needs uv in PATH"]
async fn two_builds_of_the_same_give_one_environment() {
    let place = Place::new();
    let store = place.offline();
    let (wanted, other_log) = (recipe(&["sample"]), place.data().join("other-log"));
    let first_log = place.log();
    let (first, second) = tokio::join!(store.build(&wanted, &first_log), store.build(&wanted, &other_log));
    assert_eq!(first.unwrap().digest, second.unwrap().digest);
    assert_eq!(store.list().unwrap().len(), 1);
}

mod with_index {
    use super::*;

    #[tokio::test]
    #[ignore = "needs a package index"]
    async fn a_package_comes_from_the_usual_index() {
        let place = Place::new();
        let built = place.store(place.config()).build(&recipe(&["six==1.17.0"]), &place.log()).await.unwrap();
        assert_eq!(built.lock, "six==1.17.0\n");
    }
}

mod by_hand {
    use super::*;

    #[tokio::test]
    #[ignore = "downloads some hundred megabytes"]
    async fn the_built_in_images_are_built() {
        let place = Place::new();
        let store = place.store(place.config());
        let runner = place.local.local_runner();
        for image in runner::environments::builtin_images() {
            let begin = std::time::Instant::now();
            let built = store.build(&image.recipe(), &place.log()).await.unwrap();
            let packages = built.lock.lines().count();
            println!(
                "{}: {:?}, {packages} packages, {} MB",
                image.name,
                begin.elapsed(),
                built.size_bytes >> 20
            );
            let mount = Image::Environment { digest: built.digest };
            let script = "jupyter lab --version && papermill --version && python -c 'import ipykernel'";
            runner
                .start(&AttemptSpec { image: mount, ..AttemptSpec::new(&image.name, script) })
                .await
                .unwrap();
            let ended = runner.wait(&image.name).await.unwrap();
            let lines = runner.log(&image.name).lines(0, 100).await.unwrap().lines;
            assert!(matches!(ended, Observation::Finished(exit) if exit.code == Some(0)), "{lines:?}");
        }
    }
}
