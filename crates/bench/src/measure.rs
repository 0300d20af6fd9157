//! The measurements over HTTP, against a server of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::client::Client;
use crate::limits::Limits;
use crate::server::{self, Server};
use crate::{Row, fill, percentile};

const CONNECTIONS: usize = 32;
const PASSWORD: &str = "a passphrase for benchmarks";

pub(crate) fn job(command: &str) -> String {
    serde_json::json!({ "name": "bench", "instance_type": "cpu-small", "image": "base", "command": command })
        .to_string()
}

/// A user with a token in the group `bench`.
pub(crate) async fn prepare(data_dir: &Path) -> anyhow::Result<String> {
    server::run(data_dir, &["group", "create", "bench"]).await?;
    add_admin(data_dir, "bench").await?;
    server::run(data_dir, &["token", "create", "--user", "bench"]).await
}

/// Somebody in the group `bench` who may do everything.
pub(crate) async fn add_admin(data_dir: &Path, name: &str) -> anyhow::Result<()> {
    server::run_with(data_dir, &["user", "create", name, "--admin", "--password-stdin"], PASSWORD).await?;
    server::run(data_dir, &["group", "add-member", "bench", name]).await.map(drop)
}

/// Start, memory, submits, jobs and first lines on an empty installation.
pub(crate) async fn empty(limits: &Limits, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("pb").tempdir_in("/tmp")?;
    let data_dir = folder.path();
    let (server, cold) = Server::start(data_dir).await?;
    rows.push(Row {
        what: "cold start to first page, empty",
        measured: format!("{:.0} ms", cold.as_secs_f64() * 1e3),
        target: "< 1 s",
        limit: String::new(),
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    rows.push(Row {
        what: "idle memory",
        measured: format!("{:.0} MB", server.resident_mb()?),
        target: "< 60 MB",
        limit: String::new(),
    });
    server.stop().await?;
    let token = prepare(data_dir).await?;
    fill::pretend_image(data_dir).await?;

    let (server, _) = Server::start(data_dir).await?;
    let mut first_lines = first_lines(&server, &token).await?;
    rows.push(Row {
        what: "submit → first log line, p95",
        measured: format!("{:.0} ms", percentile(&mut first_lines, 0.95)),
        target: "< 250 ms",
        limit: format!("{:.1} ms to start a process", 1e3 / limits.processes_per_second),
    });
    rows.push(Row {
        what: "trivial jobs, end to end in the sandbox",
        measured: format!("{:.0}/s", jobs_per_second(&server, &token).await?),
        target: "≥ 50/s",
        limit: format!("{:.0} processes/s", limits.processes_per_second),
    });
    rows.push(submit_row(&server, &token, limits).await?);
    server.stop().await?;
    // Shims of jobs that were still running end with their jobs, which do nothing.
    Ok(())
}

/// Submits alone, on an empty installation.
pub(crate) async fn submits(limits: &Limits, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("pb").tempdir_in("/tmp")?;
    let (server, _) = Server::start(folder.path()).await?;
    server.stop().await?;
    let token = prepare(folder.path()).await?;
    fill::pretend_image(folder.path()).await?;
    let (server, _) = Server::start(folder.path()).await?;
    rows.push(submit_row(&server, &token, limits).await?);
    server.stop().await
}

async fn submit_row(server: &Server, token: &str, limits: &Limits) -> anyhow::Result<Row> {
    Ok(Row {
        what: "submits over HTTP, on disk when acknowledged",
        measured: format!("{:.0}/s", submits_per_second(server, token).await?),
        target: "≥ 2,000/s",
        limit: format!(
            "{:.0} commits/s, {:.0} empty requests/s",
            limits.commits_per_second, limits.requests_per_second
        ),
    })
}

async fn first_lines(server: &Server, token: &str) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    let mut client = Client::connect(server.address, token).await?;
    for n in 0..40 {
        let begin = Instant::now();
        let (status, body) = client
            .send("POST", "/api/v1/groups/bench/jobs", None, &job(&format!("echo line-{n}; sleep 0.3")))
            .await?;
        anyhow::ensure!(status == 201, "submit: {status} {}", String::from_utf8_lossy(&body));
        let id =
            serde_json::from_slice::<serde_json::Value>(&body)?["id"].as_str().context("no id")?.to_owned();
        loop {
            // A stream that ended is not used again.
            let mut stream = Client::connect(server.address, token).await?;
            if stream
                .stream_until(&format!("/api/v1/groups/bench/jobs/{id}/log/stream"), &format!("line-{n}"))
                .await?
            {
                break;
            }
            anyhow::ensure!(begin.elapsed() < Duration::from_secs(20), "no line came");
        }
        times.push(begin.elapsed());
    }
    Ok(times)
}

async fn in_phase(client: &mut Client, phase: &str) -> anyhow::Result<bool> {
    let (_, body) =
        client.send("GET", &format!("/api/v1/groups/bench/jobs?limit=1&phase={phase}"), None, "").await?;
    let page: serde_json::Value = serde_json::from_slice(&body)?;
    Ok(page["items"].as_array().is_some_and(|items| !items.is_empty()))
}

async fn jobs_per_second(server: &Server, token: &str) -> anyhow::Result<f64> {
    const JOBS: usize = 300;
    let mut client = Client::connect(server.address, token).await?;
    while in_phase(&mut client, "waiting,preparing,running").await? {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let begin = Instant::now();
    for _ in 0..JOBS {
        let (status, _) = client.send("POST", "/api/v1/groups/bench/jobs", None, &job("true")).await?;
        anyhow::ensure!(status == 201, "submit: {status}");
    }
    while in_phase(&mut client, "waiting,preparing,running").await? {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(JOBS as f64 / begin.elapsed().as_secs_f64())
}

async fn submits_per_second(server: &Server, token: &str) -> anyhow::Result<f64> {
    const EACH: usize = 300;
    // A quota of nothing keeps them in the queue: only the submits are measured.
    let mut client = Client::connect(server.address, token).await?;
    let quota = r#"{"group_quota": {"cpu": 0.5}}"#;
    client.send("PATCH", "/api/v1/groups/bench", None, quota).await?;
    let (status, _) = client.send("POST", "/api/v1/groups/bench/jobs", None, &job("sleep 60")).await?;
    anyhow::ensure!(status == 201, "submit: {status}");
    let begin = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (address, token) = (server.address, token.to_owned());
        tasks.spawn(async move {
            let mut client = Client::connect(address, &token).await?;
            for _ in 0..EACH {
                let (status, _) =
                    client.send("POST", "/api/v1/groups/bench/jobs", None, &job("true")).await?;
                anyhow::ensure!(status == 201, "submit: {status}");
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok((CONNECTIONS * EACH) as f64 / begin.elapsed().as_secs_f64())
}

/// Start and pages with 50,000 users, 1,000 groups and 100,000 jobs.
pub(crate) async fn full(rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("pb").tempdir_in("/tmp")?;
    let data_dir = folder.path();
    let token = prepare(data_dir).await?;
    fill::fill(data_dir, 50_000, 1000, 100_000).await?;
    let (server, cold) = Server::start(data_dir).await?;
    rows.push(Row {
        what: "cold start, 50,000 users",
        measured: format!("{:.0} ms", cold.as_secs_f64() * 1e3),
        target: "< 2 s",
        limit: String::new(),
    });
    let session = sign_in(server.address, "bench").await?;
    let mut client = Client::connect(server.address, &token).await?;
    let pages = [
        "/g/group0001",
        "/g/group0001/jobs",
        "/g/group0001/jobs?q=train+99",
        "/g/group0001/jobs?status=failed",
        "/g/group0001/jobs?sort=name",
        "/g/group0001/jobs?q=nothing+is+called+so",
        "/g/group0001/jobs?q=99&sort=name-down&mine=1",
        "/g/group0001/jobs/new",
        "/g/group0001/jobs/job-202601010000-000003",
        "/g/group0001/images",
        "/g/group0001/settings",
        "/profile",
        "/profile/tokens",
        "/profile/sessions",
        "/admin/groups",
        "/admin/groups/group0001",
        "/admin/users",
        "/admin/users?q=user+49999",
        "/admin/users/bench",
        "/admin/instance-types",
        "/admin/images",
        "/admin/system",
        "/palette?q=train&group=group0001",
    ];
    let mut worst = (0.0, "");
    for page in pages {
        let mut times = Vec::new();
        for n in 0..60 {
            let begin = Instant::now();
            let (status, _) = client.send("GET", page, Some(&session), "").await?;
            anyhow::ensure!(status == 200, "{page}: {status}");
            // The first few fill caches.
            if n >= 10 {
                times.push(begin.elapsed());
            }
        }
        let p95 = percentile(&mut times, 0.95);
        crate::say(&format!("{page}: p95 {p95:.1} ms"));
        if p95 > worst.0 {
            worst = (p95, page);
        }
    }
    rows.push(Row {
        what: "slowest page, p95, 100,000 jobs",
        measured: format!("{:.1} ms ({})", worst.0, worst.1),
        target: "< 20 ms",
        limit: String::new(),
    });
    rows.push(Row {
        what: "memory after that",
        measured: format!("{:.0} MB", server.resident_mb()?),
        target: "< 100 MB",
        limit: String::new(),
    });
    server.stop().await
}

/// Signs somebody in, and gives the cookie.
pub(crate) async fn sign_in(server: SocketAddr, name: &str) -> anyhow::Result<String> {
    use http_body_util::Full;
    use hyper::body::Bytes;
    let stream = tokio::net::TcpStream::connect(server).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let body = format!("username={name}&password={}", PASSWORD.replace(' ', "+"));
    let request = hyper::Request::post("/sign-in")
        .header("host", "localhost")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(body)))?;
    let response = sender.send_request(request).await?;
    let cookie = response.headers().get("set-cookie").context("the sign-in was refused")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}
