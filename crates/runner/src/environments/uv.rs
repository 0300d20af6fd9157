//! uv: where it is, what it is told, and which Python it finds.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;

use super::{BuildError, BuildErrorKind, EnvironmentConfig, EnvironmentStore};
use crate::shim::Bind;
use crate::spec::Network;

/// Where a workload finds uv when it is mounted into it: read-only, in a folder for `PATH`.
pub const UV_TARGET: &str = "/opt/portico/bin/uv";

const WHEELS_TARGET: &str = "/opt/portico/wheels";
const CERTIFICATES_TARGET: &str = "/opt/portico/certificates";
/// What every sandbox has of the machine.
const IN_EVERY_SANDBOX: [&str; 4] = ["/usr", "/etc/ssl", "/etc/pki", "/etc/ca-certificates"];

/// uv, set up to do as we say and nothing else.
pub(super) struct Uv<'a> {
    program: PathBuf,
    config: &'a EnvironmentConfig,
    /// What uv takes for its home outside of a sandbox.
    home: PathBuf,
}

/// An interpreter of the machine.
pub(super) struct Python {
    pub(super) version: String,
    /// Links followed.
    pub(super) program: PathBuf,
    pub(super) base_prefix: PathBuf,
}

/// Why there is no interpreter.
pub(super) enum NoPython {
    /// In uv's words.
    Unknown(String),
    Other(BuildError),
}

impl<'a> Uv<'a> {
    /// Finds the uv that a store builds with.
    pub(super) fn find(store: &'a EnvironmentStore) -> Result<Self, BuildError> {
        let program = find_uv(store.runner.configured_uv(), store.runner.layout().data())?;
        Ok(Uv { program, config: &store.config, home: store.root() })
    }

    /// The program itself, links followed.
    pub(super) fn program(&self) -> io::Result<PathBuf> {
        fs_err::canonicalize(&self.program)
    }

    /// The interpreter of the machine that fits. Nothing of any package runs for this.
    pub(super) async fn python(&self, wanted: &str) -> Result<Python, NoPython> {
        let tool = |what: &str, error: io::Error| {
            NoPython::Other(BuildError {
                kind: BuildErrorKind::Tool,
                message: format!("{what} could not be run: {error}"),
            })
        };
        let wanted = match &self.config.python {
            Some(python) => python.as_os_str(),
            None => OsStr::new(wanted.trim()),
        };
        let mut find = Command::new(&self.program);
        find.env_clear().envs(settings()).env("HOME", &self.home);
        // Interpreters are found in PATH.
        find.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        find.args(["python", "find", "--system", "--no-project", "--no-cache", "--"]).arg(wanted);
        let found = output(find).await.map_err(|error| tool("uv", error))?;
        if !found.status.success() {
            return Err(NoPython::Unknown(String::from_utf8_lossy(&found.stderr).into_owned()));
        }
        let mut ask = Command::new(String::from_utf8_lossy(&found.stdout).trim());
        ask.env_clear().args([
            "-I",
            "-S",
            "-c",
            "import os, platform, sys\n\
             print(platform.python_version(), os.path.realpath(sys.executable), sys.base_prefix, sep='\\n')",
        ]);
        let about = output(ask).await.map_err(|error| tool("Python", error))?;
        let text = String::from_utf8_lossy(&about.stdout).into_owned();
        match text.lines().collect::<Vec<_>>()[..] {
            [version, program, base_prefix] => Ok(Python {
                version: version.to_owned(),
                program: program.into(),
                base_prefix: base_prefix.into(),
            }),
            _ => Err(tool(
                "Python",
                io::Error::other(String::from_utf8_lossy(&about.stderr).trim().to_owned()),
            )),
        }
    }

    /// What uv is told in a sandbox. Whatever is in our own environment or in anybody's configuration files has no
    /// say in it.
    ///
    /// Not as arguments, which everybody on the machine can read: an address may have a password in it.
    pub(super) fn variables(&self, torch_backend: &str) -> BTreeMap<String, String> {
        let config = self.config;
        let mut variables: BTreeMap<String, String> =
            settings().map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut set = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                variables.insert(name.to_owned(), value);
            }
        };
        for (name, path) in certificates() {
            set(
                name,
                Some(if is_everywhere(&path) {
                    shown(&path)
                } else {
                    format!("{CERTIFICATES_TARGET}/{name}")
                }),
            );
        }
        set("UV_DEFAULT_INDEX", config.index_url.clone());
        set("UV_FIND_LINKS", config.find_links.as_ref().map(|_| WHEELS_TARGET.to_owned()));
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            set(name, config.proxy.clone());
        }
        if config.offline {
            set("UV_OFFLINE", Some("1".to_owned()));
            set("UV_NO_INDEX", config.find_links.as_ref().map(|_| "1".to_owned()));
        }
        // uv knows where PyTorch publishes its variants. Whoever has packages of their own has these among them.
        let own_packages = config.offline || config.index_url.is_some() || config.find_links.is_some();
        if !torch_backend.is_empty() && !own_packages {
            set("UV_TORCH_BACKEND", Some(torch_backend.to_owned()));
        }
        variables
    }

    /// What uv needs of the machine in a sandbox.
    pub(super) fn binds(&self) -> io::Result<Vec<Bind>> {
        let read_only =
            |source: PathBuf, target: &str| Bind { source, target: target.into(), writable: false };
        let mut binds = vec![read_only(self.program()?, UV_TARGET)];
        if let Some(wheels) = &self.config.find_links {
            binds.push(read_only(fs_err::canonicalize(wheels)?, WHEELS_TARGET));
        }
        if let Some(index) = self.config.index_url.as_deref().and_then(|url| url.strip_prefix("file://"))
            && !is_everywhere(Path::new(index))
        {
            binds.push(read_only(index.into(), index));
        }
        for (name, path) in certificates() {
            if !is_everywhere(&path) {
                binds.push(read_only(fs_err::canonicalize(path)?, &format!("{CERTIFICATES_TARGET}/{name}")));
            }
        }
        Ok(binds)
    }

    /// What uv has to reach. Only what this very machine serves asks for the machine's own network.
    pub(super) async fn network(&self) -> Network {
        match self.config.network {
            _ if self.config.offline => Network::None,
            Network::Host => Network::Host,
            Network::None | Network::Outbound if self.uses_loopback().await => Network::Host,
            Network::None | Network::Outbound => Network::Outbound,
        }
    }

    async fn uses_loopback(&self) -> bool {
        for address in self.addresses() {
            let Some((host, _)) = host(address) else { continue };
            if let Ok(mut found) = tokio::net::lookup_host((host, 0)).await
                && found.any(|address| address.ip().is_loopback())
            {
                return true;
            }
        }
        false
    }

    /// The passwords in the addresses that uv is told, which it would put into its messages.
    pub(super) fn passwords(&self) -> Vec<String> {
        self.addresses().filter_map(|address| host(address)?.1).map(str::to_owned).collect()
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        [self.config.index_url.as_deref(), self.config.proxy.as_deref()].into_iter().flatten()
    }
}

/// Finds uv: as configured, in `PATH`, or in the data directory.
pub(crate) fn find_uv(configured: Option<&Path>, data: &Path) -> Result<PathBuf, BuildError> {
    let runs =
        |path: &PathBuf| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    let in_path = || {
        std::env::var_os("PATH")
            .and_then(|path| std::env::split_paths(&path).map(|dir| dir.join("uv")).find(runs))
    };
    let found = match configured {
        Some(configured) => Some(configured.to_owned()).filter(runs),
        None => in_path().or_else(|| [data.join("uv"), data.join("bin/uv")].into_iter().find(runs)),
    };
    found.ok_or_else(|| BuildError {
        kind: BuildErrorKind::Tool,
        message: match configured {
            Some(configured) => format!("uv is not at {}", configured.display()),
            None => "uv is not installed: put the program `uv` into PATH or into the data folder".into(),
        },
    })
}

/// The name of the machine in an address, and the password.
fn host(url: &str) -> Option<(&str, Option<&str>)> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    let host = match place.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => place.split(':').next()?,
    };
    Some((host, user.map(|user| user.split_once(':').map_or(user, |(_, password)| password))))
}

/// What uv is told everywhere.
fn settings() -> [(&'static str, &'static str); 7] {
    [
        ("UV_NO_CONFIG", "1"),
        ("UV_PYTHON_DOWNLOADS", "never"),
        ("UV_NO_PROGRESS", "1"),
        ("NO_COLOR", "1"),
        ("LANG", "C.UTF-8"),
        // Companies have certificates of their own. The first name is the one of older versions.
        ("UV_NATIVE_TLS", "1"),
        ("UV_SYSTEM_CERTS", "1"),
    ]
}

/// Where our own environment says that certificates are.
fn certificates() -> Vec<(&'static str, PathBuf)> {
    let named = |name| std::env::var_os(name).map(|path| (name, PathBuf::from(path)));
    let found = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(named);
    found.filter(|(_, path)| path.exists()).collect()
}

fn is_everywhere(path: &Path) -> bool {
    IN_EVERY_SANDBOX.iter().any(|place| path.starts_with(place))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

async fn output(mut command: Command) -> io::Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true).output().await
}
