//! Running uv.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::{BuildError, BuildErrorKind, EnvironmentConfig};

/// uv, set up to do as we say and nothing else.
pub(super) struct Uv<'a> {
    program: PathBuf,
    config: &'a EnvironmentConfig,
}

impl<'a> Uv<'a> {
    /// Finds uv: as configured, in `PATH`, or beside the environments.
    pub(super) fn find(config: &'a EnvironmentConfig) -> Result<Self, BuildError> {
        let runs =
            |path: &PathBuf| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
        let in_path = || {
            std::env::var_os("PATH")
                .and_then(|path| std::env::split_paths(&path).map(|dir| dir.join("uv")).find(runs))
        };
        let beside = || {
            let data = config.root.parent()?;
            [data.join("uv"), data.join("bin/uv")].into_iter().find(runs)
        };
        let found = match &config.uv {
            Some(configured) => Some(configured.clone()).filter(runs),
            None => in_path().or_else(beside),
        };
        let program = found.ok_or_else(|| BuildError {
            kind: BuildErrorKind::Tool,
            message: match &config.uv {
                Some(configured) => format!("uv is not at {}", configured.display()),
                None => "uv is not installed: put the program `uv` into PATH or into the data folder".into(),
            },
        })?;
        Ok(Uv { program, config })
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// A uv command without its arguments. Whatever is in our own environment or in anybody's configuration files
    /// has no say in it.
    pub(super) fn command(&self) -> Command {
        let config = self.config;
        let mut command = Command::new(&self.program);
        command.env_clear();
        // Interpreters are found in PATH.
        for name in ["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        // Not what its user has lying about there, but some programs do not start without one.
        command.env("HOME", &config.cache);
        command.env("UV_CACHE_DIR", &config.cache);
        command.envs([
            ("UV_NO_CONFIG", "1"),
            ("UV_PYTHON_DOWNLOADS", "never"),
            ("UV_NO_PROGRESS", "1"),
            ("NO_COLOR", "1"),
            ("LANG", "C.UTF-8"),
            // Companies have certificates of their own. The first name is the one of older versions.
            ("UV_NATIVE_TLS", "1"),
            ("UV_SYSTEM_CERTS", "1"),
        ]);
        // Not as arguments, which everybody on the machine can read: an address may have a password in it.
        let mut set = |name: &str, value: Option<&OsStr>| {
            if let Some(value) = value {
                command.env(name, value);
            }
        };
        set("UV_DEFAULT_INDEX", config.index_url.as_deref().map(OsStr::new));
        set("UV_FIND_LINKS", config.find_links.as_deref().map(Path::as_os_str));
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            set(name, config.proxy.as_deref().map(OsStr::new));
        }
        if config.offline {
            command.env("UV_OFFLINE", "1");
            if config.find_links.is_some() {
                command.env("UV_NO_INDEX", "1");
            }
        }
        command.stdin(Stdio::null()).kill_on_drop(true).process_group(0);
        command
    }
}
