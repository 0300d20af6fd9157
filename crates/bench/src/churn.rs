//! Coming and going for minutes on end: does the server stay as small as it was?

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::measure::{add_admin, job, prepare, sign_in};
use crate::server::Server;
use crate::{fill, percentile, say};

/// Growth that would come to more than this in an hour is a leak.
const MOST_MB_PER_HOUR: f64 = 4.0;
const MOST_FDS_PER_HOUR: f64 = 6.0;
/// An installation that has been used for a while: in an empty one SQLite's page caches would grow with the database.
const USERS: u32 = 1000;
const GROUPS: u32 = 100;
const JOBS: u32 = 50_000;
/// Who comes and goes; one account may sign in every 30 seconds.
const PEOPLE: u32 = 10;
/// Of all minutes, so many are for warming up. What is kept is bounded (4 MB of pages per connection to SQLite, two
/// hashes of passwords at work, the allocator's arenas), but only the janitor's round after ten minutes fills all of it.
const WARM_UP: f64 = 0.5;
const FEWEST_MINUTES: u32 = 24;

/// What was seen at the end of one minute.
struct Minute {
    resident_mb: f64,
    fds: f64,
    wal_mb: f64,
}

#[derive(Clone)]
struct Visitor {
    server: std::net::SocketAddr,
    token: Arc<str>,
    times: Arc<Mutex<Vec<Duration>>>,
    came: Arc<AtomicU32>,
}

fn person(nth: u32) -> String {
    format!("visitor{}", nth % PEOPLE)
}

/// Runs for so many minutes; an error when memory or file descriptors grow.
pub(crate) async fn run(minutes: u32) -> anyhow::Result<()> {
    anyhow::ensure!(
        minutes >= FEWEST_MINUTES,
        "churn needs {FEWEST_MINUTES} minutes or more, to tell growth from warming up"
    );
    let folder = tempfile::Builder::new().prefix("pb").tempdir_in("/tmp")?;
    let data_dir = folder.path();
    let (server, _) = Server::start(data_dir).await?;
    server.stop().await?;
    let token = prepare(data_dir).await?;
    for nth in 0..PEOPLE {
        add_admin(data_dir, &person(nth)).await?;
    }
    fill::pretend_image(data_dir).await?;
    fill::fill(data_dir, USERS, GROUPS, JOBS).await?;
    let (server, _) = Server::start(data_dir).await?;
    let visitor =
        Visitor { server: server.address, token: token.into(), times: Arc::default(), came: Arc::default() };
    let mut visits = tokio::task::JoinSet::new();
    visits.spawn(again(Duration::from_secs(2), visitor.clone(), Visitor::submit_and_follow));
    visits.spawn(again(Duration::from_millis(300), visitor.clone(), Visitor::look));
    visits.spawn(again(Duration::from_secs(1), visitor.clone(), Visitor::listen));
    visits.spawn(again(Duration::from_secs(4), visitor.clone(), Visitor::come_and_go));
    let mut seen = Vec::new();
    say("minute | resident MB | file descriptors | WAL MB | requests | p99 ms");
    for minute in 1..=minutes {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
            Some(ended) = visits.join_next() => ended??,
        }
        let mut times =
            std::mem::take(&mut *visitor.times.lock().map_err(|_| anyhow::anyhow!("a visit panicked"))?);
        let now = look_at(&server, data_dir).await?;
        say(&format!(
            "{minute} | {:.1} | {} | {:.1} | {} | {:.1}",
            now.resident_mb,
            now.fds,
            now.wal_mb,
            times.len(),
            percentile(&mut times, 0.99)
        ));
        seen.push(now);
    }
    visits.shutdown().await;
    server.stop().await?;
    let warm = seen.get((seen.len() as f64 * WARM_UP) as usize..).unwrap_or_default();
    let memory = per_hour(warm, |minute| minute.resident_mb);
    let fds = per_hour(warm, |minute| minute.fds);
    say(&format!(
        "growth per hour: {memory:+.1} MB resident (at most {MOST_MB_PER_HOUR}), {fds:+.1} file descriptors (at most {MOST_FDS_PER_HOUR})"
    ));
    anyhow::ensure!(memory <= MOST_MB_PER_HOUR, "memory grows");
    anyhow::ensure!(fds <= MOST_FDS_PER_HOUR, "file descriptors leak");
    Ok(())
}

async fn again<F>(every: Duration, visitor: Visitor, visit: impl Fn(Visitor) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut timer = tokio::time::interval(every);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        visit(visitor.clone()).await?;
    }
}

impl Visitor {
    fn took(&self, begin: Instant) {
        if let Ok(mut times) = self.times.lock() {
            times.push(begin.elapsed());
        }
    }

    async fn send(
        &self,
        client: &mut Client,
        method: &str,
        path: &str,
        cookie: Option<&str>,
        body: &str,
    ) -> anyhow::Result<hyper::body::Bytes> {
        let begin = Instant::now();
        let (status, body) = client.send(method, path, cookie, body).await?;
        self.took(begin);
        anyhow::ensure!(status < 400, "{method} {path}: {status} {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// A job, and its log as a stream to the end.
    async fn submit_and_follow(self) -> anyhow::Result<()> {
        let mut client = Client::connect(self.server, &self.token).await?;
        let command = job("for n in 1 2 3; do echo line $n; done; echo the end");
        let body = self.send(&mut client, "POST", "/api/v1/groups/bench/jobs", None, &command).await?;
        let answer: serde_json::Value = serde_json::from_slice(&body)?;
        let id = answer["id"].as_str().unwrap_or_default().to_owned();
        for _ in 0..200 {
            let mut stream = Client::connect(self.server, &self.token).await?;
            let path = format!("/api/v1/groups/bench/jobs/{id}/log/stream");
            if stream.stream_until(&path, "the end").await? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("the log of {id} did not come to its end")
    }

    /// The pages of the API, each on a connection of its own.
    async fn look(self) -> anyhow::Result<()> {
        let mut client = Client::connect(self.server, &self.token).await?;
        for path in [
            "/api/v1/me",
            "/api/v1/groups/bench/jobs?search=bench",
            "/api/v1/groups/group0001/jobs?search=nothing",
            "/api/v1/groups/bench/images",
        ] {
            self.send(&mut client, "GET", path, None, "").await?;
        }
        Ok(())
    }

    /// A stream of events that is cut off after a moment.
    async fn listen(self) -> anyhow::Result<()> {
        let mut stream = Client::connect(self.server, &self.token).await?;
        let events = stream.stream_until("/api/v1/groups/bench/events", "never said");
        let _ = tokio::time::timeout(Duration::from_millis(700), events).await;
        Ok(())
    }

    /// Signs in, reads a few pages and signs out.
    async fn come_and_go(self) -> anyhow::Result<()> {
        let cookie = sign_in(self.server, &person(self.came.fetch_add(1, Ordering::Relaxed))).await?;
        let mut client = Client::connect(self.server, "").await?;
        for path in ["/g/bench", "/g/bench/jobs", "/g/bench/jobs/new", "/profile", "/admin/users"] {
            self.send(&mut client, "GET", path, Some(&cookie), "").await?;
        }
        self.send(&mut client, "POST", "/sign-out", Some(&cookie), "").await.map(drop)
    }
}

async fn look_at(server: &Server, data_dir: &Path) -> anyhow::Result<Minute> {
    let wal = std::fs::metadata(data_dir.join("portico.db-wal")).map_or(0, |found| found.len());
    // Visitors hold some at any moment; the fewest are those that stay.
    let mut fds = usize::MAX;
    for _ in 0..30 {
        fds = fds.min(server.open_files()?);
        tokio::time::sleep(Duration::from_millis(70)).await;
    }
    Ok(Minute { resident_mb: server.resident_mb()?, fds: fds as f64, wal_mb: wal as f64 / 1e6 })
}

/// The slope of the line through all minutes (least squares), times 60.
fn per_hour(minutes: &[Minute], value: impl Fn(&Minute) -> f64) -> f64 {
    let count = minutes.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = minutes.iter().map(&value).sum::<f64>() / count;
    let (mut above, mut below) = (0.0, 0.0);
    for (nth, minute) in minutes.iter().enumerate() {
        let x = nth as f64 - middle;
        above += x * (value(minute) - mean);
        below += x * x;
    }
    60.0 * above / below
}
