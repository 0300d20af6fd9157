//! What the machine allows: durable commits, processes, requests.

use std::net::SocketAddr;
use std::time::Instant;

use db::{Database, DatabaseConfig, Topic};

use crate::client::Client;

pub(crate) struct Limits {
    pub(crate) commits_per_second: f64,
    pub(crate) processes_per_second: f64,
    pub(crate) requests_per_second: f64,
}

pub(crate) async fn measure() -> anyhow::Result<Limits> {
    Ok(Limits {
        commits_per_second: commits().await?,
        processes_per_second: processes().await?,
        requests_per_second: requests().await?,
    })
}

/// One-row writes that are on disk, 64 callers at once sharing each flush.
async fn commits() -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let db = Database::connect(&DatabaseConfig::Sqlite(folder.path().join("limit.db"))).await?;
    db.migrate().await?;
    let begin = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let db = db.clone();
        tasks.spawn(async move {
            for n in 0..100_i64 {
                db.write(move |tx| {
                    Box::pin(async move { tx.emit(base::Timestamp(n), None, Topic::Jobs, "x").await })
                })
                .await?;
            }
            Ok::<(), base::Error>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(6400.0 / begin.elapsed().as_secs_f64())
}

async fn processes() -> anyhow::Result<f64> {
    let begin = Instant::now();
    for _ in 0..200 {
        tokio::process::Command::new("/bin/true").status().await?;
    }
    Ok(200.0 / begin.elapsed().as_secs_f64())
}

/// An axum handler that does nothing, 16 connections.
async fn requests() -> anyhow::Result<f64> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address: SocketAddr = listener.local_addr()?;
    let router: axum::Router = axum::Router::new().route("/", axum::routing::get(|| async { "" }));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let begin = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        tasks.spawn(async move {
            let mut client = Client::connect(address, "").await?;
            for _ in 0..1000 {
                client.send("GET", "/", None, "").await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    server.abort();
    Ok(16_000.0 / begin.elapsed().as_secs_f64())
}
