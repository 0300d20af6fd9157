//! A thousand WebSockets through the proxy, before and after it is killed.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::{SinkExt as _, StreamExt as _};
use tokio::net::UnixListener;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::processes;

use super::server::{SLUG, token_file};

const PATIENCE: Duration = Duration::from_secs(60);
/// How long the idle server is watched.
const IDLE: Duration = Duration::from_secs(10);

/// Prints how long the sockets took to come up, what they cost when idle, and how soon they were back.
pub(super) async fn run(folder: &Path, address: SocketAddr, count: usize) -> anyhow::Result<()> {
    let socket = folder.join("workload.sock");
    let _ = std::fs::remove_file(&socket);
    tokio::spawn(echo(UnixListener::bind(&socket)?));
    let start = || -> anyhow::Result<Child> {
        let this = std::env::current_exe()?;
        let mut command = Command::new(this);
        command.arg("proxy-server").arg(folder).arg(address.to_string()).arg(&socket).kill_on_drop(true);
        command.spawn().context("start the proxy")
    };
    let mut server = start()?;
    let begin = Instant::now();
    while !token_file(folder).exists() {
        anyhow::ensure!(begin.elapsed() < PATIENCE, "the proxy did not start");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let token: Arc<str> = std::fs::read_to_string(token_file(folder))?.into();
    let open = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now();
    for _ in 0..count {
        tokio::spawn(client(address, token.clone(), open.clone()));
    }
    until(&open, count).await?;
    crate::say(&format!("{count} WebSockets open after {:.2} s", begin.elapsed().as_secs_f64()));
    let pid = server.id().context("the proxy ended")?;
    let before = processes::cpu_seconds(pid)?;
    tokio::time::sleep(IDLE).await;
    let share = (processes::cpu_seconds(pid)? - before) / IDLE.as_secs_f64() * 100.0;
    crate::say(&format!("idle, they cost {share:.1} % of a core"));
    server.kill().await?;
    until(&open, 0).await?;
    let begin = Instant::now();
    let mut server = start()?;
    until(&open, count).await?;
    crate::say(&format!(
        "all {count} back {:.2} s after the start of the next",
        begin.elapsed().as_secs_f64()
    ));
    server.kill().await?;
    Ok(())
}

async fn until(open: &AtomicUsize, count: usize) -> anyhow::Result<()> {
    let begin = Instant::now();
    while open.load(Ordering::Relaxed) != count {
        anyhow::ensure!(begin.elapsed() < PATIENCE, "{} sockets are open", open.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// The workload: gives every message back.
async fn echo(listener: UnixListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
            while let Some(Ok(message)) = socket.next().await {
                if message.is_text() && socket.send(message).await.is_err() {
                    break;
                }
            }
        });
    }
}

/// A page that connects again whenever it lost its socket.
async fn client(address: SocketAddr, token: Arc<str>, open: Arc<AtomicUsize>) {
    loop {
        if let Err(error) = stay(address, &token, &open).await {
            drop(error);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Holds a socket as long as it lasts.
async fn stay(address: SocketAddr, token: &str, open: &AtomicUsize) -> anyhow::Result<()> {
    let mut request = format!("ws://{address}/w/{SLUG}/ws").into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    socket.send(Message::text("are you there?")).await?;
    socket.next().await.context("no answer")??;
    open.fetch_add(1, Ordering::Relaxed);
    while let Some(Ok(_)) = socket.next().await {}
    open.fetch_sub(1, Ordering::Relaxed);
    Ok(())
}
