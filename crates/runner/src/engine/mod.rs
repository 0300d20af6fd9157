//! The container engine of this machine: Docker, or Podman behind the same API, on a unix socket.

mod error;
mod find;
mod pull;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use bollard::models::{ContainerCreateBody, ContainerState, ExecConfig, NetworkCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, InspectNetworkOptions,
    KillContainerOptionsBuilder, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
    StartContainerOptions,
};
use bollard::{API_DEFAULT_VERSION, ClientVersion, Docker};
use serde::{Deserialize, Serialize};

use crate::clock;

pub(crate) use error::{EngineError, ImageError};
pub use find::ContainerEngine;
pub(crate) use find::find;

/// The label that names a container's attempt.
pub(crate) const ATTEMPT_LABEL: &str = "portico.attempt";
/// The label that tells the containers of one data directory from those of others.
pub(crate) const PLACE_LABEL: &str = "portico.place";

/// A network of Docker whose containers do not see each other.
const DOCKER_NETWORK: &str = "portico-outbound";

/// How long the engine may take for one answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a look at the engine may take that somebody waits for.
const GLANCE: Duration = Duration::from_secs(30);

/// Podman tells of containers between two states in words that the API does not have. That passes within this time.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// How long the engine may take to say that it is there.
const PING: Duration = Duration::from_secs(3);

/// A connection to the engine.
#[derive(Debug)]
pub(crate) struct Engine(Docker);

/// What is known of an engine. Asking takes Podman a while, so it is asked now and then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    /// The version of the API that it speaks with us.
    pub(crate) api: (usize, usize),
    /// Such as `Podman 4.3.1`.
    pub(crate) name: String,
    /// It is Podman, which can give each container a network of its own.
    pub(crate) is_podman: bool,
    /// It runs as a plain user, so root in a container is that user outside.
    pub(crate) rootless: bool,
    /// It gives containers users of its own, unless it is told not to.
    pub(crate) remaps_users: bool,
}

impl About {
    /// What an administrator types to speak with it.
    fn program(&self) -> &'static str {
        if self.is_podman { "podman" } else { "docker" }
    }
}

/// A container of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leftover {
    pub(crate) id: String,
    pub(crate) attempt: String,
}

impl Engine {
    /// Connects, and speaks the version of the API that both know.
    pub(crate) async fn connect(socket: &Path) -> Result<Self, EngineError> {
        let path = socket.to_string_lossy();
        let docker = Docker::connect_with_unix(&path, PATIENCE.as_secs(), API_DEFAULT_VERSION)?;
        let negotiated = tokio::time::timeout(GLANCE, docker.negotiate_version()).await;
        Ok(Engine(negotiated.map_err(|_| EngineError::slow())??))
    }

    /// Connects to an engine that is known.
    pub(crate) fn to_known(socket: &Path, about: &About) -> Result<Self, EngineError> {
        let version = ClientVersion { major_version: about.api.0, minor_version: about.api.1 };
        Ok(Engine(Docker::connect_with_unix(&socket.to_string_lossy(), PATIENCE.as_secs(), &version)?))
    }

    pub(crate) async fn about(&self) -> Result<About, EngineError> {
        let asked =
            async { Ok::<_, bollard::errors::Error>((self.0.version().await?, self.0.info().await?)) };
        let (version, info) =
            tokio::time::timeout(GLANCE, asked).await.map_err(|_| EngineError::slow())??;
        let components = version.components.unwrap_or_default();
        let podman = components.iter().find(|component| component.name.starts_with("Podman"));
        let (kind, number) = match podman {
            Some(podman) => ("Podman", podman.version.clone()),
            None => ("Docker", version.version.unwrap_or_default()),
        };
        let security = info.security_options.unwrap_or_default();
        let has = |name: &str| security.iter().any(|option| option.split(',').any(|part| part == name));
        let api = self.0.client_version();
        Ok(About {
            api: (api.major_version, api.minor_version),
            name: format!("{kind} {number}").trim_end().to_owned(),
            is_podman: podman.is_some(),
            rootless: has("name=rootless"),
            remaps_users: has("name=userns"),
        })
    }

    /// The name of the network that leads outside, and not from one container to another.
    pub(crate) async fn outbound_network(&self, about: &About) -> Result<String, EngineError> {
        if about.is_podman {
            return Ok("slirp4netns".into());
        }
        let wanted = NetworkCreateRequest {
            name: DOCKER_NETWORK.into(),
            driver: Some("bridge".into()),
            options: Some(HashMap::from([("com.docker.network.bridge.enable_icc".into(), "false".into())])),
            ..NetworkCreateRequest::default()
        };
        // Older engines make a second one of the same name.
        let found = self.0.inspect_network(DOCKER_NETWORK, None::<InspectNetworkOptions>).await;
        match found.map_err(EngineError::from) {
            Ok(_) => {}
            Err(EngineError::NotThere(_)) => {
                self.0.create_network(wanted).await?;
            }
            Err(error) => return Err(error),
        }
        Ok(DOCKER_NETWORK.into())
    }

    pub(crate) async fn create(&self, name: &str, body: ContainerCreateBody) -> Result<(), EngineError> {
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        self.0.create_container(Some(options), body).await?;
        Ok(())
    }

    pub(crate) async fn start(&self, name: &str) -> Result<(), EngineError> {
        Ok(self.0.start_container(name, None::<StartContainerOptions>).await?)
    }

    pub(crate) async fn state(&self, name: &str) -> Result<ContainerState, EngineError> {
        let inspected = settled(|| self.0.inspect_container(name, None::<InspectContainerOptions>)).await?;
        Ok(inspected.state.unwrap_or_default())
    }

    pub(crate) async fn kill(&self, name: &str) -> Result<(), EngineError> {
        let options = KillContainerOptionsBuilder::default().signal("KILL").build();
        Ok(self.0.kill_container(name, Some(options)).await?)
    }

    /// Runs a command in a container and does not wait for it.
    pub(crate) async fn run_in(&self, name: &str, command: &[&str]) -> Result<(), EngineError> {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        let config = ExecConfig { cmd: Some(command), ..ExecConfig::default() };
        let made = self.0.create_exec(name, config).await?;
        let detached = bollard::exec::StartExecOptions { detach: true, ..Default::default() };
        self.0.start_exec(&made.id, Some(detached)).await?;
        Ok(())
    }

    /// Kills and deletes a container. That there is none is fine.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        match self.0.remove_container(name, Some(options)).await.map_err(EngineError::from) {
            Err(EngineError::NotThere(_)) => Ok(()),
            removed => removed,
        }
    }

    /// The containers of one data directory, running or not.
    pub(crate) async fn containers_of(&self, place: &str) -> Result<Vec<Leftover>, EngineError> {
        let filters = HashMap::from([("label", vec![format!("{PLACE_LABEL}={place}")])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let found = settled(|| self.0.list_containers(Some(options.clone()))).await?;
        Ok(found
            .into_iter()
            .filter_map(|container| {
                let attempt = container.labels?.remove(ATTEMPT_LABEL)?;
                Some(Leftover { id: container.id?, attempt })
            })
            .collect())
    }
}

/// Whether somebody answers at the engine's socket.
pub(crate) async fn answers(socket: &Path) -> bool {
    let connected = Docker::connect_with_unix(&socket.to_string_lossy(), PING.as_secs(), API_DEFAULT_VERSION);
    let Ok(docker) = connected else { return false };
    match tokio::time::timeout(PING, docker.ping()).await {
        Ok(Ok(_)) => true,
        // Such as one that speaks another version of the API.
        Ok(Err(error)) => !matches!(EngineError::from(error), EngineError::Gone(_)),
        Err(_) => false,
    }
}

/// Asks until the answer can be read.
async fn settled<T, F: Future<Output = Result<T, bollard::errors::Error>>>(
    ask: impl Fn() -> F,
) -> Result<T, bollard::errors::Error> {
    let until = clock::elapsed() + SETTLES_WITHIN;
    loop {
        match ask().await {
            Err(bollard::errors::Error::JsonDataError { .. }) if clock::elapsed() < until => {
                tokio::time::sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// A runtime for those who are not async.
pub(crate) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Does something with the engine on a thread of its own and waits for it; for callers that may themselves be called
/// from async code.
pub(crate) fn with_engine<T: Send>(
    socket: &Path,
    work: impl AsyncFnOnce(Engine) -> Result<T, EngineError> + Send,
) -> Result<T, EngineError> {
    std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            let runtime = runtime().map_err(|error| EngineError::Other(error.to_string()))?;
            runtime.block_on(async { work(Engine::connect(socket).await?).await })
        });
        working.join().unwrap_or_else(|_| Err(EngineError::Other("asking the engine panicked".into())))
    })
}
