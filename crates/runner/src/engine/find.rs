//! Finding the engine.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// Which container engine a runner uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ContainerEngine {
    /// The one that is there, if any.
    Auto,
    /// None.
    #[default]
    Off,
    /// The one that listens at this unix socket.
    Socket(PathBuf),
}

/// Where engines listen, the likeliest first.
const USUAL: [&str; 3] = ["/run/podman/podman.sock", "/var/run/docker.sock", "/run/docker.sock"];

/// The socket of the engine to use, or why there is none.
pub(crate) fn find(wanted: &ContainerEngine) -> Result<PathBuf, String> {
    match wanted {
        ContainerEngine::Off => Err("containers are turned off by the setting container_engine".into()),
        ContainerEngine::Socket(path) => match UnixStream::connect(path) {
            Ok(_) => Ok(path.clone()),
            Err(error) => Err(format!("nothing answers at {}: {error}", path.display())),
        },
        ContainerEngine::Auto => {
            let candidates = candidates(std::env::var_os("DOCKER_HOST"), std::env::var_os("XDG_RUNTIME_DIR"));
            let mut refused = None;
            for path in candidates {
                match UnixStream::connect(&path) {
                    Ok(_) => return Ok(path),
                    Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                        refused = Some(format!("the server may not use {}", path.display()));
                    }
                    Err(_) => {}
                }
            }
            Err(refused.unwrap_or_else(|| "no socket of Docker or Podman was found".into()))
        }
    }
}

fn candidates(docker_host: Option<OsString>, runtime_dir: Option<OsString>) -> Vec<PathBuf> {
    let mut candidates = Vec::new();
    if let Some(path) = docker_host.as_deref().and_then(|host| host.to_str()?.strip_prefix("unix://")) {
        candidates.push(PathBuf::from(path));
    }
    candidates.extend(USUAL.map(PathBuf::from));
    if let Some(dir) = runtime_dir.as_deref().map(Path::new) {
        candidates.extend([dir.join("podman/podman.sock"), dir.join("docker.sock")]);
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::{ContainerEngine, candidates, find};

    #[test]
    fn what_the_environment_names_comes_first() {
        let found = candidates(Some("unix:///a/engine.sock".into()), Some("/run/user/7".into()));
        assert_eq!(found[0].to_str(), Some("/a/engine.sock"));
        assert_eq!(found.last().unwrap().to_str(), Some("/run/user/7/docker.sock"));
        assert_eq!(candidates(Some("tcp://host:1".into()), None).len(), 3);
    }

    #[test]
    fn why_there_is_none_is_told() {
        let missing = find(&ContainerEngine::Socket("/nonexistent/engine.sock".into())).unwrap_err();
        assert!(missing.contains("/nonexistent/engine.sock"), "{missing}");
        assert!(find(&ContainerEngine::Off).unwrap_err().contains("container_engine"));
    }
}
