//! Notebooks: how long it takes from the click to JupyterLab's first answer, beside the same JupyterLab started by
//! hand, and what notebooks that nobody uses cost the server.
//!
//! The image `base` is built first, by uv, or taken from the data directory that `BENCH_DATA_DIR` names.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use base::Timestamp;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::client::Client;
use crate::server::{self, Server, free_address};
use crate::{measure, percentile, processes, say};

const BUILD: Duration = Duration::from_secs(600);
const PATIENCE: Duration = Duration::from_secs(120);
/// How often is asked whether it answers, through Portico and by hand alike.
const LOOK: Duration = Duration::from_millis(5);
const PAIRS: usize = 20;
/// How long idle notebooks are watched.
const IDLE: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(15);

/// A server with the image `base`.
struct Lab {
    server: Server,
    token: String,
    data_dir: PathBuf,
    _folder: tempfile::TempDir,
}

/// Starts notebooks, one after the other, and the same by hand between them.
pub(crate) async fn starts() -> anyhow::Result<()> {
    let lab = Lab::new().await?;
    let home = tempfile::Builder::new().prefix("pb").tempdir_in("/tmp")?;
    let command = lab.jupyter_lab()?;
    let (mut ours, mut theirs, mut more) = (Vec::new(), Vec::new(), Vec::new());
    let mut stages = [const { Vec::new() }; STAGES.len()];
    for number in 0..=PAIRS {
        let by_hand = by_hand(&command, home.path()).await?;
        let start = lab.start(&format!("start {number}")).await?;
        lab.remove(&start.notebook).await?;
        // What the first ones read from disk is in memory for the others.
        if number == 0 {
            continue;
        }
        more.push(start.took.as_secs_f64() - by_hand.as_secs_f64());
        ours.push(start.took);
        theirs.push(by_hand);
        for (times, time) in stages.iter_mut().zip(start.stages) {
            times.push(time);
        }
    }
    lab.server.stop().await?;
    more.sort_unstable_by(f64::total_cmp);
    say("| from the click to the first answer | median | p95 | worst |\n|-|-|-|-|");
    let row = |name: &str, times: &mut [Duration]| {
        let [median, p95, worst] = [0.5, 0.95, 1.0].map(|share| percentile(times, share));
        say(&format!("| {name} | {median:.0} ms | {p95:.0} ms | {worst:.0} ms |"));
    };
    row("Portico", &mut ours);
    row("the same JupyterLab by hand", &mut theirs);
    for (name, times) in STAGES.iter().zip(&mut stages) {
        row(name, times);
    }
    let p95 = more.get((more.len() * 95).div_ceil(100) - 1).copied().unwrap_or_default();
    let median = more.get(more.len() / 2).copied().unwrap_or_default();
    say(&format!(
        "\nPortico adds {:+.0} ms in the middle and {:+.0} ms at p95 (to reach: 400 ms), and a cold start takes {:.0} ms at p95 (to reach: < 1,500 ms).",
        median * 1e3,
        p95 * 1e3,
        percentile(&mut ours, 0.95)
    ));
    Ok(())
}

/// Starts so many notebooks, leaves them alone, and says what they cost.
pub(crate) async fn idle(count: usize) -> anyhow::Result<()> {
    let lab = Lab::new().await?;
    let first = lab.start("first").await?;
    lab.remove(&first.notebook).await?;
    tokio::time::sleep(SETTLE).await;
    let before = lab.server.resident_mb()?;
    let mut open = Vec::new();
    for number in 0..count {
        open.push(lab.start(&format!("idle {number}")).await?.notebook);
    }
    tokio::time::sleep(SETTLE).await;
    let pid = lab.server.pid()?;
    let cpu = processes::cpu_seconds(pid)?;
    tokio::time::sleep(IDLE).await;
    let cpu = (processes::cpu_seconds(pid)? - cpu) / IDLE.as_secs_f64() * 100.0;
    let after = lab.server.resident_mb()?;
    let place = lab.data_dir.to_string_lossy().into_owned();
    let shims = processes::called_with(&["shim", &place])?;
    let shim_mb = processes::proportional_mb(&shims) / shims.len().max(1) as f64;
    for notebook in &open {
        lab.remove(notebook).await?;
    }
    lab.server.stop().await?;
    say(&format!("| {count} idle notebooks | measured | to reach |\n|-|-|-|"));
    say(&format!(
        "| memory of the server, for each | {:.2} MB ({before:.0} MB before, {after:.0} MB with them) | < 2 MB |",
        (after - before) / count as f64
    ));
    say(&format!("| processor time of the server | {cpu:.2} % of a core | none to speak of |"));
    say(&format!("| memory of a shim ({} of them, shared pages divided) | {shim_mb:.2} MB | |", shims.len()));
    Ok(())
}

/// From when to when.
const STAGES: [&str; 5] = [
    "asked → in the queue",
    "in the queue → its turn",
    "its turn → begun",
    "begun → answers inside",
    "answers inside → answers through the proxy",
];

struct Start {
    notebook: String,
    took: Duration,
    stages: [Duration; STAGES.len()],
}

impl Lab {
    async fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("pb").tempdir_in("/tmp")?;
        let data_dir =
            std::env::var_os("BENCH_DATA_DIR").map_or_else(|| folder.path().to_owned(), PathBuf::from);
        let (server, _) = Server::start_with(&data_dir, &[("PORTICO_ENVIRONMENTS_BUILD", "true")]).await?;
        // Whoever measures twice in one data directory finds the group there.
        if server::run(&data_dir, &["token", "create", "--user", "bench"]).await.is_err() {
            measure::prepare(&data_dir).await?;
        }
        let token = server::run(&data_dir, &["token", "create", "--user", "bench"]).await?;
        let mut client = Client::connect(server.address, &token).await?;
        let begin = Instant::now();
        loop {
            let (_, body) = client.send("GET", "/api/v1/groups/bench/images/base", None, "").await?;
            let image: Value = serde_json::from_slice(&body)?;
            match image["state"].as_str() {
                Some("ready") => break,
                Some("failed") => anyhow::bail!("the image base can't be built: {}", image["message"]),
                _ => anyhow::ensure!(begin.elapsed() < BUILD, "the image base is not there in time"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // Building the other images would be in the way; a server that is killed leaves that to uv.
        server.terminate().await?;
        let (server, _) = Server::start(&data_dir).await?;
        Ok(Self { server, token, data_dir, _folder: folder })
    }

    /// JupyterLab's own command in the image.
    fn jupyter_lab(&self) -> anyhow::Result<PathBuf> {
        std::fs::read_dir(self.data_dir.join("environments"))?
            .filter_map(|entry| Some(entry.ok()?.path().join("environment/bin/jupyter-lab")))
            .find(|command| command.exists())
            .context("no environment has JupyterLab")
    }

    async fn start(&self, name: &str) -> anyhow::Result<Start> {
        let mut api = Client::connect(self.server.address, &self.token).await?;
        let body = json!({ "name": name, "instance_type": "cpu-small", "image": "base", "idle": 0 });
        let asked = wall();
        let begin = Instant::now();
        let (status, body) =
            api.send("POST", "/api/v1/groups/bench/notebooks", None, &body.to_string()).await?;
        anyhow::ensure!(status == 201, "start: {status} {}", String::from_utf8_lossy(&body));
        let made: Value = serde_json::from_slice(&body)?;
        let notebook = made["id"].as_str().context("no id")?.to_owned();
        let url: url::Url = made["url"].as_str().context("no url")?.parse()?;
        let mut content = Client::connect(self.server.content, &self.token).await?;
        let path = format!("{}api", url.path());
        while content.send("GET", &path, None, "").await?.0 != 200 {
            anyhow::ensure!(begin.elapsed() < PATIENCE, "{name} does not answer");
            tokio::time::sleep(LOOK).await;
        }
        let (took, answered) = (begin.elapsed(), wall());
        let run = self.get(&notebook).await?["run"].clone();
        let at = |field: &str| {
            let text = run[field].as_str().with_context(|| format!("no {field}"))?;
            Timestamp::parse_rfc3339(text).with_context(|| format!("{field} is {text}"))
        };
        let times =
            [asked, at("queued_at")?, at("claimed_at")?, at("started_at")?, at("ready_at")?, answered];
        let mut stages = [Duration::ZERO; STAGES.len()];
        for (stage, pair) in stages.iter_mut().zip(times.windows(2)) {
            if let [from, to] = pair {
                *stage =
                    Duration::from_micros(u64::try_from(to.micros() - from.micros()).unwrap_or_default());
            }
        }
        Ok(Start { notebook, took, stages })
    }

    async fn get(&self, notebook: &str) -> anyhow::Result<Value> {
        let mut api = Client::connect(self.server.address, &self.token).await?;
        let path = format!("/api/v1/groups/bench/notebooks/{notebook}");
        Ok(serde_json::from_slice(&api.send("GET", &path, None, "").await?.1)?)
    }

    /// Stops a notebook and deletes it: nobody may have more than a few dozen.
    async fn remove(&self, notebook: &str) -> anyhow::Result<()> {
        let mut api = Client::connect(self.server.address, &self.token).await?;
        let path = format!("/api/v1/groups/bench/notebooks/{notebook}");
        let (status, body) = api.send("POST", &format!("{path}/stop"), None, "").await?;
        anyhow::ensure!(status < 300, "stop: {status} {}", String::from_utf8_lossy(&body));
        let begin = Instant::now();
        while self.get(notebook).await?["state"] != "stopped" {
            anyhow::ensure!(begin.elapsed() < PATIENCE, "{notebook} does not stop");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (status, body) = api.send("DELETE", &path, None, "").await?;
        anyhow::ensure!(status < 300, "delete: {status} {}", String::from_utf8_lossy(&body));
        Ok(())
    }
}

fn wall() -> Timestamp {
    base::Clock::now(&base::SystemClock)
}

/// Starts JupyterLab as a person would in a terminal, and times its first answer.
async fn by_hand(command: &Path, home: &Path) -> anyhow::Result<Duration> {
    let address = free_address()?;
    let folder = command.parent().context("a command lies in a folder")?;
    let begin = Instant::now();
    let mut child = Command::new(command)
        .args([
            "--no-browser",
            "--allow-root",
            "--ServerApp.base_url=/w/by-hand/",
            "--IdentityProvider.token=",
        ])
        .arg(format!("--ServerApp.port={}", address.port()))
        .arg(format!("--ServerApp.root_dir={}", home.display()))
        .env_clear()
        .env("HOME", home)
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    loop {
        if let Ok(mut client) = Client::connect(address, "").await
            && let Ok((200, _)) = client.send("GET", "/w/by-hand/api", Some(""), "").await
        {
            break;
        }
        anyhow::ensure!(begin.elapsed() < PATIENCE, "JupyterLab by hand does not answer");
        tokio::time::sleep(LOOK).await;
    }
    let took = begin.elapsed();
    child.kill().await?;
    Ok(took)
}
