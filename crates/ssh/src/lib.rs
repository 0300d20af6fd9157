//! SSH into notebooks.
//!
//! The user name of a connection names the notebook, a public key of its owner's profile opens it, and each channel is
//! a process of its own inside of the notebook's sandbox ([`proxy::Tunnel`]): a shell, a command, sftp, or a connection
//! to a port of the notebook's loopback. No password is asked for, no agent, display or port of the client is forwarded.

mod backpressure;
mod channel;
mod connection;
mod host_key;
mod limits;
mod notebook_access;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backpressure::{FlowControl, ThrottledStream};
use connection::{Connection, Progress};
use limits::Limits;
use proxy::Proxy;
use russh::keys::{Algorithm, EcdsaCurve};
use russh::server::Config;
use russh::{MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex, mac};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use host_key::HostKey;

/// For the key exchange. This and the next keep a slow loris from holding connections open.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// For authentication; somebody may have to type the passphrase of a key.
const AUTHENTICATION: Duration = Duration::from_secs(60);
/// After a failure to accept that has to do with us.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_secs(1);
/// How often a client's progress is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Serves until `stopping` turns true; then all connections end.
pub async fn serve(listener: TcpListener, proxy: Proxy, key: HostKey, mut stopping: watch::Receiver<bool>) {
    let config = Arc::new(config(&key));
    let limits = Limits::default();
    let shutdown = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let client = client(
                    stream,
                    peer,
                    config.clone(),
                    proxy.clone(),
                    limits.clone(),
                    shutdown.child_token(),
                );
                tokio::spawn(client);
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::error!(%error, "an SSH connection can't be accepted");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    shutdown.cancel();
}

/// What is negotiated: nothing that is known to be weak, no compression before a key was shown, no password.
fn config(key: &HostKey) -> Config {
    Config {
        server_id: SshId::Standard(Cow::Borrowed("SSH-2.0-Portico")),
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: Duration::from_millis(300),
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![key.private()],
        max_auth_attempts: 10,
        window_size: 1024 * 1024,
        // Such clients are told apart by TCP: one that is not read answers nothing.
        inactivity_timeout: None,
        keepalive_interval: None,
        nodelay: true,
        channel_buffer_size: 16,
        preferred: Preferred {
            kex: Cow::Borrowed(&[
                kex::MLKEM768X25519_SHA256,
                kex::CURVE25519,
                kex::CURVE25519_PRE_RFC_8731,
                kex::EXTENSION_SUPPORT_AS_SERVER,
                kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
            ]),
            // Ours is the first; the others are those that people may have on their profiles.
            key: Cow::Owned(vec![
                Algorithm::Ed25519,
                Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
                Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
                Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
            ]),
            cipher: Cow::Borrowed(&[
                cipher::AES_256_GCM,
                cipher::CHACHA20_POLY1305,
                cipher::AES_256_CTR,
                cipher::AES_128_CTR,
            ]),
            mac: Cow::Borrowed(&[mac::HMAC_SHA256_ETM, mac::HMAC_SHA512_ETM]),
            compression: Cow::Borrowed(&[compression::NONE]),
            ..Preferred::default()
        },
        ..Config::default()
    }
}

async fn client(
    stream: TcpStream,
    peer: SocketAddr,
    config: Arc<Config>,
    proxy: Proxy,
    limits: Limits,
    cancel: CancellationToken,
) {
    let outcomes = |outcome: &'static str| {
        metrics::counter!("portico_ssh_connections_total", "outcome" => outcome).increment(1);
    };
    let Some((_permit, pre_auth)) = limits.admit(peer.ip()) else { return outcomes("too_many") };
    web_kit::connection::prepare(&stream);
    let open = metrics::gauge!("portico_open_connections", "listener" => "ssh");
    open.increment(1.0);
    let (flow, progress) = (Arc::new(FlowControl::default()), Arc::new(Progress::default()));
    let stream = ThrottledStream::new(stream, flow.clone(), cancel.clone());
    let handler = Connection::new(proxy, limits, pre_auth, flow, progress.clone(), cancel.clone());
    let conversation = async {
        match russh::server::run_stream(config, stream, handler).await {
            Ok(session) => session.await,
            Err(error) => Err(error),
        }
    };
    tokio::pin!(conversation);
    let ended = tokio::select! {
        ended = &mut conversation => ended,
        () = authentication_timeout(&progress) => {
            cancel.cancel();
            conversation.await
        }
    };
    outcomes(if progress.is_authenticated.load(Ordering::Acquire) { "let_in" } else { "refused" });
    open.decrement(1.0);
    if let Err(error) = ended {
        tracing::debug!(%error, "an SSH connection broke off");
    }
}

/// Comes when a client took too long to authenticate.
async fn authentication_timeout(progress: &Progress) {
    if !within(HANDSHAKE, &progress.keys_are_exchanged).await
        || !within(AUTHENTICATION, &progress.is_authenticated).await
    {
        return;
    }
    std::future::pending::<()>().await;
}

async fn within(limit: Duration, done: &AtomicBool) -> bool {
    let done = async {
        while !done.load(Ordering::Acquire) {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    tokio::time::timeout(limit, done).await.is_ok()
}
