//! Building one environment.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;
use tokio::task::JoinHandle;

use super::store::{BUILD_LOCK, BUILDING, ENVIRONMENT, RECORD};
use super::uv::Uv;
use super::{Built, EnvironmentStore, Recipe};
use crate::log::{LogPump, LogWriter, MARKER, Masker};
use crate::spec::LogLimits;

/// How much of uv's last words makes a message.
const LONGEST_MESSAGE: usize = 4000;

/// Why an environment could not be built.
#[derive(Debug)]
pub struct BuildError {
    /// Whose trouble it is.
    pub kind: BuildErrorKind,
    /// What happened, in uv's words where it was uv.
    pub message: String,
}

/// Whose trouble a failed build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildErrorKind {
    /// The recipe is not one.
    Recipe,
    /// uv tried and could not.
    Packages,
    /// What the packages come from could not be reached; another try may find it.
    Network,
    /// uv is missing or does not work.
    Tool,
    /// The machine: disk, permissions.
    Machine,
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for BuildError {}

impl From<io::Error> for BuildError {
    fn from(error: io::Error) -> Self {
        BuildError { kind: BuildErrorKind::Machine, message: error.to_string() }
    }
}

pub(super) async fn build(
    store: &EnvironmentStore,
    recipe: &Recipe,
    log_dir: &Path,
) -> Result<Built, BuildError> {
    let config = &store.config;
    recipe
        .check()
        .map_err(|error| BuildError { kind: BuildErrorKind::Recipe, message: error.to_string() })?;
    let uv = Uv::find(config)?;
    let digest = recipe.digest();
    fs_err::create_dir_all(&config.root)?;
    fs_err::create_dir_all(&config.cache)?;
    fs_err::create_dir_all(log_dir)?;
    let addresses = [config.index_url.as_deref(), config.proxy.as_deref()];
    let passwords: Vec<String> = addresses.into_iter().flatten().filter_map(password).collect();
    let log = BuildLog::start(log_dir, &passwords)?;
    let outcome = match store.get(&digest)? {
        Some(built) => Ok(built),
        None => build_new(store, recipe, &digest, &uv, &log).await,
    };
    let last_words = match &outcome {
        Ok(built) => {
            format!("ready: Python {}, {} packages", built.python_version, built.lock.lines().count())
        }
        Err(_) => "the environment could not be built".to_owned(),
    };
    log.finish(last_words).await?;
    outcome.map_err(|failure| match failure {
        Failure::Uv => explained(explanation(log_dir)),
        Failure::Other(error) => error,
    })
}

enum Failure {
    /// uv says why in the log.
    Uv,
    Other(BuildError),
}

impl<E: Into<BuildError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Other(error.into())
    }
}

async fn build_new(
    store: &EnvironmentStore,
    recipe: &Recipe,
    digest: &str,
    uv: &Uv<'_>,
    log: &BuildLog,
) -> Result<Built, Failure> {
    let workshop = Workshop::open(&store.config.root, digest)?;
    let environment = workshop.path.join(ENVIRONMENT);
    let interpreter = environment.join("bin/python");
    let requirements = workshop.path.join("requirements.txt");
    fs_err::write(&requirements, recipe.requirements_file())?;

    let mut venv = uv.command();
    venv.args(["venv", "--relocatable", "--no-project", "--prompt", "portico"]);
    let wanted = match &store.config.python {
        Some(python) => python.display().to_string(),
        None => recipe.python.trim().to_owned(),
    };
    venv.arg(format!("--python={wanted}")).arg(&environment);
    log.run(venv).await?;

    // Asked while nothing but Python is in it: from here on nothing of it runs without `-S`, because a package can
    // bring files that every start of its interpreter runs, and this is not a sandbox.
    let mut ask = python(&interpreter);
    ask.args(["-c", "import platform, sys; print(platform.python_version()); print(sys.base_prefix)"]);
    let about = answer(ask).await?;
    let (python_version, base_prefix) = about
        .trim_end()
        .split_once('\n')
        .ok_or_else(|| io::Error::other("the new interpreter does not answer"))?;

    let wheels_only: &[&str] = if store.config.allow_source { &[] } else { &["--only-binary", ":all:"] };
    let lock_file = workshop.path.join("lock.txt");
    let mut resolve = uv.command();
    resolve.args(["pip", "compile", "--no-header", "--no-annotate"]).args(wheels_only);
    resolve.arg("--python").arg(&interpreter).arg("--output-file").arg(&lock_file).arg(&requirements);
    log.run(resolve).await?;
    let lock = fs_err::read_to_string(&lock_file)?;

    let mut install = uv.command();
    install.args(["pip", "install", "--no-deps", "--strict"]).args(wheels_only);
    install.arg("--python").arg(&interpreter).arg("--requirements").arg(&lock_file);
    log.run(install).await?;

    let mut compile = python(&interpreter);
    // Some packages bring files for other Pythons, which do not compile; that is no matter.
    compile.args(["-m", "compileall", "-q", "-q", "-j", "2"]).arg(environment.join("lib"));
    compile.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    compile.status().await.map_err(no_python)?;

    let built = Built {
        digest: digest.to_owned(),
        path: store.dir(digest).join(ENVIRONMENT),
        base_prefix: PathBuf::from(base_prefix),
        python_version: python_version.to_owned(),
        size_bytes: 0,
        lock,
    };
    let finish = workshop.finish(built, store.dir(digest));
    Ok(tokio::task::spawn_blocking(finish).await.map_err(io::Error::other)??)
}

/// A folder in which an environment is made. Deleted when it is dropped, unless it was finished.
struct Workshop {
    path: PathBuf,
    _lock: File,
}

impl Workshop {
    fn open(root: &Path, digest: &str) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = root.join(format!("{BUILDING}{digest}-{}-{nth}", std::process::id()));
        // A build of an earlier server with the same process id may have been killed.
        match fs_err::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs_err::create_dir(&path)?,
        }
        let lock = File::create(path.join(BUILD_LOCK))?;
        lock.lock()?;
        Ok(Workshop { path, _lock: lock })
    }

    /// Puts the folder in its place, all on the disk before it appears there.
    fn finish(self, mut built: Built, place: PathBuf) -> impl FnOnce() -> io::Result<Built> + Send + 'static {
        move || {
            built.size_bytes = size_of(&self.path.join(ENVIRONMENT))?;
            fs_err::write(self.path.join(RECORD), serde_json::to_vec_pretty(&built)?)?;
            rustix::fs::syncfs(fs_err::File::open(&self.path)?.file())?;
            match fs_err::rename(&self.path, &place) {
                // Somebody else was faster with the same; theirs is as good.
                Err(_) if place.join(RECORD).exists() => {}
                renamed => renamed?,
            }
            if let Some(above) = place.parent() {
                fs_err::File::open(above)?.sync_all()?;
            }
            Ok(built)
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.path);
        if path.exists() {
            // Large, and this may be on a thread that must not wait. What is not deleted in time is found by `gc`.
            std::thread::spawn(move || fs_err::remove_dir_all(path));
        }
    }
}

/// Writes what uv says to a log. When it is dropped, the log still comes to its end.
struct BuildLog {
    output: OwnedFd,
    last_words: mpsc::Sender<String>,
    pumping: JoinHandle<io::Result<()>>,
}

impl BuildLog {
    fn start(dir: &Path, passwords: &[String]) -> io::Result<Self> {
        let masker = Masker::new(passwords.iter().map(String::as_str)).map_err(io::Error::other)?;
        let mut pump = LogPump::new(LogWriter::create(dir)?, masker, LogLimits::default());
        let (input, output) = pipe_with(PipeFlags::CLOEXEC)?;
        let (closing, open) = pipe_with(PipeFlags::CLOEXEC)?;
        let (last_words, spoken) = mpsc::channel();
        let pumping = tokio::task::spawn_blocking(move || {
            let drained = pump.drain(&input, &closing);
            drop(open);
            let words = spoken.recv().unwrap_or_else(|_| "the build was cut off".to_owned());
            pump.finish(&[words]).and(drained)
        });
        Ok(BuildLog { output, last_words, pumping })
    }

    /// Runs one step with its output in the log.
    async fn run(&self, mut command: Command) -> Result<(), Failure> {
        command.stdout(self.output.try_clone()?).stderr(self.output.try_clone()?);
        let mut child = command.spawn().map_err(no_uv)?;
        drop(command);
        // uv starts processes of its own; all of them go when this is dropped.
        let mut group = ProcessGroup(child.id());
        let status = child.wait().await?;
        group.0 = None;
        if status.success() { Ok(()) } else { Err(Failure::Uv) }
    }

    async fn finish(self, last_words: String) -> io::Result<()> {
        let BuildLog { output, last_words: say, pumping } = self;
        // A log that could not be written has lost its listener, and says so below.
        let _ = say.send(last_words);
        drop(output);
        pumping.await.map_err(io::Error::other)?
    }
}

struct ProcessGroup(Option<u32>);

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let leader = self.0.and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(leader) = leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

fn no_uv(error: io::Error) -> BuildError {
    BuildError { kind: BuildErrorKind::Tool, message: format!("uv could not be run: {error}") }
}

fn no_python(error: io::Error) -> BuildError {
    BuildError { kind: BuildErrorKind::Tool, message: format!("Python could not be run: {error}") }
}

/// The interpreter of an environment, without any package: `-S` leaves out what packages could have put into its
/// start, `-I` the folder and the variables that it is started with.
fn python(interpreter: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.env_clear().kill_on_drop(true).args(["-I", "-S"]);
    command
}

async fn answer(mut command: Command) -> Result<String, Failure> {
    let output = command.output().await.map_err(no_python)?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Failure::Other(BuildError { kind: BuildErrorKind::Tool, message }));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What uv said why it failed: from its last `error` on.
fn explanation(log_dir: &Path) -> String {
    let log = fs_err::read(log_dir.join(crate::log::LOG_FILE)).unwrap_or_default();
    let log = String::from_utf8_lossy(&log).into_owned();
    let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with(MARKER)).collect();
    let is_error = |line: &&str| line.starts_with("error:") || line.trim_start().starts_with('×');
    let from = lines.iter().rposition(is_error).unwrap_or(lines.len().saturating_sub(10));
    let text = lines[from..].join("\n");
    let text = text.trim().trim_start_matches("error:").trim_start_matches('×').trim();
    let text = text.replace("\n  cause: ", ". ");
    text.chars().take(LONGEST_MESSAGE).collect()
}

/// Whose trouble uv's explanation tells of, with a way out where uv names none.
fn explained(mut message: String) -> BuildError {
    const NETWORK: [&str; 8] = [
        "error sending request",
        "Failed to fetch",
        "Could not connect",
        "dns error",
        "operation timed out",
        "connection closed",
        "Connection reset",
        "Failed to download",
    ];
    const NO_WHEEL: [&str; 2] = ["has no usable wheels", "building from source is disabled"];
    let tells = |words: &[&str]| words.iter().any(|words| message.contains(words));
    let kind = if tells(&NETWORK) { BuildErrorKind::Network } else { BuildErrorKind::Packages };
    if tells(&NO_WHEEL) {
        message.push_str(
            "\n\nOnly wheels are installed here: building a package from its source would run the package's own \
             program. Choose a version that has a wheel for this Python and machine.",
        );
    }
    BuildError { kind, message }
}

/// The password in an address, which uv would put into its messages.
fn password(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (user, _) = rest.split('/').next()?.rsplit_once('@')?;
    Some(user.split_once(':').map_or(user, |(_, password)| password).to_owned())
}

fn size_of(path: &Path) -> io::Result<u64> {
    let mut size = 0;
    let mut open = vec![path.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs_err::read_dir(dir)? {
            let entry = entry?;
            let found = entry.metadata()?;
            if found.is_dir() {
                open.push(entry.path());
            } else {
                size += found.len();
            }
        }
    }
    Ok(size)
}
