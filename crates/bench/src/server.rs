//! A release build of the server as a process of its own, on a data directory of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use crate::client::Client;

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// The content origin.
    pub(crate) content: SocketAddr,
}

fn binary() -> PathBuf {
    std::env::var_os("PORTICO_BINARY").map_or_else(|| PathBuf::from("target/release/portico"), PathBuf::from)
}

pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

pub(crate) fn command(data_dir: &Path) -> Command {
    let mut command = Command::new(binary());
    command
        .env("PORTICO_DATA_DIR", data_dir)
        .env("PORTICO_LOG_LEVEL", "warn")
        .env("PORTICO_LOCAL_CPU", "64")
        .env("PORTICO_LOCAL_MEMORY", "512")
        .env("PORTICO_ENVIRONMENTS_BUILD", "false");
    command
}

/// Runs a `portico` command and gives what it printed.
pub(crate) async fn run(data_dir: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    run_with(data_dir, arguments, "").await
}

/// The same with a text on its standard input.
pub(crate) async fn run_with(data_dir: &Path, arguments: &[&str], input: &str) -> anyhow::Result<String> {
    let mut child = command(data_dir)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("run portico; build it with `cargo build --release -p portico`")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).await?;
    }
    let output = child.wait_with_output().await?;
    anyhow::ensure!(
        output.status.success(),
        "portico {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Server {
    /// Starts it; the time until the first page was there.
    pub(crate) async fn start(data_dir: &Path) -> anyhow::Result<(Self, Duration)> {
        Self::start_with(data_dir, &[]).await
    }

    /// The same with more settings.
    pub(crate) async fn start_with(
        data_dir: &Path,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<(Self, Duration)> {
        let (address, content, operators) = (free_address()?, free_address()?, free_address()?);
        let begin = Instant::now();
        let child = command(data_dir)
            .arg("serve")
            .env("PORTICO_LISTEN", address.to_string())
            .env("PORTICO_CONTENT_LISTEN", content.to_string())
            .env("PORTICO_SSH_LISTEN", "off")
            .env("PORTICO_ADMIN_LISTEN", operators.to_string())
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("start the server; build it with `cargo build --release -p portico`")?;
        let server = Self { child, address, content };
        loop {
            if let Ok(mut client) = Client::connect(address, "").await
                && let Ok((status, _)) = client.send("GET", "/sign-in", Some(""), "").await
                && status < 400
            {
                return Ok((server, begin.elapsed()));
            }
            anyhow::ensure!(
                begin.elapsed() < Duration::from_secs(60),
                "the server did not start within a minute"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Resident memory of the server process, in MB.
    pub(crate) fn resident_mb(&self) -> anyhow::Result<f64> {
        let pid = self.pid()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).context("no VmRSS")?;
        let kib: f64 = line.split_whitespace().nth(1).context("no VmRSS")?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the server ended")
    }

    /// File descriptors that the server has open.
    pub(crate) fn open_files(&self) -> anyhow::Result<usize> {
        let pid = self.pid()?;
        Ok(std::fs::read_dir(format!("/proc/{pid}/fd"))?.count())
    }

    /// Lets it end what it does.
    pub(crate) async fn terminate(mut self) -> anyhow::Result<()> {
        let told = Command::new("kill").arg(self.pid()?.to_string()).status().await?;
        anyhow::ensure!(told.success(), "the server can't be told to end");
        self.child.wait().await?;
        Ok(())
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}
